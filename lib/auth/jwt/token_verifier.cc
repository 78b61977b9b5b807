#include "lib/auth/jwt/token_verifier.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/model/reasons.h"
#include "lib/model/refusal.h"

namespace roomkeeper {

// One token on its way.
struct TokenVerifier::Call {
  Jws jws = {};
  Claims claims = {};
  Install install = {};
  Done done = {};

  // Nothing of the token is left when others hear of it.
  void End(absl::StatusOr<Principal> result) {
    jws = {};
    std::exchange(done, {})(std::move(result));
  }
};

void TokenVerifier::Verify(Secret token, Done done) {
  absl::StatusOr<Jws> jws = ParseJws(token);
  token = Secret();
  if (!jws.ok()) {
    done(TokenInvalid());
    return;
  }
  absl::StatusOr<Claims> claims = ParseClaims(jws->payload);
  absl::Status app = claims.ok() ? CheckIsAppToken(*claims) : TokenInvalid();
  if (!app.ok()) {
    *jws = {};
    done(std::move(app));
    return;
  }
  auto call = std::make_shared<Call>(Call{.jws = *std::move(jws),
                                          .claims = *std::move(claims),
                                          .install = {},
                                          .done = std::move(done)});
  brands_.FindInstall(
      {.issuer = call->claims.issuer, .subject = call->claims.subject},
      [this, call](absl::StatusOr<Install> install) { OnInstall(call, std::move(install)); });
}

void TokenVerifier::OnInstall(const std::shared_ptr<Call>& call, absl::StatusOr<Install> install) {
  if (!install.ok()) {
    call->End(absl::IsNotFound(install.status()) ? TokenInvalid() : install.status());
    return;
  }
  call->install = *std::move(install);
  keys_.Find(call->install.token.issuer, call->jws.kid,
             [this, call](absl::StatusOr<JwksCache::Key> key) { OnKey(call, key); });
}

void TokenVerifier::OnKey(const std::shared_ptr<Call>& call,
                          const absl::StatusOr<JwksCache::Key>& key) {
  if (absl::IsUnavailable(key.status())) {
    call->End(ToStatus({.code = absl::StatusCode::kUnavailable,
                        .reason = reason::kTokenKeysUnavailable,
                        .message = "the keys of the token's issuer cannot be fetched now",
                        .retry_after = JwksCache::kRefetch}));
    return;
  }
  if (!key.ok() || !(*key)->Verifies(call->jws)) {
    call->End(TokenInvalid());
    return;
  }
  const Install& install = call->install;
  if (absl::Status fit = CheckClaims(call->claims, install.token, clock_.Now()); !fit.ok()) {
    call->End(std::move(fit));
    return;
  }
  call->End(Principal{.role = Role::kBrand,
                      .brand = install.brand,
                      .install = install.id,
                      .identity = absl::StrCat("tokens of ", install.token.subject)});
}

}  // namespace roomkeeper
