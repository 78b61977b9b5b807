// Tokens that callers and issuers present.

#include "lib/auth/api_key.h"
#include "lib/auth/jwt/jwks.h"
#include "lib/auth/jwt/jws.h"
#include "lib/auth/jwt/operator_claims.h"
#include "lib/commands/page_token.h"
#include "lib/databricks/wire/token_json.h"
#include "tests/fuzz/fuzz.h"

namespace roomkeeper::testing {
namespace {

void ReadJws(const std::string& text) {
  const auto jws = ParseJws(Secret(text));
  if (jws.ok()) {
    Require(text.size() <= kTokenBytesMax && jws->kid.size() <= kKidBytesMax);
    Require(text.rfind(jws->signing_input.Reveal(), 0) == 0);
  }
}

// The JSON texts in a token. Claims that nobody issued make an operator only if they hold all that
// is asked of them.
void ReadTokenJson(const std::string& text) {
  (void)ParseJwsHeader(text);
  static const OperatorTokensConfig rules = {.issuer = "https://idp.example",
                                             .audience = "rk",
                                             .clients = {"cli"},
                                             .roles_claim = "groups",
                                             .admins = {"a"},
                                             .operators = {"o"},
                                             .viewers = {"v"}};
  const auto claims = ParseClaims(Secret(text), rules.roles_claim);
  if (!claims.ok()) {
    return;
  }
  const auto principal = JudgeOperator(*claims, rules, absl::FromUnixSeconds(1'800'000'000));
  if (principal.ok()) {
    Require(IsOperator(principal->role) && principal->brand.empty() && !claims->roles.empty());
    Require(claims->issuer == rules.issuer && !claims->audiences.empty());
    Require(claims->expires_at - *claims->issued_at <= rules.lifetime_max);
    Require(principal->identity.find('\n') == std::string::npos);
  }
}

void ReadJwks(const std::string& text) {
  const auto keys = ParseJwks(text);
  if (keys.ok()) {
    Require(text.size() <= kJwksBytesMax && keys->size() <= kJwksKeysMax);
    // Any key that was let in can be used, and verifies nothing made up.
    for (const auto& [kid, key] : *keys) {
      Require(!kid.empty() && key != nullptr);
    }
  }
}

void ReadDiscovery(const std::string& text) {
  (void)ParseDiscovery(text);
}

// Nobody makes up a page token, and another query's is none.
void ReadPageToken(const std::string& text) {
  static const Secret key("a key that nobody has guessed yet");
  const auto position = ParsePageToken(key, "the query", text);
  Require(!position.ok() || (*position == 0) == text.empty());
  if (position.ok() && *position != 0) {
    Require(MakePageToken(key, "the query", *position) == text);
    Require(!ParsePageToken(key, "another query", text).ok());
  }
}

void ReadApiKey(const std::string& text) {
  (void)ParseApiKey(text);
}

void ReadJwtEnd(const std::string& text) {
  (void)wire::ReadJwtExpiry(Secret(text));
}

void ReadAccessToken(const std::string& text) {
  std::string body = text;
  const auto token = wire::ParseToken(body);
  Require(!token.ok() || token->lifetime > absl::ZeroDuration());
}

constexpr Reader kReaders[] = {ReadJws,       ReadTokenJson, ReadJwks,   ReadDiscovery,
                               ReadPageToken, ReadApiKey,    ReadJwtEnd, ReadAccessToken};

}  // namespace
}  // namespace roomkeeper::testing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return roomkeeper::testing::ReadWith(roomkeeper::testing::kReaders, data, size);
}
