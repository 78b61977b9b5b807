#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

#include "lib/base/secret.h"
#include "lib/model/brand.h"

namespace roomkeeper {

// API keys look like "rk_<id>_<secret>": 16 and 32 characters of lower-case Crockford base32, that
// is an 80-bit id, which is no secret, and a 160-bit secret. Only SHA-256 of the secret is stored;
// a plain hash is enough because the secret is random, not chosen.

// The id and the secret of "<prefix><id>_<secret>", and such a text made anew: API keys and
// enrolment codes have the same form. Nothing if `text` does not have it; which part is wrong is
// not said.
struct CredentialParts {
  std::string id = {};
  Secret secret = {};
};
std::optional<CredentialParts> ParseCredential(absl::string_view prefix, absl::string_view text);
struct NewCredential {
  std::string id = {};
  Secret text = {};
  std::string secret_sha256 = {};
};
NewCredential MintCredential(absl::string_view prefix);

struct PresentedKey {
  ApiKeyId id = {};
  Secret secret = {};
};

// Nothing if `text` does not have the form. Does not say which part is wrong: no oracle.
std::optional<PresentedKey> ParseApiKey(absl::string_view text);

// What follows "Bearer " in an authorization header; empty if it is of another scheme.
absl::string_view BearerOf(absl::string_view authorization);

// The id that a presented key names, whether or not there is such a key; empty if it has another
// form.
ApiKeyId IdOf(const Secret& presented);

struct MintedKey {
  ApiKeyId id = {};
  Secret text = {};  // the whole key, to be shown once
  std::string secret_sha256 = {};
};
MintedKey MintApiKey();

std::string HashOf(const Secret& secret);
// Takes the same time whatever the secret.
bool Matches(const ApiKey& key, const Secret& secret);

}  // namespace roomkeeper
