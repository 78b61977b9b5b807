#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/base/secret.h"
#include "lib/model/brand.h"

namespace roomkeeper {

// What a token says about its subject, as far as we look.
struct Claims {
  std::string issuer = {};
  std::string subject = {};
  std::string client_id = {};         // empty: not there, as in no access token of an app
  std::string authorized_party = {};  // azp; empty: not there
  std::vector<std::string> audiences = {};
  std::optional<std::string> scope = {};
  absl::Time expires_at = {};
  std::optional<absl::Time> not_before = {};
  std::optional<absl::Time> issued_at = {};
  std::string person = {};              // email, else preferred_username; proves nothing
  std::vector<std::string> roles = {};  // of the claim that was asked for
};

// kInvalidArgument: no strict JSON object, or a claim of another type; iss, sub and exp must be
// there. Quotes nothing of the token. `roles_claim`: the name of the claim with roles, a text or a
// list of texts; of another type it holds none.
absl::StatusOr<Claims> ParseClaims(const Secret& payload, absl::string_view roles_claim = "");

// USER_TOKEN_REFUSED unless the token is an app's: sub and client_id are the same. To be asked
// first, before anything is fetched: nothing of a person's token is to stay here a moment longer.
absl::Status CheckIsAppToken(const Claims& claims);

// What holds for every token, once its signature has been verified: TOKEN_INVALID (it is for
// another audience, or not valid yet), TOKEN_EXPIRED. Clocks may differ by kTokenSkew.
inline constexpr absl::Duration kTokenSkew = absl::Seconds(60);
absl::Status CheckAudienceAndTimes(const Claims& claims, const std::string& audience,
                                   absl::Time now);

// Whether a token whose signature has been verified may act for the install. TOKEN_INVALID (issuer,
// subject or audience is not the pinned one, not valid yet), TOKEN_EXPIRED, TOKEN_SCOPE_REFUSED.
absl::Status CheckClaims(const Claims& claims, const TokenPin& pin, absl::Time now);

// The one answer to a token that is neither an enrolled app's nor of the operators' issuer,
// whatever is wrong with it, so that nobody learns who is enrolled by asking.
absl::Status TokenInvalid();
// Tokens of this kind are not taken here.
absl::Status TokensNotEnabled();

}  // namespace roomkeeper
