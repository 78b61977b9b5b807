#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// For *_json.cc only. The platform leaves out what is zero or empty, adds fields before its own
// SDKs know them, and quotes numbers at times: so absent, null and of another type all read as the
// default.

namespace roomkeeper::wire {

using Json = nlohmann::json;

// An empty body reads as {}: some answers are empty where others are "{}".
inline absl::StatusOr<Json> ParseObject(const std::string& body) {
  if (body.find_first_not_of(" \t\r\n") == std::string::npos) {
    return Json::object();
  }
  Json parsed = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) {
    return absl::DataLossError("the answer is not a JSON object");
  }
  return parsed;
}

// The member, or null.
inline const Json* Find(const Json& object, const char* key) {
  if (!object.is_object()) {
    return nullptr;
  }
  const auto it = object.find(key);
  return it == object.end() ? nullptr : &*it;
}

inline bool Has(const Json& object, const char* key) {
  const Json* value = Find(object, key);
  return value != nullptr && !value->is_null();
}

inline std::string Text(const Json& object, const char* key) {
  const Json* value = Find(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

// Never through a double: workspace ids exceed 2^53.
inline std::int64_t Int(const Json& object, const char* key) {
  const Json* value = Find(object, key);
  std::int64_t number = 0;
  if (value != nullptr && value->is_number_integer()) {
    number = value->get<std::int64_t>();
  } else if (value != nullptr && value->is_string()) {
    (void)absl::SimpleAtoi(value->get_ref<const std::string&>(), &number);
  }
  return number;
}

inline bool Flag(const Json& object, const char* key) {
  const Json* value = Find(object, key);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

inline absl::Time Millis(const Json& object, const char* key) {
  return absl::FromUnixMillis(Int(object, key));
}

// An empty object, or array, where there is none.
inline const Json& Object(const Json& object, const char* key) {
  static const Json none = Json::object();
  const Json* value = Find(object, key);
  return value != nullptr && value->is_object() ? *value : none;
}

inline const Json& Array(const Json& object, const char* key) {
  static const Json none = Json::array();
  const Json* value = Find(object, key);
  return value != nullptr && value->is_array() ? *value : none;
}

inline std::vector<std::string> Texts(const Json& object, const char* key) {
  std::vector<std::string> texts;
  for (const Json& item : Array(object, key)) {
    if (item.is_string()) {
      texts.push_back(item.get<std::string>());
    }
  }
  return texts;
}

// Bytes that are not UTF-8 become U+FFFD: an answer must never end the process.
inline std::string Dump(const Json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace roomkeeper::wire
