#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "lib/base/secret.h"

namespace roomkeeper {

// Page tokens are bound to the query they continue: who asks (the brand, or the operators), what,
// and with which filters. So a token of another caller, another query, or made up, is refused. The
// position in it counts rows of all brands, and is hidden. Pure.

// Empty for position 0: there is no next page.
std::string MakePageToken(const Secret& key, absl::string_view query, std::int64_t position);
// 0 for an empty token. INVALID_REQUEST for field page_token otherwise.
absl::StatusOr<std::int64_t> ParsePageToken(const Secret& key, absl::string_view query,
                                            absl::string_view token);

}  // namespace roomkeeper
