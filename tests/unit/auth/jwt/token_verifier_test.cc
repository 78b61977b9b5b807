#include "lib/auth/jwt/token_verifier.h"

#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

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

constexpr char kIssuer[] = "https://w.example/oidc";
constexpr char kApp[] = "6d7a9a52-5d6b-4b0c-9a55-2f4f6f2a1c11";
constexpr char kAudience[] = "1001";

class NoLog final : public Log {
 public:
  void Write(LogLevel, absl::string_view, std::initializer_list<LogField>) override {}
};

// Brand acme with install main, whose app is enrolled with tokens of one issuer.
struct World {
  World() {
    Store(CreateBrand{.brand = {.id = BrandId("acme")}});
    Install install{.brand = BrandId("acme"), .id = InstallId("main"), .workspace_id = 1001};
    install.token = {.issuer = kIssuer, .subject = kApp, .audience = kAudience};
    Store(CreateInstall{.install = install});
  }

  template <typename Op>
  void Store(Op op) {
    CommitNotice notice;
    std::vector<WriteOp> ops;
    ops.emplace_back(std::move(op));
    const auto results = engine.Apply(std::move(ops), notice);
    REQUIRE_OK(results[0]);
  }
  void Pin(const TokenPin& pin) {
    Store(SetCallers{.brand = BrandId("acme"), .install = InstallId("main"), .token = pin});
  }

