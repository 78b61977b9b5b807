#include "lib/commands/page_token.h"

#include <cstddef>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "lib/commands/refusals.h"
#include "lib/crypto/digest.h"

namespace roomkeeper {
namespace {

constexpr std::size_t kMarkLength = 32;  // 128 bits of the HMAC, in hex

std::string MarkOf(const Secret& key, absl::string_view query, std::int64_t position) {
  return HmacSha256Hex(key, absl::StrCat("page\n", position, "\n", query)).substr(0, kMarkLength);
}

}  // namespace

std::string MakePageToken(const Secret& key, absl::string_view query, std::int64_t position) {
  return position == 0 ? std::string() : absl::StrCat(MarkOf(key, query, position), position);
}

absl::StatusOr<std::int64_t> ParsePageToken(const Secret& key, absl::string_view query,
                                            absl::string_view token) {
  if (token.empty()) {
    return 0;
  }
  std::int64_t position = 0;
  if (token.size() <= kMarkLength || !absl::SimpleAtoi(token.substr(kMarkLength), &position) ||
      position <= 0 ||
      !ConstantTimeEquals(token.substr(0, kMarkLength), MarkOf(key, query, position))) {
    return InvalidField("page_token",
                        "must be the next_page_token of an answer to this very query (same "
                        "caller, parent and filters)");
  }
  return position;
}

}  // namespace roomkeeper
