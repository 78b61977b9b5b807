#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace roomkeeper {

// OIDC tokens of the provider's own identity provider: operators sign in as themselves, beside API
// keys. One issuer; of a person's roles the highest counts.
struct OperatorTokensConfig {
  std::string issuer = {};    // https://…, exactly the tokens' `iss`; empty: none taken
  std::string audience = {};  // needed with it: one of `aud`
  std::vector<std::string> clients = {};  // `azp` or `client_id` must be of these; empty: any
  std::string roles_claim = "groups";     // a text or a list of texts, compared with the next three
  std::vector<std::string> admins = {};
  std::vector<std::string> operators = {};
  std::vector<std::string> viewers = {};
  absl::Duration lifetime_max = absl::Hours(24);  // from `iat` to `exp`; longer ones are refused
  std::string keys_host = {};                     // host of `jwks_uri` if it is not the issuer's
  std::string ca_file = {};                       // PEM; instead of the system's authorities
  friend bool operator==(const OperatorTokensConfig&, const OperatorTokensConfig&) = default;
};

}  // namespace roomkeeper
