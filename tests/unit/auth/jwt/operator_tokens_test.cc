// Tokens of the provider's identity provider, with which people are operators.
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/auth/jwt/operator_claims.h"
#include "lib/auth/jwt/token_verifier.h"
#include "lib/model/reasons.h"
#include "lib/model/refusal.h"
#include "lib/store/inline_store.h"
#include "lib/store/memory/memory_engine.h"
#include "tests/support/fake_loop.h"
#include "tests/support/jwt/token_signer.h"
#include "tests/support/matchers.h"
#include "tests/unit/databricks/fake_http.h"

namespace roomkeeper::testing {
namespace {

using nlohmann::json;

constexpr char kIssuer[] = "https://idp.example/tenant/";  // some end so
constexpr char kWorkspace[] = "https://w.example/oidc";

class NoLog final : public Log {
 public:
  void Write(LogLevel, absl::string_view, std::initializer_list<LogField>) override {}
};

OperatorTokensConfig Rules() {
  return {.issuer = kIssuer,
          .audience = "api://roomkeeper",
          .clients = {"cli-1", "cli-2"},
          .roles_claim = "groups",
          .admins = {"room admins"},
          .operators = {"ops", "ops-2"},
          .viewers = {"audit"},
          .lifetime_max = absl::Hours(24)};
}

// Brand acme with an app that may call with tokens of its workspace, and an issuer for operators.
struct World {
  World() {
    Install install{.brand = BrandId("acme"), .id = InstallId("main")};
    install.token = {.issuer = kWorkspace, .subject = "app", .audience = "1001"};
    CommitNotice notice;
    const auto results = engine.Apply(
        {CreateBrand{.brand = {.id = BrandId("acme")}}, CreateInstall{.install = install}}, notice);
    REQUIRE_OK(results[1]);
  }

  json Payload() const {
    const std::int64_t now = absl::ToUnixSeconds(loop.clock().Now());
    return {{"iss", kIssuer},    {"aud", "api://roomkeeper"}, {"sub", "00u1"},
            {"azp", "cli-1"},    {"groups", {"x", "ops"}},    {"iat", now},
            {"exp", now + 3600}, {"email", "ada@x.example"}};
  }
  HttpResult Handle(const HttpRequest& request) const {
    if (!issuer_is_up) {
      return FakeHttp::Lost();
    }
    return FakeHttp::Answer(200, absl::StrContains(request.url, "/.well-known/")
                                     ? json{{"issuer", kIssuer}, {"jwks_uri", jwks_uri}}.dump()
                                     : TokenSigner::Jwks(signer));
  }
  absl::StatusOr<Principal> Verify(const std::string& token) {
    std::optional<absl::StatusOr<Principal>> answer;
    verifier.Verify(Secret(token), [&](absl::StatusOr<Principal> got) { answer = std::move(got); });
    loop.RunUntil([&] { return answer.has_value(); }, absl::Minutes(5));
    REQUIRE(answer.has_value());
    return *std::move(answer);
  }
  std::string ReasonFor(const json& payload) {
    const absl::StatusOr<Principal> got = Verify(signer.Sign(payload));
    return got.ok() ? "OK" : ReasonOf(got.status());
  }

