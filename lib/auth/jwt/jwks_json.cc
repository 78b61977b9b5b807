#include <algorithm>
#include <optional>
#include <utility>

#include "lib/auth/jwt/base64url.h"
#include "lib/auth/jwt/jwks.h"
#include "lib/auth/jwt/object_json.h"

namespace roomkeeper {
namespace {

using jwt::Json;

// The member's bytes; nothing if it is no base64url text.
std::optional<std::string> BytesOf(const Json& key, const char* member) {
  const std::string* text = jwt::FindText(key, member);
  return text == nullptr ? std::nullopt : DecodeBase64Url(*text);
}

bool IsAbsentOr(const Json& key, const char* member, const char* value) {
  const std::string* text = jwt::FindText(key, member);
  return !key.contains(member) || (text != nullptr && *text == value);
}

bool MayVerify(const Json& key) {
  const auto operations = key.find("key_ops");
  return operations == key.end() ||
         (operations->is_array() &&
          std::find(operations->begin(), operations->end(), "verify") != operations->end());
}

// Nothing if the key is for another use, or is not sound.
std::optional<VerifyKey> ReadKey(const Json& key) {
  const std::string* type = jwt::FindText(key, "kty");
  if (type == nullptr || !IsAbsentOr(key, "use", "sig") || !MayVerify(key)) {
    return std::nullopt;
  }
  absl::StatusOr<VerifyKey> made = absl::InvalidArgumentError("of another type");
  if (*type == "RSA" && IsAbsentOr(key, "alg", "RS256")) {
    made = VerifyKey::FromRsa(BytesOf(key, "n").value_or(""), BytesOf(key, "e").value_or(""));
  } else if (*type == "EC" && key.contains("crv") && IsAbsentOr(key, "crv", "P-256") &&
             IsAbsentOr(key, "alg", "ES256")) {
    made = VerifyKey::FromP256(BytesOf(key, "x").value_or(""), BytesOf(key, "y").value_or(""));
  }
  return made.ok() ? std::optional<VerifyKey>(*std::move(made)) : std::nullopt;
}

}  // namespace

absl::StatusOr<KeySet> ParseJwks(absl::string_view body) {
  if (body.size() > kJwksBytesMax) {
    return absl::InvalidArgumentError("the key set is too long");
  }
  const Json set = jwt::ParseStrictObject(body);
  const auto listed = set.is_discarded() ? set.end() : set.find("keys");
  if (set.is_discarded() || listed == set.end() || !listed->is_array()) {
    return absl::InvalidArgumentError("it is not a JSON object with a list of keys");
  }
  if (listed->size() > kJwksKeysMax) {
    return absl::InvalidArgumentError("the key set has too many keys");
  }
  KeySet keys;
  for (const Json& key : *listed) {
    if (!key.is_object()) {
      return absl::InvalidArgumentError("a key of the set is not a JSON object");
    }
    if (key.contains("d")) {
      return absl::InvalidArgumentError("the key set publishes a private key");
    }
    const std::string* kid = jwt::FindText(key, "kid");
    std::optional<VerifyKey> usable = ReadKey(key);
    if (kid == nullptr || kid->empty() || kid->size() > kKidBytesMax || !usable) {
      continue;
    }
    if (!keys.emplace(*kid, std::make_shared<const VerifyKey>(*std::move(usable))).second) {
      return absl::InvalidArgumentError("the key set has a kid twice");
    }
  }
  return keys;
}

absl::StatusOr<Discovery> ParseDiscovery(absl::string_view body) {
  const Json document = jwt::ParseStrictObject(body);
  const std::string* issuer = document.is_discarded() ? nullptr : jwt::FindText(document, "issuer");
  const std::string* jwks = document.is_discarded() ? nullptr : jwt::FindText(document, "jwks_uri");
  if (issuer == nullptr || jwks == nullptr) {
    return absl::InvalidArgumentError("it is not a JSON object with issuer and jwks_uri");
  }
  return Discovery{.issuer = *issuer, .jwks_uri = *jwks};
}

}  // namespace roomkeeper
