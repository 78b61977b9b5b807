#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "lib/crypto/digest.h"
#include "lib/databricks_sim/core/pages.h"
#include "lib/databricks_sim/services/services.h"
#include "lib/databricks_sim/world/access.h"

namespace roomkeeper::sim {
namespace {

constexpr std::int64_t kPageSize = 100;
constexpr Field kCreate[] = {{"lifetime", Field::Kind::kString}};

std::string Rfc3339(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

Json SecretView(const Call& call, const ClientSecret& secret) {
  // Not documented how it is made.
  const bool opaque = call.Knob("secret_hash", "opaque");
  return {{"id", secret.id},
          {"secret_hash", Sha256Hex(opaque ? absl::StrCat("salted", secret.value) : secret.value)},
          {"status", "ACTIVE"},
          {"create_time", Rfc3339(secret.created_at)},
          {"update_time", Rfc3339(secret.created_at)},
          {"expire_time", Rfc3339(secret.expires_at)}};
}

// The service principal of the path, by its numeric id, for an admin or its manager.
Or<Account*> AccountOfPath(const Call& call) {
  const Account& caller = *call.caller;
  const bool own =
      caller.config.secrets_manager && absl::StrCat(caller.scim_id) == call.arguments[0];
  if (!IsMetastoreAdmin(call) && !own) {
    return PermissionDenied("Only a manager may manage the secrets of a service principal.");
  }
  for (Account& account : call.workspace.accounts) {
    if (absl::StrCat(account.scim_id) == call.arguments[0] &&
        account.config.kind == Principal::Kind::kServicePrincipal) {
      return &account;
    }
  }
  return NotFound(absl::StrCat("Service principal ", call.arguments[0], " does not exist."));
}

Reply CreateSecret(Call& call) {
  const Or<Account*> account = AccountOfPath(call);
  if (account.refusal) {
    return *account.refusal;
  }
  if (account.value->secrets.size() >= kSecretsMax) {
    return Error(400, "RESOURCE_LIMIT_EXCEEDED",
                 absl::StrCat("A service principal has at most ", kSecretsMax, " secrets."));
  }
  absl::Duration lifetime = kSecretLifetime;
  const std::string text = Str(call.body, "lifetime");
  if (!text.empty() && (!absl::ParseDuration(text, &lifetime) || lifetime > kSecretLifetime ||
                        lifetime <= absl::ZeroDuration())) {
    return InvalidParameter(
        absl::StrCat("lifetime must be seconds up to 63072000s, got '", text, "'"));
  }
  const ClientSecret& added = call.world.AddSecret(*account.value, "", lifetime);
  Reply reply;
  reply.body = SecretView(call, added);
  reply.body["secret"] = added.value;  // the only time it is shown
  return reply;
}

Reply ListSecrets(Call& call) {
  const Or<Account*> account = AccountOfPath(call);
  if (account.refusal) {
    return *account.refusal;
  }
  std::vector<PageEntry> entries;
  for (const ClientSecret& secret : account.value->secrets) {
    entries.push_back({secret.id, [&call, &secret] { return SecretView(call, secret); }});
  }
  return PageOf(call, "secrets", entries, kPageSize, kPageSize);
}

Reply DeleteSecret(Call& call) {
  const Or<Account*> account = AccountOfPath(call);
  if (account.refusal) {
    return *account.refusal;
  }
  auto& secrets = account.value->secrets;
  const auto it = std::find_if(secrets.begin(), secrets.end(), [&](const ClientSecret& secret) {
    return secret.id == call.arguments[1];
  });
  if (it == secrets.end()) {
    return NotFound(absl::StrCat("Secret '", call.arguments[1], "' does not exist."));
  }
  secrets.erase(it);
  return DeletedReply(call);
}

}  // namespace

void AddSecrets(Router& router) {
  const std::string base = "/api/2.0/accounts/servicePrincipals/{id}/credentials/secrets";
  router.Add("POST", base, CreateSecret, kCreate);
  router.Add("GET", base, ListSecrets);
  router.Add("DELETE", base + "/{secret_id}", DeleteSecret);
}

}  // namespace roomkeeper::sim
