#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "lib/auth/jwt/verify_key.h"

namespace roomkeeper {

// An issuer's keys by kid.
using KeySet = std::map<std::string, std::shared_ptr<const VerifyKey>, std::less<>>;

inline constexpr std::size_t kJwksBytesMax = 64 * 1024;
inline constexpr std::size_t kJwksKeysMax = 64;  // entries, usable or not

// The keys of a JWK set (RFC 7517) that may verify our tokens: RSA of 2048 bits or more, or EC on
// P-256; with kid; `alg`, `use` and `key_ops`, where they are, say RS256 or ES256 as fits the type,
// signatures, and verifying. Others are left out: sets hold keys for other uses. kInvalidArgument:
// not a set, too large, a kid twice among the usable ones, or a private key (its owner must know).
absl::StatusOr<KeySet> ParseJwks(absl::string_view body);

// What we need of an issuer's discovery document (RFC 8414, OpenID Connect Discovery).
struct Discovery {
  std::string issuer = {};
  std::string jwks_uri = {};
};
absl::StatusOr<Discovery> ParseDiscovery(absl::string_view body);

}  // namespace roomkeeper
