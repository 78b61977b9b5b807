#include "tests/support/jwt/token_signer.h"

#include <utility>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "lib/base/check.h"

namespace roomkeeper::testing {
namespace {

struct Free {
  void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
  void operator()(EVP_MD_CTX* it) const { EVP_MD_CTX_free(it); }
  void operator()(BIGNUM* it) const { BN_free(it); }
  void operator()(ECDSA_SIG* it) const { ECDSA_SIG_free(it); }
};

std::string BytesOf(const BIGNUM* number, int size) {
  std::string bytes(static_cast<std::size_t>(size), '\0');
  RK_CHECK(BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), size) == size);
  return bytes;
}

// A number of the key; of `size` bytes, or as many as it has.
std::string Parameter(const EVP_PKEY* key, const char* name, int size = 0) {
  BIGNUM* raw = nullptr;
  RK_CHECK(EVP_PKEY_get_bn_param(key, name, &raw) == 1);
  const std::unique_ptr<BIGNUM, Free> number(raw);
  return Base64Url(BytesOf(raw, size == 0 ? BN_num_bytes(raw) : size));
}

std::string RawOf(const std::string& der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<ECDSA_SIG, Free> pair(
      d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size())));
  RK_CHECK(pair != nullptr);
  return BytesOf(ECDSA_SIG_get0_r(pair.get()), 32) + BytesOf(ECDSA_SIG_get0_s(pair.get()), 32);
}

}  // namespace

struct TokenSigner::Key {
  std::unique_ptr<EVP_PKEY, Free> pkey = nullptr;
  std::string kid = {};
  std::string curve = {};  // empty: RSA
};

TokenSigner::TokenSigner(std::unique_ptr<Key> key) : key_(std::move(key)) {
  RK_CHECK(key_->pkey != nullptr);
}
TokenSigner::TokenSigner(TokenSigner&&) noexcept = default;
TokenSigner& TokenSigner::operator=(TokenSigner&&) noexcept = default;
TokenSigner::~TokenSigner() = default;

TokenSigner TokenSigner::Rsa(const std::string& kid, int bits) {
  auto key = std::make_unique<Key>();
  key->pkey.reset(EVP_RSA_gen(static_cast<unsigned>(bits)));
  key->kid = kid;
  return TokenSigner(std::move(key));
}

TokenSigner TokenSigner::P256(const std::string& kid, const char* curve) {
  auto key = std::make_unique<Key>();
  key->pkey.reset(EVP_EC_gen(curve));
  key->kid = kid;
  key->curve = curve;
  return TokenSigner(std::move(key));
}

nlohmann::json TokenSigner::Jwk() const {
  const EVP_PKEY* pkey = key_->pkey.get();
  if (key_->curve.empty()) {
    return {{"kty", "RSA"},
            {"use", "sig"},
            {"alg", "RS256"},
            {"kid", key_->kid},
            {"n", Parameter(pkey, OSSL_PKEY_PARAM_RSA_N)},
            {"e", Parameter(pkey, OSSL_PKEY_PARAM_RSA_E)}};
  }
  const int size = (EVP_PKEY_get_bits(pkey) + 7) / 8;
  return {{"kty", "EC"},
          {"crv", key_->curve},
          {"kid", key_->kid},
          {"x", Parameter(pkey, OSSL_PKEY_PARAM_EC_PUB_X, size)},
          {"y", Parameter(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, size)}};
}

std::string TokenSigner::Sign(const nlohmann::json& payload) const {
  const nlohmann::json header = {
      {"alg", key_->curve.empty() ? "RS256" : "ES256"}, {"typ", "at+jwt"}, {"kid", key_->kid}};
  return SignWith(header.dump(), payload.dump());
}

std::string TokenSigner::SignWith(const std::string& header, const std::string& payload) const {
  const std::string input = absl::StrCat(Base64Url(header), ".", Base64Url(payload));
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  RK_CHECK(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_->pkey.get()) ==
           1);
  std::string signature(2048, '\0');
  std::size_t size = signature.size();
  RK_CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                          reinterpret_cast<const unsigned char*>(input.data()), input.size()) == 1);
  signature.resize(size);
  return absl::StrCat(input, ".", Base64Url(key_->curve.empty() ? signature : RawOf(signature)));
}

std::string Base64Url(absl::string_view bytes) {
  return absl::WebSafeBase64Escape(bytes);
}

}  // namespace roomkeeper::testing
