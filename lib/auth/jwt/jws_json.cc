#include "absl/strings/match.h"

#include "lib/auth/jwt/jws.h"
#include "lib/auth/jwt/object_json.h"

namespace roomkeeper {
namespace {

absl::Status Refused(const char* why) {
  return absl::InvalidArgumentError(why);
}

}  // namespace

absl::StatusOr<JwsHeader> ParseJwsHeader(absl::string_view json) {
  const jwt::Json header = jwt::ParseStrictObject(json);
  if (header.is_discarded()) {
    return Refused("its header is not a plain JSON object");
  }
  for (const char* member : {"crit", "jwk", "jku", "x5c", "x5u"}) {
    if (header.contains(member)) {
      return Refused("its header has a member that is not taken: crit, jwk, jku, x5c or x5u");
    }
  }
  if (header.contains("typ")) {
    const std::string* typ = jwt::FindText(header, "typ");
    if (typ == nullptr ||
        !(absl::EqualsIgnoreCase(*typ, "JWT") || absl::EqualsIgnoreCase(*typ, "at+jwt") ||
          absl::EqualsIgnoreCase(*typ, "application/at+jwt"))) {
      return Refused("its typ must be at+jwt or JWT");
    }
  }
  const std::string* kid = jwt::FindText(header, "kid");
  if (kid == nullptr || kid->empty() || kid->size() > kKidBytesMax) {
    return Refused("its header must name its key as kid");
  }
  const std::string* alg = jwt::FindText(header, "alg");
  if (alg != nullptr && *alg == "RS256") {
    return JwsHeader{.algorithm = JwsAlgorithm::kRs256, .kid = *kid};
  }
  if (alg != nullptr && *alg == "ES256") {
    return JwsHeader{.algorithm = JwsAlgorithm::kEs256, .kid = *kid};
  }
  return Refused("its algorithm must be RS256 or ES256");
}

}  // namespace roomkeeper
