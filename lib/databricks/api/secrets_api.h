#pragma once

#include <string>
#include <vector>

#include "lib/databricks/rest_client.h"
#include "lib/databricks/wire/secrets_json.h"

namespace roomkeeper {

// The OAuth secrets of a service principal, by its numeric SCIM id: at most five, each for 730 days
// at most. Its manager may ask, which it may be itself; kDenied else.
// https://docs.databricks.com/api/account/serviceprincipalsecrets, through the workspace.
inline constexpr std::size_t kPlatformSecretsMax = 5;

void ListSecrets(const ScopedRest& rest, const std::string& principal_id,
                 CallDone<std::vector<wire::PlatformSecret>> done);
// kUnknownOutcome: one may have been made, and its value is lost.
void CreateSecret(const ScopedRest& rest, const std::string& principal_id, absl::Duration lifetime,
                  CallDone<wire::MadeSecret> done);
// kNotFound: it is gone.
void DeleteSecret(const ScopedRest& rest, const std::string& principal_id,
                  const std::string& secret_id, CallDone<Empty> done);

}  // namespace roomkeeper
