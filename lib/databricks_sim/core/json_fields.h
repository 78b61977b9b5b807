#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "lib/databricks_sim/core/errors.h"

namespace roomkeeper::sim {

// The shape of a request body: what a field may hold, so that a wrong type is answered with the
// field's path and what it should be.
struct Field {
  enum class Kind : std::uint8_t {
    kString,
    kInt64,  // a number or a quoted number
    kBool,
    kEnum,  // a string out of `values`
    kObject,
    kObjects,
    kStrings,
    kEnums,
    kStringMap,
    kAny,
  };
  const char* name = "";
  Kind kind = Kind::kAny;
  absl::Span<const Field> fields = {};
  absl::Span<const char* const> values = {};
};
using Schema = absl::Span<const Field>;

// Empty when `value` fits. `path` is the proto path of `value`, e.g. "clean_room".
Refusal CheckShape(const Json& value, Schema schema, const std::string& path, bool reject_unknown);

// Reads of a body that passed CheckShape; zero values for what is absent or null.
const Json* Find(const Json* object, absl::string_view key);
std::string Str(const Json* object, absl::string_view key);
std::int64_t Int(const Json* object, absl::string_view key);
bool Bool(const Json* object, absl::string_view key);
std::vector<std::string> Strs(const Json* object, absl::string_view key);
inline const Json* Find(const Json& object, absl::string_view key) {
  return Find(&object, key);
}
inline std::string Str(const Json& object, absl::string_view key) {
  return Str(&object, key);
}
inline bool Has(const Json& object, absl::string_view key) {
  return Find(object, key) != nullptr;
}

// Answers leave out what is empty or zero.
void Put(Json& object, absl::string_view key, const std::string& value);
void Put(Json& object, absl::string_view key, std::int64_t value);
void PutBool(Json& object, absl::string_view key, bool value);
void PutJson(Json& object, absl::string_view key, Json value);
void PutStrs(Json& object, absl::string_view key, const std::vector<std::string>& values);

}  // namespace roomkeeper::sim
