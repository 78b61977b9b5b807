#include "lib/databricks/wire/long_text.h"

#include <cstddef>

#include "absl/strings/str_cat.h"

namespace roomkeeper::wire {
namespace {

constexpr char kSpace[] = " \t\r\n";

// Where the string value of member `key` begins, after its quote; npos: there is none. A quote
// inside a JSON string is escaped, so `"key"` without a backslash before it is a whole string, and
// a member's name if a colon follows.
std::size_t ValueOf(absl::string_view json, absl::string_view key) {
  const std::string name = absl::StrCat("\"", key, "\"");
  for (std::size_t at = json.find(name); at != absl::string_view::npos;
       at = json.find(name, at + 1)) {
    if (at > 0 && json[at - 1] == '\\') {
      continue;
    }
    const std::size_t colon = json.find_first_not_of(kSpace, at + name.size());
    if (colon == absl::string_view::npos || json[colon] != ':') {
      continue;
    }
    const std::size_t quote = json.find_first_not_of(kSpace, colon + 1);
    if (quote != absl::string_view::npos && json[quote] == '"') {
      return quote + 1;
    }
  }
  return absl::string_view::npos;
}

}  // namespace

Lifted LiftLongText(absl::string_view body, absl::string_view key) {
  const std::size_t begin = ValueOf(body, key);
  const std::size_t end =
      begin == absl::string_view::npos ? absl::string_view::npos : body.find('"', begin);
  if (end == absl::string_view::npos) {
    return {.json = std::string(body), .text = {}};
  }
  const absl::string_view text = body.substr(begin, end - begin);
  if (text.find('\\') != absl::string_view::npos) {
    return {.json = std::string(body), .text = {}};
  }
  return {.json = absl::StrCat(body.substr(0, begin), kLongText, body.substr(end)), .text = text};
}

std::string PutLongText(absl::string_view json, absl::string_view key, absl::string_view text) {
  const std::size_t begin = ValueOf(json, key);
  if (begin == absl::string_view::npos || json.substr(begin, kLongText.size()) != kLongText) {
    return std::string(json);
  }
  return absl::StrCat(json.substr(0, begin), text, json.substr(begin + kLongText.size()));
}

}  // namespace roomkeeper::wire
