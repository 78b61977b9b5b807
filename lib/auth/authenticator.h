#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "lib/auth/jwt/token_verifier.h"
#include "lib/auth/key_verifier.h"
#include "lib/auth/principal.h"
#include "lib/base/secret.h"
#include "lib/store/job_store.h"

namespace roomkeeper {

// What came with a call to say who makes it.
struct Credentials {
  Secret bearer = {};                // of "authorization: Bearer …"; empty: none
  bool ambiguous = false;            // more than one authorization
  std::string certificate_san = {};  // NameOfCertificate of a verified client certificate
};

// The one name that a certificate is known by: "uri:<name>" of its only URI, else "dns:<name>" of
// its only DNS name; empty for one that has neither, or several, so that it is never a question
// which one counts.
std::string NameOfCertificate(const std::vector<std::string>& uris,
                              const std::vector<std::string>& dns_names);

// Who is calling. A bearer alone decides when there is one, and its form says what it is: "rk_…" an
// API key, three parts with dots between them a token. Only a call without one is its certificate's
// (which then must be an install's; else the reason says so). Thread-safe; never blocks. `done` as
// KeyVerifier's and TokenVerifier's, and with CREDENTIALS_AMBIGUOUS, TOKENS_NOT_ENABLED and
// CERTIFICATE_UNKNOWN.
class Authenticator {
 public:
  using Done = std::function<void(absl::StatusOr<Principal>)>;

  // All outlive it. `tokens` null: no tokens are taken.
  Authenticator(KeyVerifier& keys, BrandStore& brands, TokenVerifier* tokens)
      : keys_(keys), brands_(brands), tokens_(tokens) {}

  void Verify(Credentials credentials, Done done);

 private:
  void VerifyCertificate(const std::string& name, Done done);

  KeyVerifier& keys_;
  BrandStore& brands_;
  TokenVerifier* tokens_;
};

}  // namespace roomkeeper
