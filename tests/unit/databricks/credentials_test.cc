// Several credentials of one principal: rotation without a gap, and which of them is dead.

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/databricks/oauth/token_source.h"
#include "lib/obs/metric_table.h"
#include "tests/support/matchers.h"
#include "tests/unit/databricks/client_fixture.h"
#include "tests/unit/databricks/fake_http.h"

namespace roomkeeper::testing {
namespace {

using State = CredentialStatus::State;

// A workspace that knows which secrets live.
struct Workspace {
  explicit Workspace(std::vector<Credential> credentials)
      : tokens({.loop = loop, .http = http, .log = log, .metrics = metrics, .random = random},
               {.shard = "s1",
                .host = ClientFixture::kHost,
                .client_id = "the-client",
                .credentials = std::move(credentials)}) {}

  HttpResult Handle(const HttpRequest& request) {
    if (request.method == "GET") {
      return FakeHttp::Answer(
          200, absl::StrCat(R"({"token_endpoint":")", ClientFixture::kHost, R"(/oidc/v1/token"})"));
    }
    asked.push_back(request.body);
    if (away) {
      return FakeHttp::Answer(503, "");
    }
    for (const std::string& secret : live) {
      if (HeaderOf(request, "Authorization") ==
              "Basic " + absl::Base64Escape("the-client:" + secret) ||
          absl::StrContains(request.body, "subject_token=" + secret)) {
        return ClientFixture::Token("token-of-" + secret, "3600");
      }
    }
    return FakeHttp::Answer(401, R"({"error":"invalid_client","error_description":"no"})");
  }
  CallFailure Prepare() {
    CallFailure got;
    bool done = tokens.Prepare([&](const CallFailure& failure) {
      got = failure;
      done = true;
    });
    REQUIRE(loop.RunUntil([&] { return done; }));
    return got;
  }
  std::string Bearer() {
    HttpRequest request;
    (void)tokens.Authorize(request);
    return HeaderOf(request, "Authorization");
  }
  std::vector<CredentialStatus> Prove() {
    std::vector<CredentialStatus> got;
    tokens.Prove([&](std::vector<CredentialStatus> all) { got = std::move(all); });
    REQUIRE(loop.RunUntil([&] { return !got.empty(); }));
    return got;
  }
  double Dead(const char* credential) {
    return metrics.Value(metric::kCredentialDead, {"s1", credential});
  }

