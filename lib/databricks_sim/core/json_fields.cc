#include "lib/databricks_sim/core/json_fields.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace roomkeeper::sim {
namespace {

std::string Shown(const Json& value) {
  constexpr std::size_t kShownMax = 80;
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() <= kShownMax ? text : absl::StrCat(text.substr(0, kShownMax), "…");
}

Refusal Wrong(const Json& value, const std::string& path, absl::string_view expected) {
  return InvalidParameter(absl::StrCat("Could not parse field ", path, ": expected ", expected,
                                       ", got ", Shown(value)));
}

bool IsInt64(const Json& value) {
  std::int64_t parsed = 0;
  return value.is_number_integer() ||
         (value.is_string() && absl::SimpleAtoi(value.get_ref<const std::string&>(), &parsed));
}

bool IsOneOf(const Json& value, absl::Span<const char* const> values) {
  if (!value.is_string()) {
    return false;
  }
  const auto& text = value.get_ref<const std::string&>();
  return text.empty() ||
         std::any_of(values.begin(), values.end(), [&](const char* each) { return text == each; });
}

template <typename Check>
Refusal CheckEach(const Json& value, const std::string& path, absl::string_view expected,
                  Check check) {
  if (!value.is_array()) {
    return Wrong(value, path, expected);
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (Refusal no = check(value[i], absl::StrCat(path, "[", i, "]"))) {
      return no;
    }
  }
  return {};
}

Refusal CheckString(const Json& value, const std::string& path) {
  return value.is_string() ? Refusal{} : Wrong(value, path, "a string");
}

Refusal CheckEnum(const Json& value, const Field& field, const std::string& path) {
  return IsOneOf(value, field.values)
             ? Refusal{}
             : Wrong(value, path, absl::StrCat("one of ", absl::StrJoin(field.values, ", ")));
}

Refusal CheckStringMap(const Json& value, const std::string& path) {
  if (!value.is_object()) {
    return Wrong(value, path, "an object of strings");
  }
  for (const auto& [key, each] : value.items()) {
    if (Refusal no = CheckString(each, absl::StrCat(path, ".", key))) {
      return no;
    }
  }
  return {};
}

Refusal CheckField(const Json& value, const Field& field, const std::string& path,
                   bool reject_unknown) {
  switch (field.kind) {
    case Field::Kind::kString:
      return CheckString(value, path);
    case Field::Kind::kInt64:
      return IsInt64(value) ? Refusal{} : Wrong(value, path, "an int64");
    case Field::Kind::kBool:
      return value.is_boolean() ? Refusal{} : Wrong(value, path, "a boolean");
    case Field::Kind::kEnum:
      return CheckEnum(value, field, path);
    case Field::Kind::kObject:
      return CheckShape(value, field.fields, path, reject_unknown);
    case Field::Kind::kObjects:
      return CheckEach(value, path, "a list of objects", [&](const Json& v, const std::string& p) {
        return CheckShape(v, field.fields, p, reject_unknown);
      });
    case Field::Kind::kStrings:
      return CheckEach(value, path, "a list of strings", CheckString);
    case Field::Kind::kEnums:
      return CheckEach(value, path, "a list of strings",
                       [&](const Json& v, const std::string& p) { return CheckEnum(v, field, p); });
    case Field::Kind::kStringMap:
      return CheckStringMap(value, path);
    case Field::Kind::kAny:
      return {};
  }
  return {};
}

}  // namespace

Refusal CheckShape(const Json& value, Schema schema, const std::string& path, bool reject_unknown) {
  if (!value.is_object()) {
    return Wrong(value, path, "an object");
  }
  for (const auto& [key, each] : value.items()) {
    const auto field = std::find_if(schema.begin(), schema.end(),
                                    [k = key](const Field& f) { return k == f.name; });
    const std::string field_path = path.empty() ? key : absl::StrCat(path, ".", key);
    if (field == schema.end()) {
      if (reject_unknown) {
        return InvalidParameter(absl::StrCat("Unknown field ", field_path));
      }
      continue;
    }
    if (each.is_null()) {
      continue;
    }
    if (Refusal no = CheckField(each, *field, field_path, reject_unknown)) {
      return no;
    }
  }
  return {};
}

const Json* Find(const Json* object, absl::string_view key) {
  if (object == nullptr || !object->is_object()) {
    return nullptr;
  }
  const auto it = object->find(std::string(key));
  return it == object->end() || it->is_null() ? nullptr : &*it;
}

std::string Str(const Json* object, absl::string_view key) {
  const Json* value = Find(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::int64_t Int(const Json* object, absl::string_view key) {
  const Json* value = Find(object, key);
  if (value == nullptr) {
    return 0;
  }
  std::int64_t number = 0;
  if (value->is_string()) {
    return absl::SimpleAtoi(value->get_ref<const std::string&>(), &number) ? number : 0;
  }
  return value->is_number_integer() ? value->get<std::int64_t>() : 0;
}

bool Bool(const Json* object, absl::string_view key) {
  const Json* value = Find(object, key);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

std::vector<std::string> Strs(const Json* object, absl::string_view key) {
  std::vector<std::string> out;
  const Json* value = Find(object, key);
  if (value != nullptr && value->is_array()) {
    for (const Json& each : *value) {
      if (each.is_string()) {
        out.push_back(each.get<std::string>());
      }
    }
  }
  return out;
}

void Put(Json& object, absl::string_view key, const std::string& value) {
  if (!value.empty()) {
    object[std::string(key)] = value;
  }
}

void Put(Json& object, absl::string_view key, std::int64_t value) {
  if (value != 0) {
    object[std::string(key)] = value;
  }
}

void PutBool(Json& object, absl::string_view key, bool value) {
  if (value) {
    object[std::string(key)] = true;
  }
}

void PutJson(Json& object, absl::string_view key, Json value) {
  if (!value.empty()) {
    object[std::string(key)] = std::move(value);
  }
}

void PutStrs(Json& object, absl::string_view key, const std::vector<std::string>& values) {
  if (!values.empty()) {
    object[std::string(key)] = values;
  }
}

}  // namespace roomkeeper::sim
