#include "lib/auth/jwt/claims.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "lib/model/reasons.h"
#include "lib/model/refusal.h"

namespace roomkeeper {
namespace {

// A token that does not say what it is good for may be good for everything.
bool IsAllApis(const std::optional<std::string>& scope) {
  if (!scope) {
    return true;
  }
  const std::vector<std::string> scopes = absl::StrSplit(*scope, ' ');
  return std::find(scopes.begin(), scopes.end(), "all-apis") != scopes.end();
}

}  // namespace

absl::Status TokenInvalid() {
  return Unauthenticated(
      reason::kTokenInvalid,
      "the token is of nobody who is known here: it must be signed with RS256 or ES256 "
      "by the issuer, and be of the service principal, that the operator enrolled; or, "
      "for operators, by the identity provider of this server");
}

absl::Status TokensNotEnabled() {
  return Unauthenticated(
      reason::kTokensNotEnabled,
      "this server takes no OAuth tokens of this issuer: call with an API key (rk_…), "
      "and never with a user's token");
}

absl::Status CheckIsAppToken(const Claims& claims) {
  if (claims.client_id == claims.subject) {
    return absl::OkStatus();
  }
  return Unauthenticated(
      reason::kUserTokenRefused,
      "this is a user's token: its subject is not its client. Never send it here; call "
      "with the app's own credentials");
}

absl::Status CheckAudienceAndTimes(const Claims& claims, const std::string& audience,
                                   absl::Time now) {
  if (std::find(claims.audiences.begin(), claims.audiences.end(), audience) ==
      claims.audiences.end()) {
    return Unauthenticated(
        reason::kTokenInvalid,
        absl::StrCat("the token is for another audience; aud must have \"", audience, "\""));
  }
  if (now >= claims.expires_at + kTokenSkew) {
    return Unauthenticated(reason::kTokenExpired, "the token has expired");
  }
  if (now + kTokenSkew < claims.not_before.value_or(now) ||
      now + kTokenSkew < claims.issued_at.value_or(now)) {
    return Unauthenticated(reason::kTokenInvalid,
                           "the token is not valid yet: is a clock wrong by more than a minute?");
  }
  return absl::OkStatus();
}

absl::Status CheckClaims(const Claims& claims, const TokenPin& pin, absl::Time now) {
  if (pin.issuer.empty() || claims.issuer != pin.issuer || claims.subject != pin.subject ||
      claims.client_id != pin.subject) {
    return TokenInvalid();
  }
  if (absl::Status fit = CheckAudienceAndTimes(claims, pin.audience, now); !fit.ok()) {
    return fit;
  }
  if (IsAllApis(claims.scope) && !pin.accept_all_apis) {
    return Unauthenticated(
        reason::kTokenScopeRefused,
        "the token's scope is all-apis, or it names none: whoever reads it could act as "
        "the app in its workspace. Send one of a narrower scope, or use an API key");
  }
  return absl::OkStatus();
}

}  // namespace roomkeeper
