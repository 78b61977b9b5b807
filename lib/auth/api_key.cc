#include "lib/auth/api_key.h"

#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "lib/crypto/digest.h"

namespace roomkeeper {
namespace {

constexpr char kPrefix[] = "rk_";
constexpr absl::string_view kBearer = "Bearer ";
constexpr std::size_t kIdBytes = 10;
constexpr std::size_t kIdLength = 16;
constexpr std::size_t kSecretBytes = 20;
constexpr std::size_t kSecretLength = 32;

bool IsBase32(absl::string_view text) {
  for (const char c : text) {
    const bool letter = absl::ascii_islower(static_cast<unsigned char>(c)) && c != 'i' &&
                        c != 'l' && c != 'o' && c != 'u';
    if (!letter && !absl::ascii_isdigit(static_cast<unsigned char>(c))) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<CredentialParts> ParseCredential(absl::string_view prefix, absl::string_view text) {
  if (!absl::ConsumePrefix(&text, prefix) || text.size() != kIdLength + 1 + kSecretLength ||
      text[kIdLength] != '_') {
    return std::nullopt;
  }
  const absl::string_view id = text.substr(0, kIdLength);
  const absl::string_view secret = text.substr(kIdLength + 1);
  if (!IsBase32(id) || !IsBase32(secret)) {
    return std::nullopt;
  }
  return CredentialParts{.id = std::string(id), .secret = Secret(std::string(secret))};
}

NewCredential MintCredential(absl::string_view prefix) {
  const std::string id = RandomBase32(kIdBytes);
  const Secret secret(RandomBase32(kSecretBytes));
  return {.id = id,
          .text = Secret(absl::StrCat(prefix, id, "_", secret.Reveal())),
          .secret_sha256 = HashOf(secret)};
}

std::optional<PresentedKey> ParseApiKey(absl::string_view text) {
  std::optional<CredentialParts> parts = ParseCredential(kPrefix, text);
  if (!parts.has_value()) {
    return std::nullopt;
  }
  return PresentedKey{.id = ApiKeyId(parts->id), .secret = std::move(parts->secret)};
}

absl::string_view BearerOf(absl::string_view authorization) {
  return absl::StartsWithIgnoreCase(authorization, kBearer)
             ? absl::StripAsciiWhitespace(authorization.substr(kBearer.size()))
             : absl::string_view();
}

ApiKeyId IdOf(const Secret& presented) {
  const std::optional<PresentedKey> key = ParseApiKey(presented.Reveal());
  return key.has_value() ? key->id : ApiKeyId();
}

MintedKey MintApiKey() {
  NewCredential made = MintCredential(kPrefix);
  return {.id = ApiKeyId(made.id),
          .text = std::move(made.text),
          .secret_sha256 = std::move(made.secret_sha256)};
}

std::string HashOf(const Secret& secret) {
  return Sha256Hex(secret.Reveal());
}

bool Matches(const ApiKey& key, const Secret& secret) {
  return ConstantTimeEquals(HashOf(secret), key.secret_sha256);
}

}  // namespace roomkeeper
