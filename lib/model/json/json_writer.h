#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace roomkeeper {

// Writes canonical JSON: no white space, keys in ascending byte order (checked), every field always
// present, integers only, UTF-8 as it is with the short escapes. Two equal values give equal bytes,
// in every release: the text is stored and hashed. Bytes that are not UTF-8 become U+FFFD, so what
// is written can always be read. Not thread-safe.
class JsonWriter {
 public:
  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  // Inside an object: before each value. Ends the process if `key` is not above the one before.
  JsonWriter& Key(absl::string_view key);
  JsonWriter& String(absl::string_view value);
  JsonWriter& Int(std::int64_t value);
  JsonWriter& Bool(bool value);
  JsonWriter& Null();

  JsonWriter& Field(absl::string_view key, absl::string_view value);
  JsonWriter& Field(absl::string_view key, const char* value) {
    return Field(key, absl::string_view(value));
  }
  JsonWriter& Field(absl::string_view key, const std::vector<std::string>& values);
  JsonWriter& IntField(absl::string_view key, std::int64_t value) { return Key(key).Int(value); }
  JsonWriter& BoolField(absl::string_view key, bool value) { return Key(key).Bool(value); }

  std::string Take() && { return std::move(out_); }

 private:
  void Separate();

  std::string out_;
  std::vector<std::string> last_keys_;  // of the objects that are open; arrays have an empty one
  bool first_ = true;
};

}  // namespace roomkeeper
