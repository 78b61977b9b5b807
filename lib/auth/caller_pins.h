#pragma once

#include <string>

#include "absl/status/status.h"

#include "lib/model/brand.h"

namespace roomkeeper {

// Whether an install can be enrolled so; kInvalidArgument with what must be otherwise.

// All three are there: the issuer an address that keys may be fetched from (IsIssuerUrl), client id
// and audience plain text of at most 256 bytes.
absl::Status CheckTokenPin(const TokenPin& pin);
// Not of the issuer whose tokens make operators (empty: there is none): a brand's app must never be
// told from an operator by a claim alone.
absl::Status CheckNotOperators(const TokenPin& pin, const std::string& operator_issuer);
// Empty, or "uri:<name>" or "dns:<name>" in at most 512 bytes of plain ASCII.
absl::Status CheckCertificateSan(const std::string& name);

}  // namespace roomkeeper
