#include "services/roomkeeperd/token_parts.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/memory/memory.h"

#include "lib/base/status_macros.h"

namespace roomkeeper {

absl::Status TokenParts::Open(const Ports& ports, JwksCache::Places places, Issuers& issuers) {
  RK_ASSIGN_OR_RETURN(issuers.http, CurlClient::Make(ports.loop, {.in_flight_max = 32,
                                                                  .queue_max = 1000,
                                                                  .body_bytes_max = kJwksBytesMax,
                                                                  .connections_kept_max = 8}));
  issuers.keys = std::make_unique<JwksCache>(
      JwksCache::Ports{.loop = ports.loop, .http = *issuers.http, .log = ports.log},
      std::move(places));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<TokenParts>> TokenParts::Make(const AuthConfig& config,
                                                             Ports ports) {
  auto parts = absl::WrapUnique(new TokenParts());
  const OperatorTokensConfig& operators = config.operator_tokens;
  if (config.jwt.enabled) {
    JwksCache::Places places;
    places.ca_file = config.jwt.ca_file;
    RK_RETURN_IF_ERROR(Open(ports, std::move(places), parts->apps_));
  }
  if (!operators.issuer.empty()) {
    std::vector<std::string> hosts;
    if (!operators.keys_host.empty()) {
      hosts.push_back(operators.keys_host);
    }
    RK_RETURN_IF_ERROR(Open(ports, {.ca_file = operators.ca_file, .key_hosts = std::move(hosts)},
                            parts->operators_));
  }
  if (parts->apps_.keys != nullptr || parts->operators_.keys != nullptr) {
    parts->verifier_ =
        std::make_unique<TokenVerifier>(ports.brands,
                                        TokenIssuers{.apps = parts->apps_.keys.get(),
                                                     .operators = parts->operators_.keys.get(),
                                                     .operator_rules = operators},
                                        ports.clock);
  }
  return parts;
}

}  // namespace roomkeeper
