#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "lib/crypto/digest.h"
#include "tests/simulator/sim_fixture.h"
#include "tests/simulator/verify_rs256.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

Answer AskToken(SimFixture& sim, const std::string& authorization, const std::string& body) {
  sim::SimRequest request;
  request.workspace = "provider";
  request.method = "POST";
  request.target = "/oidc/v1/token";
  if (!authorization.empty()) {
    request.headers.emplace_back("authorization", authorization);
  }
  request.body = body;
  return sim.Raw(request);
}

std::string Basic(const std::string& id, const std::string& secret) {
  return "Basic " + absl::Base64Escape(absl::StrCat(id, ":", secret));
}

Json Part(const std::string& jwt, std::size_t index) {
  const std::vector<std::string> parts = absl::StrSplit(jwt, '.');
  std::string text;
  REQUIRE(absl::WebSafeBase64Unescape(parts.at(index), &text));
  return Json::parse(text);
}

sim::SimConfig JwtConfig() {
  sim::SimConfig config = SimFixture::DefaultConfig();
  config.knobs["token_format"] = "jwt";
  return config;
}

TEST_CASE("row 42: discovery names the token endpoint of the host that was called") {
  SimFixture sim;

  const Json found = sim.Get("", "/oidc/.well-known/oauth-authorization-server").body;

  CHECK(found["token_endpoint"] == "http://provider.sim/oidc/v1/token");
  CHECK(found["issuer"] == "http://provider.sim/oidc");
  CHECK(found["jwks_uri"] == "http://provider.sim/oidc/jwks.json");
}

TEST_CASE("row 42: credentials come by Basic or in the form; expires_in is a number or a string") {
  SimFixture sim;
  const sim::Principal& me = sim.Who("roomkeeper");
  const std::string grant = "grant_type=client_credentials&scope=all-apis";

  const Answer basic = AskToken(sim, Basic(me.client_id, me.client_secret), grant);
  const Answer form = AskToken(
      sim, "",
      absl::StrCat(grant, "&client_id=", me.client_id, "&client_secret=", me.client_secret));
  sim.Set("expires_in", "string");
  const Answer text = AskToken(sim, Basic(me.client_id, me.client_secret), grant);

  CHECK(basic.status == 200);
  CHECK(basic.body["token_type"] == "Bearer");
  CHECK(basic.body["scope"] == "all-apis");
  CHECK(basic.body["expires_in"] == 3600);
  CHECK(form.status == 200);
  CHECK(text.body["expires_in"] == "3600");
}

TEST_CASE("row 42: a wrong secret is 401 invalid_client, another grant is refused") {
  SimFixture sim;
  const sim::Principal& me = sim.Who("roomkeeper");

  const Answer wrong =
      AskToken(sim, Basic(me.client_id, "dose-wrong"), "grant_type=client_credentials");
  const Answer grant = AskToken(sim, Basic(me.client_id, me.client_secret), "grant_type=password");
  const Answer none = AskToken(sim, Basic(me.client_id, me.client_secret), "");

  CHECK(wrong.status == 401);
  CHECK(wrong.body["error"] == "invalid_client");
  CHECK(grant.body["error"] == "unsupported_grant_type");
  CHECK(none.body["error"] == "invalid_request");
}

TEST_CASE("row 42: up to five secrets are live at once and can be taken away") {
  SimFixture sim;
  const sim::Principal& me = sim.Who("roomkeeper");
  const Json named = {{"workspace", "provider"}, {"principal", "roomkeeper"}};
  Json add = named;
  add["action"] = "add_secret";
  Json second;
  for (int i = 0; i < 4; ++i) {
    second = sim.Control(add);
  }
  CHECK_THAT(StatusOf(sim.simulator->Control(add.dump())),
             StatusIs(absl::StatusCode::kFailedPrecondition, "at most 5"));
  Json remove = named;
  remove["action"] = "remove_secret";
  remove["secret"] = me.client_secret;
  sim.Control(remove);

  const std::string grant = "grant_type=client_credentials";
  CHECK(AskToken(sim, Basic(me.client_id, me.client_secret), grant).status == 401);
  CHECK(AskToken(sim, Basic(me.client_id, second["secret"]), grant).status == 200);
}

