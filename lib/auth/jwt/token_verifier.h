#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"

#include "lib/auth/jwt/claims.h"
#include "lib/auth/jwt/jwks_cache.h"
#include "lib/auth/principal.h"
#include "lib/base/clock.h"
#include "lib/base/secret.h"
#include "lib/store/job_store.h"

namespace roomkeeper {

// Turns an OAuth token of a brand's workspace into a Principal. Thread-safe; never blocks. Costs a
// read of the store for each call, so that what an operator takes back counts at once, everywhere.
// Keys are fetched only after the store has found an install that is enrolled with the token's
// issuer and subject. Its copies of the token are overwritten before `done` runs, and no message
// quotes it.
// `done` runs once: inside Verify, on a thread of the store, or on the loop's. kUnauthenticated
// with reason TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_SCOPE_REFUSED or USER_TOKEN_REFUSED; kUnavailable
// with TOKEN_KEYS_UNAVAILABLE, or when the store is.
class TokenVerifier {
 public:
  using Done = std::function<void(absl::StatusOr<Principal>)>;

  TokenVerifier(BrandStore& brands, JwksCache& keys, const Clock& clock)
      : brands_(brands), keys_(keys), clock_(clock) {}

  void Verify(Secret token, Done done);

 private:
  struct Call;
  void OnInstall(const std::shared_ptr<Call>& call, absl::StatusOr<Install> install);
  void OnKey(const std::shared_ptr<Call>& call, const absl::StatusOr<JwksCache::Key>& key);

  BrandStore& brands_;
  JwksCache& keys_;
  const Clock& clock_;
};

}  // namespace roomkeeper
