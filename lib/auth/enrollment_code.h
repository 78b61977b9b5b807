#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

#include "lib/auth/api_key.h"
#include "lib/base/secret.h"
#include "lib/model/enrollment/enrollment.h"

namespace roomkeeper {

// Enrolment codes look like "rke_<id>_<secret>", with parts as those of API keys (api_key.h).

struct PresentedCode {
  EnrollmentCodeId id = {};
  Secret secret = {};
};
// Nothing if `text` does not have the form.
std::optional<PresentedCode> ParseEnrollmentCode(const Secret& text);

struct MintedCode {
  EnrollmentCodeId id = {};
  Secret text = {};  // the whole code, to be shown once
  std::string secret_sha256 = {};
};
MintedCode MintEnrollmentCode();

// Takes the same time whatever the secret.
bool Matches(const EnrollmentCode& code, const Secret& secret);

// What an app must give as its nonce: 32 to 64 of [A-Za-z0-9_-].
bool IsClientNonce(absl::string_view text);

// The key that exchanging a code with this nonce makes: always the same one, so that an exchange
// can be answered again while only the key's hash is stored. Each of the two without the other says
// nothing of it. docs/adr/0017-enrolment-codes.md.
MintedKey DeriveApiKey(const Secret& code_secret, const Secret& nonce);

}  // namespace roomkeeper
