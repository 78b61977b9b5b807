#pragma once

#include <string>

#include "absl/status/status.h"

#include "lib/model/brand.h"

namespace roomkeeper {

// Whether an install can be enrolled so; kInvalidArgument with what must be otherwise.

// All three are there: the issuer an address that keys may be fetched from (IsIssuerUrl), client id
// and audience plain text of at most 256 bytes.
absl::Status CheckTokenPin(const TokenPin& pin);
// Empty, or "uri:<name>" or "dns:<name>" in at most 512 bytes of plain ASCII.
absl::Status CheckCertificateSan(const std::string& name);

}  // namespace roomkeeper
