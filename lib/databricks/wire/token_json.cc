#include "lib/databricks/wire/token_json.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

#include "lib/base/status_macros.h"
#include "lib/databricks/wire/fields_json.h"
#include "lib/databricks/wire/secret_member.h"

namespace roomkeeper::wire {

absl::StatusOr<std::string> ParseTokenEndpoint(const std::string& body) {
  RK_ASSIGN_OR_RETURN(const Json json, ParseObject(body));
  std::string endpoint = Text(json, "token_endpoint");
  if (endpoint.empty()) {
    return absl::DataLossError("the discovery document has no token_endpoint");
  }
  return endpoint;
}

absl::StatusOr<TokenBody> ParseToken(std::string& body) {
  TokenBody token;
  RK_ASSIGN_OR_RETURN(token.access_token, TakeSecretMember(body, "access_token"));
  RK_ASSIGN_OR_RETURN(const Json json, ParseObject(body));
  token.lifetime = absl::Seconds(Int(json, "expires_in"));
  if (token.access_token.empty()) {
    return absl::DataLossError("the token answer has no access_token");
  }
  if (token.lifetime <= absl::ZeroDuration()) {
    return absl::DataLossError("the token answer has no expires_in above 0");
  }
  return token;
}

absl::StatusOr<std::optional<absl::Time>> ReadJwtExpiry(const Secret& jwt) {
  const std::vector<absl::string_view> parts = absl::StrSplit(jwt.Reveal(), '.');
  const bool plain = absl::c_all_of(jwt.Reveal(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
  });
  std::string payload;
  if (!plain || parts.size() != 3 || parts[0].empty() || parts[2].empty() ||
      !absl::WebSafeBase64Unescape(parts[1], &payload)) {
    return absl::FailedPreconditionError("it does not hold a JWT");
  }
  const auto json = ParseObject(payload);
  Wipe(payload);
  if (!json.ok()) {
    return absl::FailedPreconditionError("it does not hold a JWT: its payload is not JSON");
  }
  const std::int64_t expires_at = Int(*json, "exp");
  return expires_at == 0 ? std::nullopt : std::optional(absl::FromUnixSeconds(expires_at));
}

}  // namespace roomkeeper::wire
