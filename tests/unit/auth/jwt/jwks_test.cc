#include "lib/auth/jwt/jwks.h"

#include <string>

#include "tests/support/jwt/token_signer.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

using nlohmann::json;

std::string SetOf(const json& key) {
  return json{{"keys", {key}}}.dump();
}

// A key with one member set to something else; null takes it away.
json With(const TokenSigner& signer, const char* member, const json& value) {
  json key = signer.Jwk();
  if (value.is_null()) {
    key.erase(member);
  } else {
    key[member] = value;
  }
  return key;
}

std::size_t Usable(const json& key) {
  const auto keys = ParseJwks(SetOf(key));
  REQUIRE_OK(keys);
  return keys->size();
}

TEST_CASE("keys that are fit to verify are taken", "[jwt]") {
  const TokenSigner rsa = TokenSigner::Rsa("k1");
  const TokenSigner ec = TokenSigner::P256("k2");

  const auto keys = ParseJwks(TokenSigner::Jwks(rsa, ec));

  REQUIRE_OK(keys);
  CHECK(keys->size() == 2);
  CHECK(keys->contains("k1"));
  CHECK(keys->contains("k2"));
  CHECK(Usable(With(rsa, "alg", nullptr)) == 1);
  CHECK(Usable(With(rsa, "use", nullptr)) == 1);
  CHECK(Usable(With(rsa, "key_ops", json::array({"verify"}))) == 1);
  CHECK(Usable(With(rsa, "x5t", "whatever else there is")) == 1);
}

TEST_CASE("keys for another use, or too weak, or broken are left out", "[jwt]") {
  const TokenSigner rsa = TokenSigner::Rsa("k1");
  const TokenSigner ec = TokenSigner::P256("k2");
  CHECK(Usable(With(rsa, "use", "enc")) == 0);
  CHECK(Usable(With(rsa, "use", 1)) == 0);
  CHECK(Usable(With(rsa, "key_ops", json::array({"encrypt"}))) == 0);
  CHECK(Usable(With(rsa, "key_ops", "verify")) == 0);
  CHECK(Usable(With(rsa, "alg", "PS256")) == 0);
  CHECK(Usable(With(rsa, "alg", "ES256")) == 0);
  CHECK(Usable(With(rsa, "kty", "oct")) == 0);
  CHECK(Usable(With(rsa, "kty", nullptr)) == 0);
  CHECK(Usable(With(rsa, "kid", nullptr)) == 0);
  CHECK(Usable(With(rsa, "kid", std::string(kKidBytesMax + 1, 'k'))) == 0);
  CHECK(Usable(With(rsa, "n", "not base64url!")) == 0);
  CHECK(Usable(With(rsa, "e", Base64Url("\x03"))) == 0);
  CHECK(Usable(With(rsa, "e", nullptr)) == 0);
  CHECK(Usable(With(ec, "alg", "RS256")) == 0);
  CHECK(Usable(With(ec, "crv", nullptr)) == 0);
  CHECK(Usable(With(ec, "crv", "P-384")) == 0);
  CHECK(Usable(With(ec, "x", ec.Jwk()["y"])) == 0);  // off the curve
  CHECK(Usable(With(ec, "y", nullptr)) == 0);
  CHECK(Usable(TokenSigner::Rsa("k3", 1024).Jwk()) == 0);
  CHECK(Usable(TokenSigner::P256("k4", "P-384").Jwk()) == 0);
}

TEST_CASE("a set that cannot be trusted whole is refused whole", "[jwt]") {
  const TokenSigner a = TokenSigner::P256("k1");
  const TokenSigner b = TokenSigner::P256("k1");
  json many = {{"keys", json::array()}};
  for (std::size_t i = 0; i <= kJwksKeysMax; ++i) {
    many["keys"].push_back(json::object());
  }
  const auto refused = [](const std::string& body, const char* why) {
    CHECK_THAT(StatusOf(ParseJwks(body)), StatusIs(absl::StatusCode::kInvalidArgument, why));
  };
  refused(TokenSigner::Jwks(a, b), "a kid twice");
  refused(SetOf(With(a, "d", "AAAA")), "private key");
  refused(many.dump(), "too many keys");
  refused(std::string(kJwksBytesMax + 1, ' '), "too long");
  refused(R"({"keys":[7]})", "not a JSON object");
  refused(R"({"keys":{}})", "list of keys");
  refused(R"({})", "list of keys");
  refused(R"({"keys":[],"keys":[]})", "list of keys");
  refused("<html>", "list of keys");
}

TEST_CASE("a discovery document names its issuer and where the keys are", "[jwt]") {
  const auto found = ParseDiscovery(
      R"({"issuer":"https://w.example/oidc","jwks_uri":"https://w.example/keys","more":["x"]})");
  REQUIRE_OK(found);
  CHECK(found->issuer == "https://w.example/oidc");
  CHECK(found->jwks_uri == "https://w.example/keys");
  for (const char* wrong : {"", "[]", "{}", R"({"issuer":"x"})", R"({"jwks_uri":"x"})",
                            R"({"issuer":1,"jwks_uri":"x"})"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseDiscovery(wrong).ok());
  }
}

}  // namespace
}  // namespace roomkeeper::testing
