#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "lib/base/secret.h"
#include "lib/model/brand.h"

namespace roomkeeper {

// What a token says about its subject, as far as we look.
struct Claims {
  std::string issuer = {};
  std::string subject = {};
  std::string client_id = {};  // empty: not there, as in no access token of an app
  std::vector<std::string> audiences = {};
  std::optional<std::string> scope = {};
  absl::Time expires_at = {};
  std::optional<absl::Time> not_before = {};
  std::optional<absl::Time> issued_at = {};
};

// kInvalidArgument: no strict JSON object, or a claim of another type; iss, sub and exp must be
// there. Quotes nothing of the token.
absl::StatusOr<Claims> ParseClaims(const Secret& payload);

// USER_TOKEN_REFUSED unless the token is an app's: sub and client_id are the same. To be asked
// first, before anything is fetched: nothing of a person's token is to stay here a moment longer.
absl::Status CheckIsAppToken(const Claims& claims);

// Whether a token whose signature has been verified may act for the install. TOKEN_INVALID (issuer,
// subject or audience is not the pinned one, not valid yet), TOKEN_EXPIRED, TOKEN_SCOPE_REFUSED.
// Clocks may differ by kTokenSkew.
inline constexpr absl::Duration kTokenSkew = absl::Seconds(60);
absl::Status CheckClaims(const Claims& claims, const TokenPin& pin, absl::Time now);

// The one answer to a token that is not an enrolled app's, whatever is wrong with it, so that
// nobody learns who is enrolled by asking.
absl::Status TokenInvalid();

}  // namespace roomkeeper
