#include "lib/commands/page_token.h"

#include <cstddef>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "lib/commands/refusals.h"
#include "lib/crypto/digest.h"

namespace roomkeeper {
namespace {

constexpr std::size_t kMarkLength = 32;      // 128 bits of the HMAC, in hex
constexpr std::size_t kPositionLength = 16;  // 64 bits, in hex

std::string MarkOf(const Secret& key, absl::string_view query, std::uint64_t position) {
  return HmacSha256Hex(key, absl::StrCat("page\n", position, "\n", query)).substr(0, kMarkLength);
}

// What hides the position: the mark, another one for each position and query, picks it.
std::uint64_t PadOf(const Secret& key, absl::string_view mark) {
  std::uint64_t pad = 0;
  const std::string text = HmacSha256Hex(key, absl::StrCat("page pad\n", mark));
  (void)absl::SimpleHexAtoi(absl::string_view(text).substr(0, kPositionLength), &pad);
  return pad;
}

// Nothing if the token is not one of this query.
std::optional<std::int64_t> PositionIn(const Secret& key, absl::string_view query,
                                       absl::string_view token) {
  std::uint64_t hidden = 0;
  if (token.size() != kMarkLength + kPositionLength ||
      !absl::SimpleHexAtoi(token.substr(kMarkLength), &hidden)) {
    return std::nullopt;
  }
  const absl::string_view mark = token.substr(0, kMarkLength);
  const std::uint64_t position = hidden ^ PadOf(key, mark);
  if (!ConstantTimeEquals(mark, MarkOf(key, query, position))) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(position);
}

}  // namespace

std::string MakePageToken(const Secret& key, absl::string_view query, std::int64_t position) {
  if (position == 0) {
    return "";
  }
  const auto bits = static_cast<std::uint64_t>(position);
  const std::string mark = MarkOf(key, query, bits);
  return absl::StrFormat("%s%016x", mark, bits ^ PadOf(key, mark));
}

absl::StatusOr<std::int64_t> ParsePageToken(const Secret& key, absl::string_view query,
                                            absl::string_view token) {
  if (token.empty()) {
    return 0;
  }
  if (const auto position = PositionIn(key, query, token)) {
    return *position;
  }
  return InvalidField("page_token",
                      "must be the next_page_token of an answer to this very query (same "
                      "caller, parent and filters)");
}

}  // namespace roomkeeper
