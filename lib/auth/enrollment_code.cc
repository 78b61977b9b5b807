#include "lib/auth/enrollment_code.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "lib/crypto/digest.h"

namespace roomkeeper {
namespace {

constexpr char kPrefix[] = "rke_";
constexpr std::size_t kNonceLengthMin = 32;
constexpr std::size_t kNonceLengthMax = 64;
constexpr std::size_t kIdBytes = 10;
constexpr std::size_t kSecretBytes = 20;

// `n` bytes of a pseudo-random function of the secret, another one for each `label`, as base32.
Secret Derive(const Secret& code_secret, absl::string_view label, const Secret& nonce,
              std::size_t n) {
  std::string data = absl::StrCat("roomkeeper enrolment ", label, "\n", nonce.Reveal());
  std::string hex = HmacSha256Hex(code_secret, data);
  std::string bytes = absl::HexStringToBytes(hex);
  Secret derived(Base32Crockford(absl::string_view(bytes).substr(0, n)));
  Wipe(data);
  Wipe(hex);
  Wipe(bytes);
  return derived;
}

}  // namespace

std::optional<PresentedCode> ParseEnrollmentCode(const Secret& text) {
  std::optional<CredentialParts> parts = ParseCredential(kPrefix, text.Reveal());
  if (!parts.has_value()) {
    return std::nullopt;
  }
  return PresentedCode{.id = EnrollmentCodeId(parts->id), .secret = std::move(parts->secret)};
}

MintedCode MintEnrollmentCode() {
  NewCredential made = MintCredential(kPrefix);
  return {.id = EnrollmentCodeId(made.id),
          .text = std::move(made.text),
          .secret_sha256 = std::move(made.secret_sha256)};
}

bool Matches(const EnrollmentCode& code, const Secret& secret) {
  return ConstantTimeEquals(HashOf(secret), code.secret_sha256);
}

bool IsClientNonce(absl::string_view text) {
  return text.size() >= kNonceLengthMin && text.size() <= kNonceLengthMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
         });
}

MintedKey DeriveApiKey(const Secret& code_secret, const Secret& nonce) {
  const Secret id = Derive(code_secret, "key id", nonce, kIdBytes);
  const Secret secret = Derive(code_secret, "key secret", nonce, kSecretBytes);
  return {.id = ApiKeyId(id.Reveal()),
          .text = Secret(absl::StrCat("rk_", id.Reveal(), "_", secret.Reveal())),
          .secret_sha256 = HashOf(secret)};
}

}  // namespace roomkeeper
