#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "lib/base/secret.h"

namespace roomkeeper {

// All that we verify. The rest (none, HMAC, PS*, the longer hashes) is refused by name.
enum class JwsAlgorithm : std::uint8_t { kRs256, kEs256 };

// A signed token (RFC 7515, compact form), taken apart and not yet believed.
struct Jws {
  JwsAlgorithm algorithm = JwsAlgorithm::kRs256;
  std::string kid = {};
  Secret signing_input = {};
  Secret signature = {};
  Secret payload = {};
};

inline constexpr std::size_t kTokenBytesMax = 8192;
inline constexpr std::size_t kKidBytesMax = 256;

// kInvalidArgument: not three parts of strict base64url, too long, an algorithm that is not ours,
// no kid, `crit` (we know no extension), a key that the token brings along (jwk, jku, x5c, x5u), or
// a typ other than JWT and at+jwt. The message quotes nothing of the token.
absl::StatusOr<Jws> ParseJws(const Secret& token);

// The header's part of it: what a token says about itself.
struct JwsHeader {
  JwsAlgorithm algorithm = JwsAlgorithm::kRs256;
  std::string kid = {};
};
absl::StatusOr<JwsHeader> ParseJwsHeader(absl::string_view json);

}  // namespace roomkeeper
