#include "lib/auth/jwt/verify_key.h"

#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace roomkeeper {
namespace {

struct Free {
  void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
  void operator()(EVP_PKEY_CTX* it) const { EVP_PKEY_CTX_free(it); }
  void operator()(EVP_MD_CTX* it) const { EVP_MD_CTX_free(it); }
  void operator()(BIGNUM* it) const { BN_free(it); }
  void operator()(OSSL_PARAM_BLD* it) const { OSSL_PARAM_BLD_free(it); }
  void operator()(OSSL_PARAM* it) const { OSSL_PARAM_free(it); }
  void operator()(ECDSA_SIG* it) const { ECDSA_SIG_free(it); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

constexpr int kRsaBitsMin = 2048;
constexpr int kRsaBitsMax = 8192;
constexpr BN_ULONG kRsaExponentMin = 65537;
constexpr int kRsaExponentBitsMax = 32;
constexpr std::size_t kP256Bytes = 32;

const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Owned<BIGNUM> Number(const std::string& bytes) {
  return Owned<BIGNUM>(BN_bin2bn(Bytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

// Null if OpenSSL does not take the parameters.
Owned<EVP_PKEY> MakeKey(const char* type, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM> parameters(OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX> maker(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (parameters == nullptr || maker == nullptr || EVP_PKEY_fromdata_init(maker.get()) != 1 ||
      EVP_PKEY_fromdata(maker.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  return Owned<EVP_PKEY>(key);
}

// JWS has r and s as they are, 32 bytes each (RFC 7518 3.4); OpenSSL wants them in DER.
std::optional<std::string> DerOf(const std::string& signature) {
  if (signature.size() != 2 * kP256Bytes) {
    return std::nullopt;
  }
  const Owned<ECDSA_SIG> pair(ECDSA_SIG_new());
  Owned<BIGNUM> r = Number(signature.substr(0, kP256Bytes));
  Owned<BIGNUM> s = Number(signature.substr(kP256Bytes));
  if (pair == nullptr || r == nullptr || s == nullptr ||
      ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) {
    return std::nullopt;
  }
  (void)r.release();  // now the pair's
  (void)s.release();
  std::array<unsigned char, 80> der = {};  // two numbers of 33 bytes and six bytes around them
  unsigned char* end = der.data();
  const int size = i2d_ECDSA_SIG(pair.get(), &end);
  if (size <= 0) {
    return std::nullopt;
  }
  return std::string(reinterpret_cast<const char*>(der.data()), static_cast<std::size_t>(size));
}

bool VerifiesSha256(EVP_PKEY* key, const std::string& input, const std::string& signature) {
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  return context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(input),
                          input.size()) == 1;
}

}  // namespace

struct VerifyKey::Key {
  Owned<EVP_PKEY> pkey = nullptr;
};

VerifyKey::VerifyKey(JwsAlgorithm algorithm, std::unique_ptr<Key> key)
    : algorithm_(algorithm), key_(std::move(key)) {}
VerifyKey::VerifyKey(VerifyKey&&) noexcept = default;
VerifyKey& VerifyKey::operator=(VerifyKey&&) noexcept = default;
VerifyKey::~VerifyKey() = default;

absl::StatusOr<VerifyKey> VerifyKey::FromRsa(const std::string& modulus,
                                             const std::string& exponent) {
  const Owned<BIGNUM> n = Number(modulus);
  const Owned<BIGNUM> e = Number(exponent);
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (n == nullptr || e == nullptr || builder == nullptr) {
    return absl::InternalError("OpenSSL has no memory");
  }
  const int bits = BN_num_bits(n.get());
  if (bits < kRsaBitsMin || bits > kRsaBitsMax || BN_is_odd(n.get()) == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("RSA keys must have ", kRsaBitsMin, " to ", kRsaBitsMax, " bits, got ", bits));
  }
  if (BN_is_odd(e.get()) == 0 || BN_num_bits(e.get()) > kRsaExponentBitsMax ||
      BN_get_word(e.get()) < kRsaExponentMin) {
    return absl::InvalidArgumentError("an RSA key's exponent must be odd and at least 65537");
  }
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  auto key = std::make_unique<Key>();
  key->pkey = MakeKey("RSA", builder.get());
  if (key->pkey == nullptr) {
    return absl::InvalidArgumentError("OpenSSL does not take the RSA key");
  }
  return VerifyKey(JwsAlgorithm::kRs256, std::move(key));
}

absl::StatusOr<VerifyKey> VerifyKey::FromP256(const std::string& x, const std::string& y) {
  if (x.size() != kP256Bytes || y.size() != kP256Bytes) {
    return absl::InvalidArgumentError("coordinates of P-256 must have 32 bytes");
  }
  const std::string point = absl::StrCat("\x04", x, y);  // uncompressed
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr) {
    return absl::InternalError("OpenSSL has no memory");
  }
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  auto key = std::make_unique<Key>();
  key->pkey = MakeKey("EC", builder.get());
  const Owned<EVP_PKEY_CTX> checker(
      key->pkey == nullptr ? nullptr
                           : EVP_PKEY_CTX_new_from_pkey(nullptr, key->pkey.get(), nullptr));
  if (checker == nullptr || EVP_PKEY_public_check(checker.get()) != 1) {
    return absl::InvalidArgumentError("the coordinates are no point of P-256");
  }
  return VerifyKey(JwsAlgorithm::kEs256, std::move(key));
}

bool VerifyKey::Verifies(const Jws& jws) const {
  if (jws.algorithm != algorithm_) {
    return false;
  }
  switch (algorithm_) {
    case JwsAlgorithm::kRs256:
      return VerifiesSha256(key_->pkey.get(), jws.signing_input.Reveal(), jws.signature.Reveal());
    case JwsAlgorithm::kEs256: {
      const std::optional<std::string> der = DerOf(jws.signature.Reveal());
      return der && VerifiesSha256(key_->pkey.get(), jws.signing_input.Reveal(), *der);
    }
  }
  return false;
}

}  // namespace roomkeeper
