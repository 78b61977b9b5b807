#include "lib/auth/jwt/jws.h"

#include <string>

#include "absl/strings/str_cat.h"

#include "lib/auth/jwt/base64url.h"
#include "lib/auth/jwt/jwks.h"
#include "tests/support/jwt/token_signer.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

using nlohmann::json;

// Whether the set of this key lets the token pass.
bool Verifies(const TokenSigner& signer, const std::string& token) {
  const auto keys = ParseJwks(TokenSigner::Jwks(signer));
  REQUIRE_OK(keys);
  REQUIRE(keys->size() == 1);
  const auto jws = ParseJws(Secret(token));
  return jws.ok() && keys->begin()->second->Verifies(*jws);
}

TEST_CASE("base64url has one text for the bytes, and no other is taken", "[jwt]") {
  CHECK(DecodeBase64Url("") == "");
  CHECK(DecodeBase64Url("Zg") == "f");
  CHECK(DecodeBase64Url("Zm8") == "fo");
  CHECK(DecodeBase64Url("Zm9v") == "foo");
  CHECK(DecodeBase64Url("-_-_") == "\xFB\xFF\xBF");
  for (const char* wrong :
       {"Z", "Zh", "Zm9", "Zg==", "Zm9v=", "+/+/", "Zm 9v", "Zm9v\n", "Zm9v."}) {
    CAPTURE(wrong);
    CHECK_FALSE(DecodeBase64Url(wrong).has_value());
  }
}

TEST_CASE("a token verifies with its issuer's key and not when a bit of it is another", "[jwt]") {
  const TokenSigner signer = GENERATE(0, 1) == 0 ? TokenSigner::Rsa("k1") : TokenSigner::P256("k1");
  const TokenSigner other = TokenSigner::P256("k1");
  const std::string token = signer.Sign({{"sub", "app"}});

  CHECK(Verifies(signer, token));
  CHECK_FALSE(Verifies(other, token));
  for (std::size_t i = 0; i + 1 < token.size(); i += 7) {  // the last one's low bits must be zero
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CAPTURE(i);
    CHECK_FALSE(Verifies(signer, changed));
  }
}

TEST_CASE("an algorithm is taken from our list and must be the key's, whatever the token says",
          "[jwt]") {
  const TokenSigner rsa = TokenSigner::Rsa("k1");
  for (const char* alg : {"none", "HS256", "RS384", "PS256", "ES384", "EdDSA", "rs256", ""}) {
    CAPTURE(alg);
    const std::string header = json{{"alg", alg}, {"kid", "k1"}}.dump();
    CHECK_THAT(StatusOf(ParseJws(Secret(rsa.SignWith(header, "{}")))),
               StatusIs(absl::StatusCode::kInvalidArgument, "RS256 or ES256"));
  }
  // The signature is an RSA one that is right; the token calls it ES256.
  CHECK_FALSE(Verifies(rsa, rsa.SignWith(R"({"alg":"ES256","kid":"k1"})", "{}")));
}

TEST_CASE("what the header may not say is refused", "[jwt]") {
  struct Case {
    const char* header;
    const char* why;
  };
  const auto c = GENERATE(
      Case{R"({"alg":"RS256"})", "kid"}, Case{R"({"alg":"RS256","kid":""})", "kid"},
      Case{R"({"alg":"RS256","kid":7})", "kid"},
      Case{R"({"alg":["RS256"],"kid":"k1"})", "algorithm"}, Case{R"({"kid":"k1"})", "algorithm"},
      Case{R"({"alg":"RS256","kid":"k1","crit":["exp"]})", "crit"},
      Case{R"({"alg":"RS256","kid":"k1","crit":[]})", "crit"},
      Case{R"({"alg":"RS256","kid":"k1","jwk":{"kty":"RSA"}})", "jwk"},
      Case{R"({"alg":"RS256","kid":"k1","jku":"https://evil.example"})", "jku"},
      Case{R"({"alg":"RS256","kid":"k1","x5c":[]})", "x5c"},
      Case{R"({"alg":"RS256","kid":"k1","x5u":"u"})", "x5u"},
      Case{R"({"alg":"RS256","kid":"k1","typ":"id+jwt"})", "typ"},
      Case{R"({"alg":"RS256","kid":"k1","typ":1})", "typ"},
      Case{R"({"alg":"none","alg":"RS256","kid":"k1"})", "plain JSON object"},
      Case{R"(["RS256"])", "plain JSON object"}, Case{R"({"alg":"RS256","kid":"k1"} x)", "plain"},
      Case{R"({"alg":"RS256","kid":"k1","a":{"a":{"a":{"a":{"a":1}}}}})", "plain"},
      Case{"", "plain"});
  CAPTURE(c.header);
  const TokenSigner signer = TokenSigner::P256("k1");

  CHECK_THAT(StatusOf(ParseJws(Secret(signer.SignWith(c.header, "{}")))),
             StatusIs(absl::StatusCode::kInvalidArgument, c.why));
}

TEST_CASE("what is not three parts of bounded length is no token", "[jwt]") {
  const std::string token = TokenSigner::P256("k1").Sign({{"sub", "app"}});
  const auto no_token = StatusIs(absl::StatusCode::kInvalidArgument, "compact form");
  const std::string long_payload = TokenSigner::P256("k1").Sign({{"sub", std::string(8192, 'a')}});
  const std::string unsigned_token = token.substr(0, token.rfind('.') + 1);

  for (const std::string& text :
       {std::string(), std::string("."), std::string(".."), std::string("a.b"), token + ".",
        token + ".e30", token + " ", " " + token, long_payload, unsigned_token}) {
    CAPTURE(text);
    CHECK_THAT(StatusOf(ParseJws(Secret(text))), no_token);
  }
  CHECK_OK(ParseJws(Secret(token)));
}

}  // namespace
}  // namespace roomkeeper::testing