TEST_CASE("a token of another workspace is exchanged for one that a federation policy trusts") {
  SimFixture sim;
  sim.Set("token_format", "jwt");
  const sim::Principal& me = sim.Who("roomkeeper");
  const Json mine =
      AskToken(sim, Basic(me.client_id, me.client_secret), "grant_type=client_credentials").body;
  const std::string jwt = mine["access_token"];
  std::string payload;
  const std::vector<std::string> parts = absl::StrSplit(jwt, '.');
  REQUIRE(absl::WebSafeBase64Unescape(parts[1], &payload));
  const std::string issuer = Json::parse(payload)["iss"];
  const auto exchange = [&](const std::string& client_id, const std::string& token) {
    return AskToken(sim, "",
                    absl::StrCat("grant_type=urn:ietf:params:oauth:grant-type:token-exchange"
                                 "&subject_token_type=urn:ietf:params:oauth:token-type:jwt"
                                 "&scope=all-apis&client_id=",
                                 client_id, "&subject_token=", token));
  };
  CHECK(exchange(me.client_id, jwt).body["error"] == "invalid_grant");

  Json policy = {{"action", "add_federation_policy"},
                 {"workspace", "provider"},
                 {"principal", "roomkeeper"},
                 {"issuer", issuer},
                 {"subject", "somebody else"}};
  sim.Control(policy);
  CHECK(exchange(me.client_id, jwt).status == 400);
  policy["subject"] = me.client_id;
  policy["audience"] = "another";
  sim.Control(policy);
  CHECK(exchange(me.client_id, jwt).status == 400);
  policy.erase("audience");
  sim.Control(policy);
  CHECK(exchange(me.client_id, jwt).status == 200);
  CHECK(exchange("nobody", jwt).status == 400);
  CHECK(exchange(me.client_id, jwt + "x").status == 400);
}

TEST_CASE("row 42: an admin rotates the secrets of a service principal by API") {
  SimFixture sim;
  const std::string root = "root@provider.example";
  const std::string id =
      sim.Get("roomkeeper", "/api/2.0/preview/scim/v2/Me").body["id"].get<std::string>();
  const std::string path =
      absl::StrCat("/api/2.0/accounts/servicePrincipals/", id, "/credentials/secrets");

  CHECK(sim.Call("roomkeeper", "POST", path, Json::object()).status == 403);
  const Answer made = sim.Call(root, "POST", path, {{"lifetime", "60s"}});
  REQUIRE(made.body.contains("secret"));
  CHECK(sim.Get(root, path).body["secrets"].size() == 2);
  CHECK_FALSE(sim.Get(root, path).body["secrets"][1].contains("secret"));
  const std::string login = Basic(sim.Who("roomkeeper").client_id, made.body["secret"]);
  CHECK(AskToken(sim, login, "grant_type=client_credentials").status == 200);
  sim.clock.Advance(absl::Seconds(60));
  CHECK(AskToken(sim, login, "grant_type=client_credentials").status == 401);
  CHECK(sim.Call(root, "DELETE", absl::StrCat(path, "/", made.body["id"].get<std::string>()))
            .status == 200);
}

TEST_CASE(
    "row 42: a principal that manages itself sees its own secrets, by hash and not by value") {
  sim::SimConfig config = SimFixture::DefaultConfig();
  for (sim::Principal& principal : config.workspaces[0].principals) {
    principal.secrets_manager = true;
  }
  SimFixture sim(config);
  const auto path = [&](const char* who) {
    const std::string id = sim.Get(who, "/api/2.0/preview/scim/v2/Me").body["id"];
    return absl::StrCat("/api/2.0/accounts/servicePrincipals/", id, "/credentials/secrets");
  };
  const auto hash = [&] {
    return sim.Get("roomkeeper", path("roomkeeper")).body["secrets"][0]["secret_hash"];
  };
  const std::string plain = hash();
  CHECK(plain == Sha256Hex(sim.Who("roomkeeper").client_secret));
  sim.Set("secret_hash", "opaque");
  CHECK(hash() != plain);
  CHECK(sim.Get("roomkeeper", path("app")).status == 403);
}

TEST_CASE("row 43: an expired token is refused in one of the shapes seen") {
  const std::string shape = GENERATE("401", "403", "400");
  CAPTURE(shape);
  SimFixture sim;
  sim.Set("expired_token", shape);
  sim.clock.Advance(absl::Hours(1) - absl::Seconds(1));
  CHECK(sim.Get("roomkeeper", kRooms).status == 200);
  sim.clock.Advance(absl::Seconds(1));

  const Answer answer = sim.Get("roomkeeper", kRooms);

  CHECK(absl::StrCat(answer.status) == shape);
  if (shape == "403") {
    CHECK(answer.body["error_code"] == 403);
    CHECK(answer.message() == "Invalid access token.");
    CHECK(answer.header("X-Databricks-Reason-Phrase") == "Invalid access token.");
  }
  if (shape == "400") {
    CHECK_THAT(answer.message(), Catch::Contains("ExpiredJwt"));
  }
}

