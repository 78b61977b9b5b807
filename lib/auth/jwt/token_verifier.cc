#include "lib/auth/jwt/token_verifier.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/auth/jwt/operator_claims.h"
#include "lib/model/reasons.h"
#include "lib/model/refusal.h"

namespace roomkeeper {
namespace {

absl::StatusOr<Principal> JudgeApp(const Claims& claims, const Install& install, absl::Time now) {
  if (absl::Status fit = CheckClaims(claims, install.token, now); !fit.ok()) {
    return fit;
  }
  return Principal{.role = Role::kBrand,
                   .brand = install.brand,
                   .install = install.id,
                   .identity = absl::StrCat("tokens of ", install.token.subject)};
}

absl::Status KeysUnavailable() {
  return ToStatus({.code = absl::StatusCode::kUnavailable,
                   .reason = reason::kTokenKeysUnavailable,
                   .message =
                       "the keys of the token's issuer cannot be fetched now: come again, or "
                       "call with an API key",
                   .retry_after = JwksCache::kRefetch});
}

}  // namespace

// One token on its way.
struct TokenVerifier::Call {
  Jws jws = {};
  Claims claims = {};
  // Whose the token is, once its signature holds.
  std::function<absl::StatusOr<Principal>(absl::Time now)> judge = {};
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
  absl::StatusOr<Claims> claims = ParseClaims(jws->payload, issuers_.operator_rules.roles_claim);
  if (!claims.ok()) {
    *jws = {};
    done(TokenInvalid());
    return;
  }
  auto call = std::make_shared<Call>(Call{
      .jws = *std::move(jws), .claims = *std::move(claims), .judge = {}, .done = std::move(done)});
  if (issuers_.operators != nullptr && call->claims.issuer == issuers_.operator_rules.issuer) {
    call->judge = [this, raw = call.get()](absl::Time now) {
      return JudgeOperator(raw->claims, issuers_.operator_rules, now);
    };
    FindKey(call, *issuers_.operators);
    return;
  }
  absl::Status app = issuers_.apps == nullptr ? TokensNotEnabled() : CheckIsAppToken(call->claims);
  if (!app.ok()) {
    call->End(std::move(app));
    return;
  }
  brands_.FindInstall(
      {.issuer = call->claims.issuer, .subject = call->claims.subject},
      [this, call](const absl::StatusOr<Install>& install) { OnInstall(call, install); });
}

void TokenVerifier::OnInstall(const std::shared_ptr<Call>& call,
                              const absl::StatusOr<Install>& install) {
  if (!install.ok()) {
    call->End(absl::IsNotFound(install.status()) ? TokenInvalid() : install.status());
    return;
  }
  call->judge = [raw = call.get(), install = *install](absl::Time now) {
    return JudgeApp(raw->claims, install, now);
  };
  FindKey(call, *issuers_.apps);
}

void TokenVerifier::FindKey(const std::shared_ptr<Call>& call, JwksCache& keys) {
  keys.Find(call->claims.issuer, call->jws.kid,
            [this, call](const absl::StatusOr<JwksCache::Key>& key) {
              if (absl::IsUnavailable(key.status())) {
                call->End(KeysUnavailable());
              } else if (!key.ok() || !(*key)->Verifies(call->jws)) {
                call->End(TokenInvalid());
              } else {
                call->End(call->judge(clock_.Now()));
              }
            });
}

}  // namespace roomkeeper
