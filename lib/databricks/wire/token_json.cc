#include "lib/databricks/wire/token_json.h"

#include <utility>

#include "absl/status/status.h"

#include "lib/base/status_macros.h"
#include "lib/databricks/wire/fields_json.h"

namespace roomkeeper::wire {

absl::StatusOr<std::string> ParseTokenEndpoint(const std::string& body) {
  RK_ASSIGN_OR_RETURN(const Json json, ParseObject(body));
  std::string endpoint = Text(json, "token_endpoint");
  if (endpoint.empty()) {
    return absl::DataLossError("the discovery document has no token_endpoint");
  }
  return endpoint;
}

absl::StatusOr<TokenBody> ParseToken(const std::string& body) {
  RK_ASSIGN_OR_RETURN(const Json json, ParseObject(body));
  TokenBody token = {.access_token = Secret(Text(json, "access_token")),
                     .lifetime = absl::Seconds(Int(json, "expires_in"))};
  if (token.access_token.empty()) {
    return absl::DataLossError("the token answer has no access_token");
  }
  if (token.lifetime <= absl::ZeroDuration()) {
    return absl::DataLossError("the token answer has no expires_in above 0");
  }
  return token;
}

}  // namespace roomkeeper::wire
