#include "tests/service/rpc/seen_fields.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "tests/service/api_methods.h"

namespace roomkeeper::testing {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

bool IsOurs(const FieldDescriptor& field) {
  return field.message_type() != nullptr && !field.is_map() &&
         absl::StartsWith(field.message_type()->full_name(), "roomkeeper.v1.");
}

// Times differ from run to run; that they are set is what SeenFields says.
class IgnoreTimes final : public MessageDifferencer::IgnoreCriteria {
 public:
  bool IsIgnored(const Message& /*a*/, const Message& /*b*/, const FieldDescriptor* field,
                 const std::vector<MessageDifferencer::SpecificField>& /*parents*/) override {
    return field->message_type() != nullptr &&
           absl::StartsWith(field->message_type()->full_name(), "google.protobuf.");
  }
};

}  // namespace

void SeenFields::Note(const Message& message) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection->ListFields(message, &set);
  for (const FieldDescriptor* field : set) {
    seen_.insert(field->full_name());
    if (!IsOurs(*field)) {
      continue;
    }
    if (!field->is_repeated()) {
      Note(reflection->GetMessage(message, field));
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      Note(reflection->GetRepeatedMessage(message, field, i));
    }
  }
}

std::vector<std::string> SeenFields::Missing() const {
  std::vector<std::string> missing;
  std::set<const Descriptor*> visited;
  for (const auto* method : ApiMethods()) {
    Visit(method->output_type(), visited, missing);
  }
  return missing;
}

void SeenFields::Visit(const Descriptor* message, std::set<const Descriptor*>& visited,
                       std::vector<std::string>& missing) const {
  if (!visited.insert(message).second) {
    return;
  }
  for (int i = 0; i < message->field_count(); ++i) {
    const FieldDescriptor& field = *message->field(i);
    if (!seen_.contains(field.full_name())) {
      missing.push_back(field.full_name());
    }
    if (IsOurs(field)) {
      Visit(field.message_type(), visited, missing);
    }
  }
}

std::string DifferenceTo(Message& wanted, const Message& answer, const std::string& expected) {
  REQUIRE(google::protobuf::TextFormat::ParseFromString(expected, &wanted));
  MessageDifferencer differencer;
  differencer.AddIgnoreCriteria(new IgnoreTimes);  // taken over
  std::string report;
  differencer.ReportDifferencesToString(&report);
  return differencer.Compare(wanted, answer) ? "" : absl::StrCat(report, answer.DebugString());
}

}  // namespace roomkeeper::testing
