#include "services/roomkeeperd/rpc/gate/text_walk.h"

#include "absl/strings/str_join.h"

namespace roomkeeper {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Visit = absl::FunctionRef<void(const FieldPath&, absl::string_view)>;

void Walk(const Message& message, FieldPath& path, Visit visit);

void WalkField(const Message& message, const FieldDescriptor& field, FieldPath& path, Visit visit) {
  const auto* reflection = message.GetReflection();
  const int count = field.is_repeated() ? reflection->FieldSize(message, &field) : 1;
  std::string scratch;  // for texts that are not kept as a string
  for (int i = 0; i < count; ++i) {
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Walk(field.is_repeated() ? reflection->GetRepeatedMessage(message, &field, i)
                               : reflection->GetMessage(message, &field),
           path, visit);
    } else {
      visit(path, field.is_repeated()
                      ? reflection->GetRepeatedStringReference(message, &field, i, &scratch)
                      : reflection->GetStringReference(message, &field, &scratch));
    }
  }
}

void Walk(const Message& message, FieldPath& path, Visit visit) {
  std::vector<const FieldDescriptor*> set;
  message.GetReflection()->ListFields(message, &set);
  for (const FieldDescriptor* field : set) {
    const auto type = field->cpp_type();
    if (type != FieldDescriptor::CPPTYPE_MESSAGE && type != FieldDescriptor::CPPTYPE_STRING) {
      continue;
    }
    path.push_back(field);
    WalkField(message, *field, path, visit);
    path.pop_back();
  }
}

}  // namespace

std::string FormatPath(const FieldPath& path) {
  return absl::StrJoin(path, ".", [](std::string* out, const FieldDescriptor* field) {
    out->append(field->name());
  });
}

void VisitTexts(const Message& message, Visit visit) {
  FieldPath path;
  Walk(message, path, visit);
}

}  // namespace roomkeeper