TEST_CASE("row 43: tokens may be refused thirty seconds early, or be expired by hand") {
  SimFixture sim;
  sim.Set("token_margin", "30s");
  sim.clock.Advance(absl::Hours(1) - absl::Seconds(31));
  CHECK(sim.Get("roomkeeper", kRooms).status == 200);
  sim.clock.Advance(absl::Seconds(1));
  CHECK(sim.Get("roomkeeper", kRooms).status == 401);

  sim.tokens["roomkeeper"] = sim.Login("roomkeeper");
  CHECK(sim.Get("roomkeeper", kRooms).status == 200);
  sim.Control({{"action", "expire_tokens"}, {"workspace", "provider"}});
  CHECK(sim.Get("roomkeeper", kRooms).status == 401);
}

TEST_CASE("row 43: no token and a token of another workspace are refused") {
  SimFixture sim;
  CHECK(sim.Get("", kRooms).status == 401);

  sim.tokens["roomkeeper"] = sim.tokens["app"];
  CHECK(sim.Get("roomkeeper", kRooms).status == 401);
}

TEST_CASE("row 44: an access token is a JWT at+jwt, RS256, which the JWKS verifies") {
  SimFixture sim(JwtConfig());
  const std::string jwt = sim.tokens["roomkeeper"];
  const std::string client_id = sim.Who("roomkeeper").client_id;
  const std::int64_t now = absl::ToUnixSeconds(sim.clock.Now());

  const Json header = Part(jwt, 0);
  const Json claims = Part(jwt, 1);
  const Json keys = sim.Get("", "/oidc/jwks.json").body["keys"];

  CHECK(header["alg"] == "RS256");
  CHECK(header["typ"] == "at+jwt");
  REQUIRE(keys.size() == 1);
  CHECK(header["kid"] == keys[0]["kid"]);
  CHECK(header["kid"].get<std::string>().size() == 64);
  CHECK(claims["iss"] == "http://provider.sim/oidc");
  CHECK(claims["aud"] == "9123456789012345");
  CHECK(claims["sub"] == client_id);
  CHECK(claims["client_id"] == client_id);
  CHECK(claims["scope"] == "all-apis");
  CHECK(claims["iat"] == now);
  CHECK(claims["exp"] == now + 3600);
  CHECK(claims["jti"].get<std::string>().size() == 36);
  CHECK(VerifiesRs256(jwt, keys[0]));
  CHECK_FALSE(
      VerifiesRs256(jwt.substr(0, jwt.rfind('.') - 1) + jwt.substr(jwt.rfind('.')), keys[0]));
}

TEST_CASE("row 44: the signing key can be rotated, with the old one published on or not") {
  const bool keep_old = GENERATE(true, false);
  SimFixture sim(JwtConfig());
  const std::string old_jwt = sim.tokens["roomkeeper"];

  const Json rotated = sim.Control({{"action", "rotate_signing_key"}, {"keep_old", keep_old}});

  const Json keys = sim.Get("", "/oidc/jwks.json").body["keys"];
  CHECK(keys.size() == (keep_old ? 2 : 1));
  CHECK(keys.back()["kid"] == rotated["kid"]);
  CHECK(VerifiesRs256(sim.Login("roomkeeper"), keys.back()));
  CHECK_FALSE(VerifiesRs256(old_jwt, keys.back()));
}

TEST_CASE("who am I: a service principal is its application id, a user its e-mail") {
  SimFixture sim;

  const Answer sp = sim.Get("roomkeeper", "/api/2.0/preview/scim/v2/Me");
  const Answer user = sim.Get("admin@brand.example", "/api/2.0/preview/scim/v2/Me");

  CHECK(sp.body["userName"] == sim.Who("roomkeeper").client_id);
  CHECK(sp.body["displayName"] == "roomkeeper");
  CHECK(sp.header("x-databricks-org-id") == "9123456789012345");
  CHECK(user.body["userName"] == "admin@brand.example");
}

}  // namespace
}  // namespace roomkeeper::testing
