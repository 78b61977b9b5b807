#include "lib/crypto/digest.h"

#include <array>
#include <cstdint>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "absl/strings/escaping.h"

#include "lib/base/check.h"

namespace roomkeeper {
namespace {

using Sha256Bytes = std::array<unsigned char, 32>;

std::string Hex(const Sha256Bytes& bytes) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string Sha256Hex(absl::string_view data) {
  Sha256Bytes out = {};
  unsigned int size = 0;
  RK_CHECK(EVP_Digest(data.data(), data.size(), out.data(), &size, EVP_sha256(), nullptr) == 1);
  return Hex(out);
}

std::string HmacSha256Hex(const Secret& key, absl::string_view data) {
  Sha256Bytes out = {};
  unsigned int size = 0;
  const std::string& raw = key.Reveal();
  RK_CHECK(HMAC(EVP_sha256(), raw.data(), static_cast<int>(raw.size()), Bytes(data), data.size(),
                out.data(), &size) != nullptr);
  return Hex(out);
}

std::string RandomBytes(std::size_t n) {
  std::string out(n, '\0');
  RK_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(n)) == 1);
  return out;
}

std::string Base32Crockford(absl::string_view bytes) {
  constexpr absl::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  std::string out;
  std::uint32_t buffer = 0;
  int bits = 0;
  for (const char c : bytes) {
    buffer = (buffer << 8U) | static_cast<unsigned char>(c);
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out.push_back(kAlphabet[(buffer >> static_cast<unsigned>(bits)) & 31U]);
    }
  }
  if (bits > 0) {
    out.push_back(kAlphabet[(buffer << static_cast<unsigned>(5 - bits)) & 31U]);
  }
  return out;
}

std::string RandomBase32(std::size_t n) {
  return Base32Crockford(RandomBytes(n));
}

bool ConstantTimeEquals(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace roomkeeper
