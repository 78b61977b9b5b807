#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"

#include "lib/auth/jwt/claims.h"
#include "lib/auth/jwt/jwks_cache.h"
#include "lib/auth/principal.h"
#include "lib/base/clock.h"
#include "lib/base/secret.h"
#include "lib/config/operator_tokens.h"
#include "lib/store/job_store.h"

namespace roomkeeper {

// Whose tokens are taken. An issuer is the operators' or brands', never both.
struct TokenIssuers {
  JwksCache* apps = nullptr;       // keys of brands' workspaces; null: no tokens of apps
  JwksCache* operators = nullptr;  // keys of the operators' issuer; null: no tokens of operators
  OperatorTokensConfig operator_rules = {};
};

// Turns an OAuth token of a brand's workspace, or of the operators' identity provider, into a
// Principal. Thread-safe; never blocks.
// The token's `iss` decides first: the operators' issuer, exactly, makes operators, by the claims
// alone (JudgeOperator). Any other is asked of the store, a read for each call, so that what an
// operator takes back counts at once, everywhere. Keys are fetched only of the operators' issuer,
// and after the store has found an install that is enrolled with the token's issuer and subject.
// Its copies of the token are overwritten before `done` runs, and no message quotes it.
// `done` runs once: inside Verify, on a thread of the store, or on the loop's. kUnauthenticated
// with reason TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_SCOPE_REFUSED, USER_TOKEN_REFUSED or
// TOKENS_NOT_ENABLED; kPermissionDenied with TOKEN_ROLE_MISSING; kUnavailable with
// TOKEN_KEYS_UNAVAILABLE, or when the store is.
class TokenVerifier {
 public:
  using Done = std::function<void(absl::StatusOr<Principal>)>;

  // All outlive it.
  TokenVerifier(BrandStore& brands, TokenIssuers issuers, const Clock& clock)
      : brands_(brands), issuers_(std::move(issuers)), clock_(clock) {}

  void Verify(Secret token, Done done);

 private:
  struct Call;
  void OnInstall(const std::shared_ptr<Call>& call, const absl::StatusOr<Install>& install);
  // Checks the signature, then asks the call's judge.
  void FindKey(const std::shared_ptr<Call>& call, JwksCache& keys);

  BrandStore& brands_;
  const TokenIssuers issuers_;
  const Clock& clock_;
};

}  // namespace roomkeeper
