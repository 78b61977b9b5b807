#include "lib/databricks/api/secrets_api.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/base/secret.h"
#include "lib/databricks/paging.h"

namespace roomkeeper {
namespace {

std::string SecretsPath(const std::string& principal_id) {
  return MakePath(
      {"api", "2.0", "accounts", "servicePrincipals", principal_id, "credentials", "secrets"});
}

}  // namespace

void ListSecrets(const ScopedRest& rest, const std::string& principal_id,
                 CallDone<std::vector<wire::PlatformSecret>> done) {
  PageWalk<wire::PlatformSecret>::Start(
      rest, {.route = "GET /credentials/secrets", .target = SecretsPath(principal_id)},
      wire::ParseSecrets, nullptr, std::move(done));
}

void CreateSecret(const ScopedRest& rest, const std::string& principal_id, absl::Duration lifetime,
                  CallDone<wire::MadeSecret> done) {
  rest.Send({.verb = RestVerb::kCreate,
             .route = "POST /credentials/secrets",
             .target = SecretsPath(principal_id),
             .body = wire::MakeSecretBody(lifetime),
             .secret_answer = true},
            [done = std::move(done)](RestAnswer answer) {
              std::string body = std::move(answer.body);
              auto made = ToResult<wire::MadeSecret>(
                  std::move(answer), RestVerb::kCreate,
                  [&body](const std::string&) { return wire::ParseMadeSecret(body); });
              Wipe(body);
              done(std::move(made));
            });
}

void DeleteSecret(const ScopedRest& rest, const std::string& principal_id,
                  const std::string& secret_id, CallDone<Empty> done) {
  Fetch<Empty>(
      rest,
      {.verb = RestVerb::kDelete,
       .route = "DELETE /credentials/secrets/{secret}",
       .target = absl::StrCat(SecretsPath(principal_id), MakePath({secret_id}))},
      [](const std::string&) { return absl::StatusOr<Empty>(Empty()); }, std::move(done));
}

}  // namespace roomkeeper
