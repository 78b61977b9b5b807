#include "lib/databricks/oauth/token_source.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"

#include "lib/obs/metric_table.h"
#include "tests/support/matchers.h"
#include "tests/unit/databricks/client_fixture.h"

namespace roomkeeper::testing {
namespace {

TEST_CASE("a token is asked for by client credentials with Basic, once, and used by every call",
          "[token]") {
  ClientFixture t;
  int answered = 0;
  for (int i = 0; i < 5; ++i) {
    t.rest.Send({.route = "GET /x", .target = "/x"}, [&](const RestAnswer& answer) {
      CHECK(answer.ok());
      ++answered;
    });
  }
  REQUIRE(t.loop.RunUntil([&] { return answered == 5; }));

  CHECK(t.token_requests == 1);
  REQUIRE(t.http.requests.size() == 7);
  const HttpRequest& exchange = t.http.requests[1];
  CHECK(exchange.method == "POST");
  CHECK(exchange.body == "grant_type=client_credentials&scope=all-apis");
  CHECK(HeaderOf(exchange, "Content-Type") == "application/x-www-form-urlencoded");
  CHECK(HeaderOf(exchange, "Authorization") ==
        "Basic " + absl::Base64Escape("the-client:dose-the-secret"));
  CHECK(HeaderOf(t.http.requests[2], "Authorization") == "Bearer token-1");
}

TEST_CASE("expires_in may be a number or a string", "[token]") {
  ClientFixture t;
  const std::string expires_in = GENERATE("3600", "\"3600\"");
  t.on_token = [&] { return ClientFixture::Token("t", expires_in); };

  CHECK(t.Get().ok());
  t.loop.Advance(absl::Minutes(29));
  CHECK(t.Get().ok());

  CHECK(t.token_requests == 1);
}

TEST_CASE("a token is renewed in the background and the old one serves meanwhile", "[token]") {
  ClientFixture t;
  REQUIRE(t.Get().ok());
  t.on_token = [] { return FakeHttp::Answer(503, ""); };

  t.loop.Advance(absl::Minutes(58));  // 20 minutes before the end the renewals began, in vain
  CHECK(t.token_requests > 2);
  CHECK(t.Get().ok());
  CHECK(HeaderOf(t.http.requests.back(), "Authorization") == "Bearer token-1");

  t.on_token = [&] { return ClientFixture::Token("fresh", "3600"); };
  t.loop.Advance(absl::Minutes(3));
  CHECK(t.Get().ok());
  CHECK(HeaderOf(t.http.requests.back(), "Authorization") == "Bearer fresh");
}

TEST_CASE("a token is not used in its last minute", "[token]") {
  ClientFixture t;
  REQUIRE(t.Get().ok());
  t.on_token = [] { return FakeHttp::Lost(); };
  t.loop.Advance(absl::Minutes(59) + absl::Seconds(1));

  const RestAnswer answer = t.Get();

  CHECK(answer.failure.error == CallError::kUnavailable);
  CHECK(t.api_requests == 1);
}

TEST_CASE("refused credentials are an operator's matter and are not asked about in a loop",
          "[token]") {
  ClientFixture t;
  t.on_token = [] {
    return FakeHttp::Answer(
        401, R"({"error":"invalid_client","error_description":"Client authentication failed"})");
  };

  for (int i = 0; i < 5; ++i) {
    const RestAnswer answer = t.Get();
    CHECK(answer.failure.error == CallError::kUnauthenticated);
    CHECK(absl::StrContains(answer.failure.message, "Client authentication failed"));
  }
  CHECK(t.token_requests == 1);
  CHECK(t.metrics.Value(metric::kTokenFailures, {"s1", "invalid_client"}) == 1);

  t.on_token = [] { return ClientFixture::Token("t", "3600"); };  // the secret was rotated
  t.loop.Advance(absl::Seconds(31));
  CHECK(t.Get().ok());
}

TEST_CASE("the secret is read at each request, and a missing one is said", "[token]") {
  ClientFixture t;
  t.on_secret = [] { return absl::NotFoundError("secret file /x is missing"); };

  const RestAnswer answer = t.Get();
  CHECK(answer.failure.error == CallError::kUnauthenticated);
  CHECK(absl::StrContains(answer.failure.message, "/x is missing"));
  CHECK(t.token_requests == 0);

  t.on_secret = [] { return Secret("second"); };
  t.loop.Advance(absl::Seconds(31));
  CHECK(t.Get().ok());
}

TEST_CASE("transient failures of discovery and exchange are retried", "[token]") {
  ClientFixture t;
  int failures = 0;
  const auto good_discovery = t.on_discovery;
  t.on_discovery = [&] { return ++failures <= 2 ? FakeHttp::NotSent() : good_discovery(); };
  t.on_token = [&] {
    return ++failures <= 5 ? FakeHttp::Answer(429, "", {{"retry-after", "1"}})
                           : ClientFixture::Token("t", "3600");
  };

  CHECK(t.Get().ok());
}

TEST_CASE("the secret is not sent to a host that discovery made up", "[token]") {
  ClientFixture t;
  struct Case {
    const char* endpoint;
    bool accepted;
  };
  const auto c =
      GENERATE(Case{"https://evil.example/oidc/v1/token", false},
               Case{"https://w.cloud.databricks.com.evil.example/oidc/v1/token", false},
               Case{"https://evildatabricks.com/oidc/v1/token", false},
               Case{"http://accounts.cloud.databricks.com/oidc/v1/token", false},
               Case{"https://evil.example@accounts.cloud.databricks.com/oidc/v1/token", false},
               Case{"https://accounts.cloud.databricks.com/oidc/v1/token", true});
  CAPTURE(c.endpoint);
  t.on_discovery = [&] {
    return FakeHttp::Answer(200, absl::StrCat(R"({"token_endpoint":")", c.endpoint, R"("})"));
  };

  CHECK(t.Get().ok() == c.accepted);
  CHECK((t.token_requests == 1) == c.accepted);
}

TEST_CASE("neither secret nor token reaches the log", "[token]") {
  ClientFixture t;
  int calls = 0;
  t.on_api = [&](const HttpRequest&) {
    return ++calls == 1
               ? FakeHttp::Answer(403, R"({"error_code":403,"message":"Invalid access token."})")
               : FakeHttp::Answer(500, "");
  };
  t.Post();
  t.on_token = [] { return FakeHttp::Answer(401, R"({"error":"invalid_client"})"); };
  t.loop.Advance(absl::Hours(2));
  t.Get();

  CHECK(absl::StrContains(t.log.text, "no access token"));
  CHECK_FALSE(absl::StrContains(t.log.text, "dose-the-secret"));
  CHECK_FALSE(absl::StrContains(t.log.text, "token-1"));
}

}  // namespace
}  // namespace roomkeeper::testing
