#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace roomkeeper {

// RFC 7515's base64url, and nothing near it: no padding, no white space, no other alphabet, and the
// bits left over are zero, so that bytes have one text only.
std::optional<std::string> DecodeBase64Url(absl::string_view text);

}  // namespace roomkeeper
