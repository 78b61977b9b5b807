#include "tests/simulator/verify_rs256.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "absl/strings/escaping.h"

namespace roomkeeper::testing {
namespace {

std::string Decoded(const std::string& base64url) {
  std::string bytes;
  return absl::WebSafeBase64Unescape(base64url, &bytes) ? bytes : std::string();
}

const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

bool VerifiesRs256(const std::string& jwt, const nlohmann::json& jwk) {
  const auto dot = jwt.rfind('.');
  const std::string input = jwt.substr(0, dot);
  const std::string signature = Decoded(jwt.substr(dot + 1));
  const std::string n = Decoded(jwk["n"]);
  const std::string e = Decoded(jwk["e"]);
  BIGNUM* bn_n = BN_bin2bn(Bytes(n), static_cast<int>(n.size()), nullptr);
  BIGNUM* bn_e = BN_bin2bn(Bytes(e), static_cast<int>(e.size()), nullptr);
  OSSL_PARAM_BLD* builder = OSSL_PARAM_BLD_new();
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, bn_n);
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, bn_e);
  OSSL_PARAM* parameters = OSSL_PARAM_BLD_to_param(builder);
  EVP_PKEY_CTX* maker = EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr);
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata_init(maker);
  EVP_PKEY_fromdata(maker, &key, EVP_PKEY_PUBLIC_KEY, parameters);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key);
  const bool valid = EVP_DigestVerify(context, Bytes(signature), signature.size(), Bytes(input),
                                      input.size()) == 1;
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  EVP_PKEY_CTX_free(maker);
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(builder);
  BN_free(bn_n);
  BN_free(bn_e);
  return valid;
}

}  // namespace roomkeeper::testing
