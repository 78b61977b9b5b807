#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "lib/base/secret.h"

namespace roomkeeper::wire {

// {host}/oidc/.well-known/oauth-authorization-server: its token_endpoint.
absl::StatusOr<std::string> ParseTokenEndpoint(const std::string& body);

struct TokenBody {
  Secret access_token = {};
  absl::Duration lifetime = absl::ZeroDuration();
};
// The answer to a client-credentials request; expires_in as a number or as a string. The token is
// taken out of `body`.
absl::StatusOr<TokenBody> ParseToken(std::string& body);

// The `exp` of a JWT whose signature is not ours to check; nothing: it has none.
// kFailedPrecondition if it is no JWT: three parts of base64url, the second a JSON object.
absl::StatusOr<std::optional<absl::Time>> ReadJwtExpiry(const Secret& jwt);

}  // namespace roomkeeper::wire
