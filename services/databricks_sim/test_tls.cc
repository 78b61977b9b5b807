#include "services/databricks_sim/test_tls.h"

#include <ctime>
#include <memory>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "lib/base/status_macros.h"

namespace roomkeeper::sim {
namespace {

struct Deleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter>;
using Certificate = std::unique_ptr<X509, Deleter>;

constexpr absl::Duration kBackdated = absl::Hours(24);  // for clients whose clock is behind
constexpr absl::Duration kValid = absl::Hours(24 * 365);

absl::Status Failed() {
  return absl::InternalError("OpenSSL could not make a test certificate");
}

bool AddExtension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context = {};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Deleter> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool SetName(X509_NAME* name, const char* common_name) {
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name), -1, -1,
                                    0) == 1;
}

bool SetSerial(X509* certificate) {
  std::uint64_t serial = 0;
  return RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial)) == 1 &&
         ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1U) == 1;
}

// All but extensions and signature.
Certificate MakeUnsigned(EVP_PKEY* key, const char* common_name, absl::Time now) {
  Certificate certificate(X509_new());
  if (certificate == nullptr || X509_set_version(certificate.get(), X509_VERSION_3) != 1 ||
      !SetSerial(certificate.get()) ||
      !SetName(X509_get_subject_name(certificate.get()), common_name) ||
      ASN1_TIME_set(X509_getm_notBefore(certificate.get()), absl::ToTimeT(now - kBackdated)) ==
          nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(certificate.get()), absl::ToTimeT(now + kValid)) ==
          nullptr ||
      X509_set_pubkey(certificate.get(), key) != 1) {
    return nullptr;
  }
  return certificate;
}

Certificate MakeCa(EVP_PKEY* key, absl::Time now) {
  Certificate ca = MakeUnsigned(key, "databricks-sim test CA", now);
  if (ca == nullptr || X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get())) != 1 ||
      !AddExtension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !AddExtension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !AddExtension(ca.get(), ca.get(), NID_subject_key_identifier, "hash") ||
      X509_sign(ca.get(), key, EVP_sha256()) == 0) {
    return nullptr;
  }
  return ca;
}

Certificate MakeLeaf(EVP_PKEY* key, X509* ca, EVP_PKEY* ca_key, absl::Time now) {
  Certificate leaf = MakeUnsigned(key, "localhost", now);
  if (leaf == nullptr || X509_set_issuer_name(leaf.get(), X509_get_subject_name(ca)) != 1 ||
      !AddExtension(leaf.get(), ca, NID_basic_constraints, "critical,CA:FALSE") ||
      !AddExtension(leaf.get(), ca, NID_key_usage, "critical,digitalSignature") ||
      !AddExtension(leaf.get(), ca, NID_ext_key_usage, "serverAuth,clientAuth") ||
      !AddExtension(leaf.get(), ca, NID_subject_alt_name,
                    "DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1") ||
      !AddExtension(leaf.get(), ca, NID_authority_key_identifier, "keyid") ||
      X509_sign(leaf.get(), ca_key, EVP_sha256()) == 0) {
    return nullptr;
  }
  return leaf;
}

template <typename Write>
std::string Pem(Write write) {
  const std::unique_ptr<BIO, Deleter> bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || write(bio.get()) != 1) {
    return "";
  }
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

absl::StatusOr<TestTls> MakeTestTls(absl::Time now) {
  const Key ca_key(EVP_EC_gen("P-256"));
  const Key key(EVP_EC_gen("P-256"));
  if (ca_key == nullptr || key == nullptr) {
    return Failed();
  }
  const Certificate ca = MakeCa(ca_key.get(), now);
  if (ca == nullptr) {
    return Failed();
  }
  const Certificate leaf = MakeLeaf(key.get(), ca.get(), ca_key.get(), now);
  if (leaf == nullptr) {
    return Failed();
  }
  TestTls tls;
  tls.ca_pem = Pem([&](BIO* bio) { return PEM_write_bio_X509(bio, ca.get()); });
  tls.certificate_pem = Pem([&](BIO* bio) { return PEM_write_bio_X509(bio, leaf.get()); });
  tls.key_pem = Secret(Pem([&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  }));
  if (tls.ca_pem.empty() || tls.certificate_pem.empty() || tls.key_pem.empty()) {
    return Failed();
  }
  return tls;
}

}  // namespace roomkeeper::sim
