#pragma once

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace roomkeeper::sim {

// An RSA 2048 key that signs access tokens. The only file of the simulator that uses OpenSSL.
class SigningKey {
 public:
  static SigningKey Generate();  // takes some 50 ms; ends the process if OpenSSL fails
  SigningKey(SigningKey&&) noexcept;
  ~SigningKey();

  const std::string& kid() const { return kid_; }          // 64 hex digits
  const std::string& modulus() const { return modulus_; }  // base64url, as in a JWK
  const std::string& exponent() const { return exponent_; }
  // header.payload.signature of JWS compact form, RS256.
  std::string SignJwt(absl::string_view header_json, absl::string_view payload_json) const;

 private:
  struct Key;
  explicit SigningKey(std::unique_ptr<Key> key);
  std::unique_ptr<Key> key_;
  std::string kid_;
  std::string modulus_;
  std::string exponent_;
};

}  // namespace roomkeeper::sim
