#include <limits>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

#include "lib/model/json/json_reader.h"

namespace roomkeeper {

using nlohmann::json;

struct JsonReader::Document {
  json root;
};

namespace {

// The member `key` of `node`, or nothing; says so to the reader.
const json* Member(JsonReader& reader, const void* node, const char* key) {
  if (node == nullptr) {
    return nullptr;
  }
  const json& object = *static_cast<const json*>(node);
  if (!object.is_object()) {
    reader.Fail(absl::StrCat("want an object with \"", key, "\", got ", object.type_name()));
    return nullptr;
  }
  const auto it = object.find(key);
  if (it == object.end()) {
    reader.Fail(absl::StrCat("no \"", key, "\""));
    return nullptr;
  }
  return &*it;
}

void WrongType(JsonReader& reader, const char* key, const char* want, const json& got) {
  reader.Fail(absl::StrCat("\"", key, "\" must be ", want, ", got ", got.type_name()));
}

}  // namespace

JsonReader::JsonReader(absl::string_view text, absl::string_view what)
    : document_(std::make_unique<Document>()), what_(what) {
  document_->root = json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (document_->root.is_discarded()) {
    Fail("is not JSON");
  }
}

JsonReader::~JsonReader() = default;

JsonReader::Node JsonReader::root() {
  return {*this, status_.ok() ? &document_->root : nullptr};
}

void JsonReader::Fail(absl::string_view problem) {
  if (status_.ok()) {
    status_ = absl::DataLossError(absl::StrCat("stored ", what_, ": ", problem));
  }
}

std::string JsonReader::Node::String(const char* key) const {
  const json* value = Member(*reader_, json_, key);
  if (value != nullptr && value->is_string()) {
    return value->get_ref<const std::string&>();
  }
  if (value != nullptr) {
    WrongType(*reader_, key, "a string", *value);
  }
  return {};
}

std::int64_t JsonReader::Node::Int(const char* key) const {
  const json* value = Member(*reader_, json_, key);
  if (value != nullptr && value->is_number_integer()) {
    return value->get<std::int64_t>();
  }
  if (value != nullptr) {
    WrongType(*reader_, key, "an integer", *value);
  }
  return 0;
}

std::int32_t JsonReader::Node::Int32(const char* key) const {
  const std::int64_t value = Int(key);
  if (value < std::numeric_limits<std::int32_t>::min() ||
      value > std::numeric_limits<std::int32_t>::max()) {
    reader_->Fail(absl::StrCat("\"", key, "\" must fit in 32 bits, got ", value));
    return 0;
  }
  return static_cast<std::int32_t>(value);
}

bool JsonReader::Node::Bool(const char* key) const {
  const json* value = Member(*reader_, json_, key);
  if (value != nullptr && value->is_boolean()) {
    return value->get<bool>();
  }
  if (value != nullptr) {
    WrongType(*reader_, key, "true or false", *value);
  }
  return false;
}

std::vector<std::string> JsonReader::Node::Strings(const char* key) const {
  std::vector<std::string> strings;
  for (const Node& item : Items(key)) {
    const json& value = *static_cast<const json*>(item.json_);
    if (!value.is_string()) {
      WrongType(*reader_, key, "an array of strings", value);
      return {};
    }
    strings.push_back(value.get_ref<const std::string&>());
  }
  return strings;
}

JsonReader::Node JsonReader::Node::At(const char* key) const {
  return {*reader_, Member(*reader_, json_, key)};
}

bool JsonReader::Node::IsNull(const char* key) const {
  const json* value = Member(*reader_, json_, key);
  return value != nullptr && value->is_null();
}

bool JsonReader::Node::Has(const char* key) const {
  return json_ != nullptr && static_cast<const json*>(json_)->contains(key);
}

std::vector<JsonReader::Node> JsonReader::Node::Items(const char* key) const {
  return At(key).Items();
}

std::vector<JsonReader::Node> JsonReader::Node::Items() const {
  if (json_ == nullptr) {
    return {};
  }
  const json& value = *static_cast<const json*>(json_);
  if (!value.is_array()) {
    reader_->Fail(absl::StrCat("want an array, got ", value.type_name()));
    return {};
  }
  std::vector<Node> items;
  items.reserve(value.size());
  for (const json& item : value) {
    items.push_back(Node(*reader_, &item));
  }
  return items;
}

std::vector<std::pair<std::string, std::string>> JsonReader::Node::StringMembers() const {
  if (json_ == nullptr) {
    return {};
  }
  const json& value = *static_cast<const json*>(json_);
  if (!value.is_object()) {
    reader_->Fail(absl::StrCat("want an object, got ", value.type_name()));
    return {};
  }
  std::vector<std::pair<std::string, std::string>> members;
  for (const auto& [key, member] : value.items()) {
    if (!member.is_string()) {
      WrongType(*reader_, key.c_str(), "a string", member);
      return {};
    }
    members.emplace_back(key, member.get_ref<const std::string&>());
  }
  return members;
}

}  // namespace roomkeeper
