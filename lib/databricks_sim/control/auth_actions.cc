#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/databricks_sim/control/control_args.h"

namespace roomkeeper::sim {
namespace {

absl::StatusOr<Json> AddSecretByHand(const ControlArgs& args) {
  RK_ASSIGN_OR_RETURN(Account * account, args.FindAccount());
  if (account->secrets.size() >= kSecretsMax) {
    return absl::FailedPreconditionError(
        absl::StrCat("a service principal has at most ", kSecretsMax, " secrets"));
  }
  const ClientSecret& added =
      args.world().AddSecret(*account, args.TextOr("secret", ""), kSecretLifetime);
  return Json{{"id", added.id}, {"secret", added.value}};
}

// By "id" or by "secret".
absl::StatusOr<Json> RemoveSecretByHand(const ControlArgs& args) {
  RK_ASSIGN_OR_RETURN(Account * account, args.FindAccount());
  const std::string id = args.TextOr("id", "");
  const std::string value = args.TextOr("secret", "");
  const auto it = std::find_if(
      account->secrets.begin(), account->secrets.end(),
      [&](const ClientSecret& secret) { return secret.id == id || secret.value == value; });
  if (it == account->secrets.end()) {
    return absl::NotFoundError(
        absl::StrCat("principal \"", account->config.name, "\" has no such secret"));
  }
  account->secrets.erase(it);
  return Json::object();
}

absl::StatusOr<Json> AddFederationPolicy(const ControlArgs& args) {
  RK_ASSIGN_OR_RETURN(Account * account, args.FindAccount());
  FederationPolicy policy = {.audience = args.TextOr("audience", "")};
  RK_ASSIGN_OR_RETURN(policy.issuer, args.Text("issuer"));
  RK_ASSIGN_OR_RETURN(policy.subject, args.Text("subject"));
  account->federation.push_back(std::move(policy));
  return Json::object();
}

// The keys before stay in the JWKS unless "keep_old" is false.
absl::StatusOr<Json> RotateSigningKey(const ControlArgs& args) {
  std::vector<SigningKey>& keys = args.world().keys;
  if (Has(args.json(), "keep_old") && !Bool(&args.json(), "keep_old")) {
    keys.clear();
  }
  keys.push_back(SigningKey::Generate());
  return Json{{"kid", keys.back().kid()}};
}

absl::StatusOr<Json> ExpireTokens(const ControlArgs& args) {
  RK_ASSIGN_OR_RETURN(Workspace * workspace, args.FindWorkspace());
  for (auto& [text, token] : workspace->tokens) {
    token.expires_at = args.world().Now();
  }
  return Json::object();
}

constexpr ControlRow kActions[] = {
    {"add_secret", AddSecretByHand},
    {"remove_secret", RemoveSecretByHand},
    {"add_federation_policy", AddFederationPolicy},
    {"rotate_signing_key", RotateSigningKey},
    {"expire_tokens", ExpireTokens},
};

}  // namespace

absl::Span<const ControlRow> AuthActions() {
  return kActions;
}

}  // namespace roomkeeper::sim
