#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "lib/auth/jwt/claims.h"
#include "lib/auth/principal.h"
#include "lib/config/operator_tokens.h"

namespace roomkeeper {

// As which operator a token may act whose signature the issuer of `rules` made. TOKEN_INVALID (its
// issuer, audience or client is not as configured, it is good for longer than allowed, or not valid
// yet), TOKEN_EXPIRED, TOKEN_ROLE_MISSING. A refusal says in its metadata `identity` whose token it
// is. The principal's identity is "tokens of <sub> by <iss>", with the person that the issuer
// claims it is, if it names one.
absl::StatusOr<Principal> JudgeOperator(const Claims& claims, const OperatorTokensConfig& rules,
                                        absl::Time now);

}  // namespace roomkeeper
