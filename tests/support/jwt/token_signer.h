#pragma once

#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "absl/strings/string_view.h"

namespace roomkeeper::testing {

// An issuer's key, to make tokens with: good ones, and ones that are wrong on purpose.
class TokenSigner {
 public:
  static TokenSigner Rsa(const std::string& kid, int bits = 2048);
  static TokenSigner P256(const std::string& kid, const char* curve = "P-256");
  TokenSigner(TokenSigner&&) noexcept;
  TokenSigner& operator=(TokenSigner&&) noexcept;
  ~TokenSigner();

  // The public key, as a set lists it.
  nlohmann::json Jwk() const;
  // {"keys":[…]} of these.
  template <typename... More>
  static std::string Jwks(const TokenSigner& first, const More&... more) {
    return nlohmann::json{{"keys", {first.Jwk(), more.Jwk()...}}}.dump();
  }

  // header.payload.signature, with the header that fits the key …
  std::string Sign(const nlohmann::json& payload) const;
  // … or with any.
  std::string SignWith(const std::string& header, const std::string& payload) const;

 private:
  struct Key;
  explicit TokenSigner(std::unique_ptr<Key> key);
  std::unique_ptr<Key> key_;
};

std::string Base64Url(absl::string_view bytes);

}  // namespace roomkeeper::testing
