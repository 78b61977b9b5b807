#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "lib/auth/jwt/token_verifier.h"
#include "lib/config/config.h"
#include "lib/http/curl_client.h"
#include "lib/io/event_loop.h"
#include "lib/obs/log.h"

namespace roomkeeper {

// What verifies the tokens that the configuration lets in: of brands' apps, of operators. Each has
// connections and keys of its own: an issuer of a brand that hangs holds up no call of the platform
// and no operator.
class TokenParts {
 public:
  // All outlive it.
  struct Ports {
    EventLoop& loop;
    Log& log;
    BrandStore& brands;
    const Clock& clock;
  };
  // kInternal if libcurl cannot be set up.
  static absl::StatusOr<std::unique_ptr<TokenParts>> Make(const AuthConfig& config, Ports ports);

  // Null: no tokens are taken. Not to be used any more when the parts go; the loop has ended then.
  TokenVerifier* verifier() { return verifier_.get(); }

 private:
  struct Issuers {
    std::unique_ptr<CurlClient> http = nullptr;
    std::unique_ptr<JwksCache> keys = nullptr;
  };
  TokenParts() = default;
  static absl::Status Open(const Ports& ports, JwksCache::Places places, Issuers& issuers);

  Issuers apps_;
  Issuers operators_;
  std::unique_ptr<TokenVerifier> verifier_;
};

}  // namespace roomkeeper
