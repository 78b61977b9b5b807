#include "lib/databricks_sim/world/signing_key.h"

#include <vector>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "lib/base/check.h"
#include "lib/crypto/digest.h"

namespace roomkeeper::sim {
namespace {

struct PkeyDelete {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct MdContextDelete {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct BignumDelete {
  void operator()(BIGNUM* number) const { BN_free(number); }
};

std::string NumberBase64(const EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  RK_CHECK(EVP_PKEY_get_bn_param(key, name, &raw) == 1);
  const std::unique_ptr<BIGNUM, BignumDelete> number(raw);
  std::vector<unsigned char> bytes(static_cast<std::size_t>(BN_num_bytes(number.get())));
  BN_bn2bin(number.get(), bytes.data());
  return absl::WebSafeBase64Escape(std::string(bytes.begin(), bytes.end()));
}

}  // namespace

struct SigningKey::Key {
  std::unique_ptr<EVP_PKEY, PkeyDelete> pkey = nullptr;
};

SigningKey SigningKey::Generate() {
  auto key = std::make_unique<Key>();
  key->pkey.reset(EVP_RSA_gen(2048));
  RK_CHECK(key->pkey != nullptr);
  return SigningKey(std::move(key));
}

SigningKey::SigningKey(std::unique_ptr<Key> key)
    : key_(std::move(key)),
      modulus_(NumberBase64(key_->pkey.get(), OSSL_PKEY_PARAM_RSA_N)),
      exponent_(NumberBase64(key_->pkey.get(), OSSL_PKEY_PARAM_RSA_E)) {
  kid_ = Sha256Hex(modulus_);
}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

std::string SigningKey::SignJwt(absl::string_view header_json,
                                absl::string_view payload_json) const {
  const std::string input = absl::StrCat(absl::WebSafeBase64Escape(header_json), ".",
                                         absl::WebSafeBase64Escape(payload_json));
  const std::vector<unsigned char> bytes(input.begin(), input.end());
  const std::unique_ptr<EVP_MD_CTX, MdContextDelete> context(EVP_MD_CTX_new());
  RK_CHECK(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_->pkey.get()) ==
           1);
  std::size_t size = 0;
  RK_CHECK(EVP_DigestSign(context.get(), nullptr, &size, bytes.data(), bytes.size()) == 1);
  std::vector<unsigned char> signature(size);
  RK_CHECK(EVP_DigestSign(context.get(), signature.data(), &size, bytes.data(), bytes.size()) == 1);
  return absl::StrCat(
      input, ".",
      absl::WebSafeBase64Escape(
          std::string(signature.begin(), signature.begin() + static_cast<std::ptrdiff_t>(size))));
}

}  // namespace roomkeeper::sim
