#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "lib/base/secret.h"
#include "lib/databricks/wire/rooms_json.h"

namespace roomkeeper::wire {

// An OAuth secret of a service principal, as its list shows it: never the value.
struct PlatformSecret {
  std::string id = {};
  std::string hash = {};  // "secret_hash"; how it is computed is not documented
  absl::Time created_at = absl::InfinitePast();
  absl::Time expires_at = absl::InfiniteFuture();
};
absl::StatusOr<Page<PlatformSecret>> ParseSecrets(const std::string& body);

// The answer to a create: the only time that the value is shown. It is taken out of `body`.
struct MadeSecret {
  PlatformSecret secret = {};
  Secret value = {};
};
absl::StatusOr<MadeSecret> ParseMadeSecret(std::string& body);
std::string MakeSecretBody(absl::Duration lifetime);

}  // namespace roomkeeper::wire