  // An access token of the app, as its workspace issues them, but of a narrow scope.
  json Payload() const {
    const std::int64_t now = absl::ToUnixSeconds(loop.clock().Now());
    return {{"iss", kIssuer},   {"aud", kAudience}, {"sub", kApp},       {"client_id", kApp},
            {"scope", "rooms"}, {"iat", now},       {"exp", now + 3600}, {"jti", "1"}};
  }
  HttpResult Handle(const HttpRequest& request) const {
    if (!issuer_is_up) {
      return FakeHttp::Lost();
    }
    return FakeHttp::Answer(
        200, absl::StrContains(request.url, "/.well-known/")
                 ? json{{"issuer", kIssuer}, {"jwks_uri", absl::StrCat(kIssuer, "/keys")}}.dump()
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
  bool issuer_is_up = true;
  FakeLoop loop;
  FakeHttp http{loop, [this](const HttpRequest& request) { return Handle(request); }};
  NoLog log;
  MemoryEngine engine;
  InlineStore store{engine, loop};
  JwksCache keys{{loop, http, log}, {}};
  TokenVerifier verifier{store, {.apps = &keys}, loop.clock()};
};

json With(json payload, const char* claim, const json& value) {
  if (value.is_null()) {
    payload.erase(claim);
  } else {
    payload[claim] = value;
  }
  return payload;
}

TEST_CASE("a token of an enrolled app makes its install the caller", "[jwt]") {
  World world;

  const auto principal = world.Verify(world.signer.Sign(world.Payload()));

  REQUIRE_OK(principal);
  CHECK(principal->role == Role::kBrand);
  CHECK(principal->brand == BrandId("acme"));
  CHECK(principal->install == InstallId("main"));
  CHECK(principal->Credential() == absl::StrCat("tokens of ", kApp));
}

TEST_CASE("each claim that is not as enrolled is refused with its reason", "[jwt]") {
  struct Case {
    const char* claim;
    json value;
    const char* reason;
  };
  const auto c = GENERATE(values<Case>({
      {"jti", nullptr, "OK"},
      {"aud", json::array({"7", kAudience}), "OK"},
      {"aud", "7", reason::kTokenInvalid},
      {"aud", json::array(), reason::kTokenInvalid},
      {"aud", json::array({1001}), reason::kTokenInvalid},
      {"aud", json{{"1001", "1001"}}, reason::kTokenInvalid},
      {"aud", 1001, reason::kTokenInvalid},
      {"aud", nullptr, reason::kTokenInvalid},
      {"iss", "https://w.example/oidc/", reason::kTokenInvalid},
      {"iss", "https://W.example/oidc", reason::kTokenInvalid},
      {"iss", nullptr, reason::kTokenInvalid},
      {"sub", nullptr, reason::kTokenInvalid},
      {"sub", 7, reason::kTokenInvalid},
      {"sub", "ada@acme.example", reason::kUserTokenRefused},
      {"client_id", nullptr, reason::kUserTokenRefused},
      {"client_id", "another", reason::kUserTokenRefused},
      {"client_id", 7, reason::kTokenInvalid},
      {"scope", "all-apis", reason::kTokenScopeRefused},
      {"scope", "offline_access all-apis", reason::kTokenScopeRefused},
      {"scope", nullptr, reason::kTokenScopeRefused},
      {"scope", "not-all-apis", "OK"},
      {"scope", json::array({"rooms"}), reason::kTokenInvalid},
      {"exp", nullptr, reason::kTokenInvalid},
      {"exp", "4102444800", reason::kTokenInvalid},
      {"exp", 4102444800.5, reason::kTokenInvalid},
      {"exp", -1, reason::kTokenInvalid},
      {"exp", 18446744073709551615ULL, reason::kTokenInvalid},
      {"exp", 0, reason::kTokenExpired},
      {"nbf", "soon", reason::kTokenInvalid},
      {"iat", nullptr, "OK"},
  }));
  CAPTURE(c.claim, c.value.dump());
  World world;
  CHECK(world.ReasonFor(With(world.Payload(), c.claim, c.value)) == c.reason);
}

TEST_CASE("clocks may differ by a minute and no more", "[jwt]") {
  World world;
  const std::int64_t now = absl::ToUnixSeconds(world.loop.clock().Now());
  const json payload = world.Payload();
  CHECK(world.ReasonFor(With(payload, "nbf", now + 60)) == "OK");
  CHECK(world.ReasonFor(With(payload, "nbf", now + 62)) == reason::kTokenInvalid);
  CHECK(world.ReasonFor(With(payload, "iat", now + 60)) == "OK");
  CHECK(world.ReasonFor(With(payload, "iat", now + 62)) == reason::kTokenInvalid);
  CHECK(world.ReasonFor(With(payload, "exp", now - 59)) == "OK");
  CHECK(world.ReasonFor(With(payload, "exp", now - 60)) == reason::kTokenExpired);
}

TEST_CASE("the option of an install lets its all-apis tokens in", "[jwt]") {
  World world;
  world.Pin({.issuer = kIssuer, .subject = kApp, .audience = kAudience, .accept_all_apis = true});
  CHECK(world.ReasonFor(With(world.Payload(), "scope", "all-apis")) == "OK");
  CHECK(world.ReasonFor(With(world.Payload(), "scope", nullptr)) == "OK");
}

TEST_CASE("a pin that is taken back counts at once", "[jwt]") {
  World world;
  REQUIRE(world.ReasonFor(world.Payload()) == "OK");
  world.Pin({});
  CHECK(world.ReasonFor(world.Payload()) == reason::kTokenInvalid);
}

TEST_CASE("what a stranger is told says nothing of who is enrolled", "[jwt]") {
  World world;
  const json payload = world.Payload();
  const TokenSigner stranger = TokenSigner::P256("k1");
  const std::string known = stranger.Sign(payload);
  const std::string unknown_kid = TokenSigner::P256("k2").Sign(payload);
  const std::string unknown =
      stranger.Sign(With(With(payload, "sub", "nobody"), "client_id", "nobody"));

  const absl::Status answer = world.Verify(known).status();
  CHECK(ReasonOf(answer) == reason::kTokenInvalid);
  for (const std::string& token : {unknown_kid, unknown, std::string("a.b.c"), std::string()}) {
    CHECK(world.Verify(token).status() == answer);
  }
}

TEST_CASE("nothing is fetched for whom nobody enrolled, nor for a user", "[jwt]") {
  World world;
  (void)world.ReasonFor(With(world.Payload(), "iss", "https://evil.example"));
  (void)world.ReasonFor(With(world.Payload(), "sub", "ada@acme.example"));
  (void)world.Verify("not.a.token");
  CHECK(world.http.requests.empty());
}

TEST_CASE("without the issuer's keys the caller is asked to come again", "[jwt]") {
  World world;
  world.issuer_is_up = false;

  const auto refused = world.Verify(world.signer.Sign(world.Payload()));

  const auto refusal = FindRefusal(refused.status());
  REQUIRE(refusal.has_value());
  CHECK(refusal->code == absl::StatusCode::kUnavailable);
  CHECK(refusal->reason == reason::kTokenKeysUnavailable);
  CHECK(refusal->retry_after == JwksCache::kRefetch);
}

TEST_CASE("no answer quotes the token", "[jwt]") {
  World world;
  const json payload = With(world.Payload(), "sub", "marked-subject");
  for (const json& variant :
       {payload, With(payload, "client_id", "marked-subject"), With(payload, "exp", 0)}) {
    const std::string token = world.signer.Sign(variant);
    const auto refused = world.Verify(token);
    REQUIRE_FALSE(refused.ok());
    CHECK_FALSE(absl::StrContains(refused.status().ToString(), "marked"));
    CHECK_FALSE(absl::StrContains(refused.status().ToString(), token.substr(0, 16)));
  }
}

}  // namespace
}  // namespace roomkeeper::testing