  std::vector<std::string> live = {};
  bool away = false;
  std::vector<std::string> asked = {};
  FakeLoop loop;
  FakeHttp http{loop, [this](const HttpRequest& request) { return Handle(request); }};
  CapturedLog log;
  Metrics metrics;
  std::mt19937_64 random{42};
  TokenSource tokens;
};

Credential SecretOf(const char* name, const std::string& value) {
  return {.name = name, .read = [value]() -> absl::StatusOr<Secret> {
            if (value.empty()) {
              return absl::NotFoundError("file \"/s\" cannot be read: No such file");
            }
            return Secret(value);
          }};
}

std::vector<Credential> Two(const std::string& first = "a", const std::string& second = "b") {
  return {SecretOf("client_secret", first), SecretOf("client_secret_2", second)};
}

TEST_CASE("a secret that is refused is followed by the other, at once", "[token][credentials]") {
  Workspace t(Two());
  t.live = {"b"};

  CHECK(t.Prepare().error == CallError::kNone);
  CHECK(t.Bearer() == "Bearer token-of-b");
  CHECK(t.asked.size() == 2);
  t.loop.Advance(absl::Seconds(1));
  CHECK(t.Dead("client_secret") == 1);
  CHECK(t.Dead("client_secret_2") == 0);
  CHECK(absl::StrContains(t.log.text, "credential is refused shard=s1 credential=client_secret"));
}

TEST_CASE("a rotation by turns never lacks a token", "[token][credentials]") {
  Workspace t(Two());
  t.live = {"a"};
  REQUIRE(t.Prepare().error == CallError::kNone);
  t.live = {"a", "b"};  // the new one is made
  t.loop.Advance(absl::Minutes(41));
  CHECK(t.Bearer() == "Bearer token-of-a");
  CHECK(t.Dead("client_secret_2") == 0);
  t.live = {"b"};  // the old one is removed
  t.loop.Advance(absl::Minutes(41));

  CHECK(t.Bearer() == "Bearer token-of-b");
  CHECK(t.Dead("client_secret") == 1);
  const int asked = static_cast<int>(t.asked.size());
  t.loop.Advance(absl::Minutes(41));
  CHECK(t.Bearer() == "Bearer token-of-b");
  CHECK(static_cast<int>(t.asked.size()) == asked + 2);  // first the one that works, then a proof
  t.live = {"a"};  // … and the first slot is written anew, with a secret that lives
  t.loop.Advance(absl::Minutes(41));
  CHECK(t.Bearer() == "Bearer token-of-a");
}

TEST_CASE("a second secret that is dead is told before it is needed", "[token][credentials]") {
  Workspace t(Two());
  t.live = {"a"};

  REQUIRE(t.Prepare().error == CallError::kNone);
  t.loop.Advance(absl::Seconds(1));

  CHECK(t.Bearer() == "Bearer token-of-a");
  CHECK(t.Dead("client_secret") == 0);
  CHECK(t.Dead("client_secret_2") == 1);
}

TEST_CASE("when no credential works, each is named", "[token][credentials]") {
  Workspace t(Two("a", ""));

  const CallFailure failure = t.Prepare();

  CHECK(failure.error == CallError::kUnauthenticated);
  CHECK_THAT(failure.message, Catch::Contains("client_secret: the token request was refused"));
  CHECK_THAT(failure.message, Catch::Contains("client_secret_2: file \"/s\" cannot be read"));
  CHECK(t.Dead("client_secret") == 1);
  CHECK(t.Dead("client_secret_2") == 0);  // there is none
}

TEST_CASE("an outage condemns no credential", "[token][credentials]") {
  Workspace t(Two());
  t.live = {"a", "b"};
  REQUIRE(t.Prepare().error == CallError::kNone);
  t.loop.Advance(absl::Seconds(1));
  t.away = true;

  const auto all = t.Prove();

  REQUIRE(all.size() == 2);
  CHECK(all[0].state == State::kAccepted);  // as when it was last answered
  CHECK_THAT(all[0].message, Catch::Contains("503"));
  CHECK(t.Dead("client_secret") == 0);
}

TEST_CASE("a proof tries each credential now and says which is in use", "[token][credentials]") {
  Workspace t({SecretOf("client_secret", "a"), SecretOf("client_secret_2", "b"),
               SecretOf("client_secret_3", "")});
  t.live = {"b"};

  const auto all = t.Prove();

  REQUIRE(all.size() == 3);
  CHECK(all[0].state == State::kRefused);
  CHECK_THAT(all[0].message, Catch::Contains("invalid_client"));
  CHECK(all[0].refused_at.has_value());
  CHECK(all[1].state == State::kAccepted);
  CHECK(all[1].in_use);
  CHECK(all[1].accepted_at.has_value());
  CHECK(all[2].state == State::kAbsent);
  CHECK_FALSE(absl::StrContains(t.log.text, "token-of"));
}

TEST_CASE("a secret that was mended is used at once after a proof", "[token][credentials]") {
  Workspace t({SecretOf("client_secret", "a")});
  REQUIRE(t.Prepare().error == CallError::kUnauthenticated);
  t.live = {"a"};

  CHECK(t.Prove()[0].state == State::kAccepted);

  CHECK(t.Prepare().error == CallError::kNone);  // else it would wait for half a minute
}

std::string Jwt(const std::string& payload) {
  return absl::StrCat("eyJhbGciOiJSUzI1NiJ9.", absl::WebSafeBase64Escape(payload), ".c2ln");
}

TEST_CASE("a federation token is exchanged, without a Databricks secret", "[token][credentials]") {
  const std::string jwt = Jwt(R"({"iss":"https://idp","exp":4102444800})");
  Credential federation = SecretOf("federation_token", jwt);
  federation.kind = Credential::Kind::kFederationToken;
  Workspace t({federation});
  t.live = {jwt};

  REQUIRE(t.Prepare().error == CallError::kNone);

  CHECK(t.asked.back() ==
        absl::StrCat(
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"
            "&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt&scope=all-apis"
            "&client_id=the-client&subject_token=",
            jwt));
  CHECK(HeaderOf(t.http.requests.back(), "Authorization").empty());
  CHECK(t.http.requests.back().secret_body);
  CHECK(t.Prove()[0].expires_at == absl::FromUnixSeconds(4102444800));
}

TEST_CASE("what is no JWT is not sent as a federation token", "[token][credentials]") {
  const std::string wrong =
      GENERATE(as<std::string>(), "dose-secret", "a.b", "a.b.c.d", Jwt("not json"), Jwt("[]"),
               Jwt(R"({"exp":1})") + "&scope=x", ".e30.c2ln", "a.e30.");
  CAPTURE(wrong);
  Credential federation = SecretOf("federation_token", wrong);
  federation.kind = Credential::Kind::kFederationToken;
  Workspace t({federation});

  CHECK(t.Prepare().error == CallError::kUnauthenticated);

  CHECK(t.asked.empty());
  CHECK(t.Prove()[0].state == State::kUnreadable);
  CHECK_THAT(t.Prove()[0].message, Catch::Contains("does not hold a JWT"));
}

}  // namespace
}  // namespace roomkeeper::testing