  TokenSigner signer = TokenSigner::P256("k1");
  std::string jwks_uri = "https://idp.example/keys";
  bool issuer_is_up = true;
  FakeLoop loop;
  FakeHttp http{loop, [this](const HttpRequest& request) { return Handle(request); }};
  NoLog log;
  MemoryEngine engine;
  InlineStore store{engine, loop};
  JwksCache app_keys{{loop, http, log}, {}};
  JwksCache keys{{loop, http, log}, {.ca_file = "/etc/idp.pem", .key_hosts = {"keys.example"}}};
  TokenVerifier verifier{
      store, {.apps = &app_keys, .operators = &keys, .operator_rules = Rules()}, loop.clock()};
};

json With(json payload, const char* claim, const json& value) {
  if (value.is_null()) {
    payload.erase(claim);
  } else {
    payload[claim] = value;
  }
  return payload;
}

TEST_CASE(
    "a token of the operators' issuer makes the person an operator, with what the issuer says",
    "[jwt]") {
  World world;

  const auto principal = world.Verify(world.signer.Sign(world.Payload()));

  REQUIRE_OK(principal);
  CHECK(principal->role == Role::kOperator);
  CHECK(principal->brand.empty());
  CHECK(principal->Credential() ==
        "tokens of 00u1 by https://idp.example/tenant/ (claimed to be ada@x.example)");
  REQUIRE(world.http.requests.size() == 2);
  CHECK(world.http.requests[0].url ==
        "https://idp.example/tenant/.well-known/oauth-authorization-server");
  CHECK(world.http.requests[0].ca_file == "/etc/idp.pem");
}

TEST_CASE("the highest role of those that the claim gives counts, and only whole values do",
          "[jwt]") {
  struct Case {
    json groups;
    std::optional<Role> role;
  };
  const auto c = GENERATE(values<Case>({
      {"audit", Role::kViewer},
      {"ops", Role::kOperator},
      {"room admins", Role::kAdmin},
      {{"audit", "ops-2"}, Role::kOperator},
      {{"audit", "room admins", "ops"}, Role::kAdmin},
      {json::array({"x", "audit"}), Role::kViewer},
      {"Ops", std::nullopt},
      {"ops ", std::nullopt},
      {"audit ops", std::nullopt},
      {"admin", std::nullopt},
      {"", std::nullopt},
      {json::array(), std::nullopt},
      {nullptr, std::nullopt},
      {json::array({"room admins", 7}), std::nullopt},
      {json::array({json::array({"ops"})}), std::nullopt},
      {json{{"a", "ops"}}, std::nullopt},
      {true, std::nullopt},
  }));
  CAPTURE(c.groups.dump());
  World world;

  const auto principal = world.Verify(world.signer.Sign(With(world.Payload(), "groups", c.groups)));

  if (c.role) {
    REQUIRE_OK(principal);
    CHECK(principal->role == *c.role);
  } else {
    CHECK(ReasonOf(principal.status()) == reason::kTokenRoleMissing);
    CHECK(principal.status().code() == absl::StatusCode::kPermissionDenied);
  }
}

TEST_CASE("who has no role is told what to do, not which roles there are", "[jwt]") {
  World world;
  const auto refused =
      world.Verify(world.signer.Sign(With(world.Payload(), "groups", {"marked-group"})));

  const auto refusal = FindRefusal(refused.status());
  REQUIRE(refusal.has_value());
  CHECK(absl::StrContains(refusal->message, "claim \"groups\""));
  CHECK(absl::StrContains(refusal->message, "auth.operator_tokens"));
  for (const char* secret : {"room admins", "ops", "audit", "marked-group"}) {
    CHECK_FALSE(absl::StrContains(refusal->message, secret));
  }
  CHECK(refusal->metadata.at("identity") ==
        "tokens of 00u1 by https://idp.example/tenant/ (claimed to be ada@x.example)");
}

TEST_CASE("each claim of an operator's token that is not as configured is refused", "[jwt]") {
  struct Case {
    const char* claim;
    json value;
    const char* reason;
  };
  const auto c = GENERATE(values<Case>({
      {"aud", json::array({"other", "api://roomkeeper"}), "OK"},
      {"aud", "api://other", reason::kTokenInvalid},
      {"aud", nullptr, reason::kTokenInvalid},
      {"azp", "cli-2", "OK"},
      {"azp", "cli-3", reason::kTokenInvalid},
      {"azp", nullptr, reason::kTokenInvalid},
      {"azp", 7, reason::kTokenInvalid},
      {"client_id", "cli-1", "OK"},
      {"client_id", "cli-3", reason::kTokenInvalid},  // beside a right azp
      {"client_id", "00u1", reason::kTokenInvalid},
      {"sub", "a b", reason::kTokenInvalid},
      {"sub", "a\nb", reason::kTokenInvalid},
      {"sub", "", reason::kTokenInvalid},
      {"sub", std::string(256, 'a'), reason::kTokenInvalid},
      {"sub", std::string(255, 'a'), "OK"},
      {"sub", nullptr, reason::kTokenInvalid},
      {"exp", nullptr, reason::kTokenInvalid},
      {"exp", 0, reason::kTokenExpired},
      {"iat", nullptr, reason::kTokenInvalid},
      {"scope", "all-apis", "OK"},
      {"email", 7, "OK"},
      // Another issuer's, if only by a character: a brand's, and nobody's.
      {"iss", "https://idp.example/tenant", reason::kUserTokenRefused},
      {"iss", "https://IDP.example/tenant/", reason::kUserTokenRefused},
  }));
  CAPTURE(c.claim, c.value.dump());
  World world;
  CHECK(world.ReasonFor(With(world.Payload(), c.claim, c.value)) == c.reason);
}

TEST_CASE("an operator's token is good for a day at most, and clocks may differ by a minute",
          "[jwt]") {
  World world;
  const std::int64_t now = absl::ToUnixSeconds(world.loop.clock().Now());
  const json payload = world.Payload();
  CHECK(world.ReasonFor(With(payload, "exp", now + 86400)) == "OK");
  CHECK(world.ReasonFor(With(payload, "exp", now + 86401)) == reason::kTokenInvalid);
  CHECK(world.ReasonFor(With(payload, "iat", now + 60)) == "OK");
  CHECK(world.ReasonFor(With(payload, "iat", now + 62)) == reason::kTokenInvalid);
  CHECK(world.ReasonFor(With(payload, "nbf", now + 62)) == reason::kTokenInvalid);
  CHECK(world.ReasonFor(With(payload, "exp", now - 59)) == "OK");
  CHECK(world.ReasonFor(With(payload, "exp", now - 60)) == reason::kTokenExpired);
}

TEST_CASE("a person is shown as the issuer claims, if the text can stand in a line", "[jwt]") {
  World world;
  const auto identity = [&](const json& payload) {
    const auto principal = world.Verify(world.signer.Sign(payload));
    return principal.ok() ? principal->Credential() : principal.status().ToString();
  };
  const std::string plain = "tokens of 00u1 by https://idp.example/tenant/";
  json payload = With(world.Payload(), "preferred_username", "ada");
  CHECK(identity(payload) == plain + " (claimed to be ada@x.example)");
  payload.erase("email");
  CHECK(identity(payload) == plain + " (claimed to be ada)");
  for (const char* odd : {"a b", "a\nb", "a)", ""}) {
    CHECK(identity(With(payload, "preferred_username", odd)) == plain);
  }
}

TEST_CASE("a key that the operators' issuer did not publish proves nothing, whoever is named",
          "[jwt]") {
  World world;
  const absl::Status forged = world.Verify(TokenSigner::P256("k1").Sign(world.Payload())).status();
  CHECK(forged == TokenInvalid());
  CHECK(world.Verify(TokenSigner::P256("k2").Sign(world.Payload())).status() == forged);
  CHECK(world.Verify(world.signer.SignWith(R"({"alg":"none","kid":"k1"})", world.Payload().dump()))
            .status() == forged);
}

TEST_CASE("a new key of the operators' issuer is taken when a token names it", "[jwt]") {
  World world;
  REQUIRE(world.ReasonFor(world.Payload()) == "OK");
  const std::string old = world.signer.Sign(world.Payload());
  world.signer = TokenSigner::Rsa("k2");
  world.loop.Advance(JwksCache::kRefetch);

  CHECK(world.ReasonFor(world.Payload()) == "OK");
  CHECK(world.Verify(old).status() == TokenInvalid());
}

TEST_CASE("without the keys of the operators' issuer the caller is asked to come again", "[jwt]") {
  World world;
  world.issuer_is_up = false;
  const auto refusal = FindRefusal(world.Verify(world.signer.Sign(world.Payload())).status());
  REQUIRE(refusal.has_value());
  CHECK(refusal->code == absl::StatusCode::kUnavailable);
  CHECK(refusal->reason == reason::kTokenKeysUnavailable);
  CHECK(absl::StrContains(refusal->message, "API key"));
}

TEST_CASE("keys of operators' tokens lie at their issuer, or at the one host that is configured",
          "[jwt]") {
  struct Case {
    const char* jwks_uri;
    const char* reason;
  };
  const auto c = GENERATE(values<Case>({
      {"https://keys.example/jwks", "OK"},
      {"https://idp.example/jwks", "OK"},
      {"https://keys.example:8443/jwks", reason::kTokenKeysUnavailable},
      {"https://a.keys.example/jwks", reason::kTokenKeysUnavailable},
      {"https://regional.cloud.databricks.com/jwks", reason::kTokenKeysUnavailable},
      {"http://keys.example/jwks", reason::kTokenKeysUnavailable},
  }));
  CAPTURE(c.jwks_uri);
  World world;
  world.jwks_uri = c.jwks_uri;
  CHECK(world.ReasonFor(world.Payload()) == c.reason);
}

TEST_CASE("an app's token never makes an operator, nor an operator's an app", "[jwt]") {
  World world;
  json app = world.Payload();
  app["iss"] = kWorkspace;
  app["sub"] = "app";
  app["client_id"] = "app";
  app["aud"] = {"1001", "api://roomkeeper"};
  app["scope"] = "rooms";
  // Its keys are asked of its own issuer, which is not there: the fake one says it is another.
  CHECK(world.ReasonFor(app) == reason::kTokenKeysUnavailable);

  json person = world.Payload();
  person["sub"] = "app";
  person["azp"] = "cli-1";
  const auto principal = world.Verify(world.signer.Sign(person));
  REQUIRE_OK(principal);
  CHECK(principal->role == Role::kOperator);
  CHECK(principal->install.empty());
}

TEST_CASE("a server that takes tokens of operators only says so to others", "[jwt]") {
  World world;
  TokenVerifier only{
      world.store, {.operators = &world.keys, .operator_rules = Rules()}, world.loop.clock()};
  absl::Status answer;
  only.Verify(Secret(world.signer.Sign(With(world.Payload(), "iss", kWorkspace))),
              [&](const absl::StatusOr<Principal>& got) { answer = got.status(); });
  CHECK(ReasonOf(answer) == reason::kTokensNotEnabled);
  CHECK(world.http.requests.empty());
}

}  // namespace
}  // namespace roomkeeper::testing
