#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "lib/auth/jwt/jws.h"

namespace roomkeeper {

// A public key of an issuer, good for exactly one algorithm. Immutable, thread-safe; verifying
// takes some 50 us and never blocks.
class VerifyKey {
 public:
  // Big-endian numbers. kInvalidArgument: modulus below 2048 or above 8192 bits, exponent even,
  // below 65537 or above 32 bits.
  static absl::StatusOr<VerifyKey> FromRsa(const std::string& modulus, const std::string& exponent);
  // Coordinates of 32 bytes each. kInvalidArgument: not a point of P-256.
  static absl::StatusOr<VerifyKey> FromP256(const std::string& x, const std::string& y);

  VerifyKey(VerifyKey&&) noexcept;
  VerifyKey& operator=(VerifyKey&&) noexcept;
  ~VerifyKey();

  // False also if the token names another algorithm than the key's.
  bool Verifies(const Jws& jws) const;

 private:
  struct Key;
  VerifyKey(JwsAlgorithm algorithm, std::unique_ptr<Key> key);

  JwsAlgorithm algorithm_;
  std::unique_ptr<Key> key_;
};

}  // namespace roomkeeper
