#include "lib/auth/jwt/base64url.h"

#include <cstdint>

namespace roomkeeper {
namespace {

constexpr std::uint32_t kNone = 64;

std::uint32_t ValueOf(char c) {
  if (c >= 'A' && c <= 'Z') {
    return static_cast<std::uint32_t>(c - 'A');
  }
  if (c >= 'a' && c <= 'z') {
    return static_cast<std::uint32_t>(c - 'a') + 26;
  }
  if (c >= '0' && c <= '9') {
    return static_cast<std::uint32_t>(c - '0') + 52;
  }
  if (c == '-') {
    return 62;
  }
  return c == '_' ? 63 : kNone;
}

}  // namespace

std::optional<std::string> DecodeBase64Url(absl::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t buffer = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::uint32_t value = ValueOf(c);
    if (value == kNone) {
      return std::nullopt;
    }
    buffer = (buffer << 6U) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<char>((buffer >> bits) & 0xFFU));
    }
  }
  const bool rest_is_zero = (buffer & ((1U << bits) - 1U)) == 0;
  if (bits == 6 || !rest_is_zero) {  // six bits make no byte
    return std::nullopt;
  }
  return bytes;
}

}  // namespace roomkeeper
