#include "lib/databricks/wire/secret_member.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace roomkeeper::wire {
namespace {

constexpr char kOverwritten = 'x';

absl::Status NotJson() {
  return absl::DataLossError("the answer is not a JSON object");
}

// Just behind the closing quote of the text that begins at `at` with its opening one.
std::optional<std::size_t> EndOfText(absl::string_view body, std::size_t at) {
  for (std::size_t i = at + 1; i < body.size(); ++i) {
    if (body[i] == '\\') {
      ++i;
    } else if (body[i] == '"') {
      return i + 1;
    }
  }
  return std::nullopt;
}

std::size_t SkipSpace(absl::string_view body, std::size_t at) {
  while (at < body.size() && absl::ascii_isspace(static_cast<unsigned char>(body[at]))) {
    ++at;
  }
  return at;
}

// The character that an escape stands for, and how long the escape is behind its backslash.
std::optional<std::pair<char, std::size_t>> Unescape(absl::string_view behind) {
  constexpr absl::string_view kPlain = "\"\\/";
  if (behind.empty()) {
    return std::nullopt;
  }
  if (kPlain.find(behind[0]) != absl::string_view::npos) {
    return std::pair(behind[0], std::size_t{1});
  }
  std::uint32_t code = 0;
  if (behind[0] == 'u' && absl::SimpleHexAtoi(behind.substr(1, 4), &code) && behind.size() >= 5 &&
      code < 0x80) {
    return std::pair(static_cast<char>(code), std::size_t{5});
  }
  return std::nullopt;
}

absl::StatusOr<Secret> Take(std::string& body, std::size_t begin, std::size_t end) {
  std::string value;
  value.reserve(end - begin);  // so it never grows, which would leave a copy
  for (std::size_t i = begin; i < end; ++i) {
    if (body[i] != '\\') {
      value += body[i];
      continue;
    }
    const auto escape = Unescape(absl::string_view(body).substr(i + 1, end - i - 1));
    if (!escape.has_value()) {
      Wipe(value);
      return absl::DataLossError("a secret in the answer has a character that none should have");
    }
    value += escape->first;
    i += escape->second;
  }
  body.replace(begin, end - begin, end - begin, kOverwritten);  // as long: in place
  return Secret(std::move(value));
}

}  // namespace

absl::StatusOr<Secret> TakeSecretMember(std::string& body, absl::string_view name) {
  std::size_t at = SkipSpace(body, 0);
  if (at >= body.size() || body[at] != '{') {
    return NotJson();
  }
  int depth = 0;
  while (at < body.size()) {
    const char c = body[at];
    if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    }
    if (c != '"') {
      ++at;
      continue;
    }
    const std::optional<std::size_t> end = EndOfText(body, at);
    if (!end.has_value()) {
      return NotJson();
    }
    const bool named = depth == 1 && absl::string_view(body).substr(at + 1, *end - at - 2) == name;
    const std::size_t colon = SkipSpace(body, *end);
    const std::size_t value = SkipSpace(body, colon + 1);
    at = *end;
    if (named && colon < body.size() && body[colon] == ':' && value < body.size() &&
        body[value] == '"') {
      const std::optional<std::size_t> value_end = EndOfText(body, value);
      return value_end.has_value() ? Take(body, value + 1, *value_end - 1) : NotJson();
    }
  }
  return Secret();
}

}  // namespace roomkeeper::wire
