// What the calls of a workspace meet when it does not answer, and how they come back.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"

#include "lib/obs/metric_table.h"
#include "tests/support/matchers.h"
#include "tests/unit/databricks/client_fixture.h"

namespace roomkeeper::testing {
namespace {

struct Away : ClientFixture {
  explicit Away(double requests_per_second = 1000) : ClientFixture(requests_per_second) {
    REQUIRE(Get().ok());  // the token is there
    loop.Advance(absl::Minutes(1));
  }
  void GoAway(int status = 503) {
    good = on_api;
    on_api = [status](const HttpRequest&) {
      return status == 0 ? FakeHttp::NotSent() : FakeHttp::Answer(status, "");
    };
  }
  // Five calls that fail, over five seconds.
  void Fail(int calls = 5) {
    for (int i = 0; i < calls; ++i) {
      Post();
      loop.Advance(absl::Seconds(5) / (calls - 1));
    }
  }
  void Return() { on_api = good; }
  // The API's, without the probes.
  long Sent() const {
    return std::count_if(
        http.requests.begin(), http.requests.end(), [](const HttpRequest& request) {
          return !absl::EndsWith(request.url, "/probe") && !absl::StrContains(request.url, "/oidc");
        });
  }
  std::function<HttpResult(const HttpRequest&)> good;
};

TEST_CASE("while the platform is away a call fails at once, unsent, with when to come again",
          "[outage]") {
  Away t;
  t.GoAway(GENERATE(0, 500, 503));
  t.Fail();
  t.Post();
  REQUIRE(t.breaker.open());
  const long sent = t.Sent();
  const absl::Duration start = t.loop.clock().Monotonic();
  RestClient& client = GENERATE(false, true) ? t.reads : t.rest;

  RestAnswer answer;
  bool done = false;
  client.Send({.route = "GET /x", .target = "/x"}, [&](RestAnswer got) {
    answer = std::move(got);
    done = true;
  });
  CHECK_FALSE(done);  // never inside the call
  REQUIRE(t.loop.RunUntil([&] { return done; }));

  CHECK(t.loop.clock().Monotonic() == start);
  CHECK(answer.failure.error == CallError::kUnavailable);
  CHECK(answer.failure.error_code == kNotSentOutage);
  CHECK(answer.failure.retry_after >= absl::Seconds(1));
  CHECK(answer.failure.retry_after <= absl::Seconds(30));
  CHECK(answer.calls == 0);
  CHECK(t.Sent() == sent);
}

TEST_CASE("what the platform answers is no outage, be it a refusal or a 429", "[outage]") {
  Away t;
  t.GoAway(GENERATE(400, 403, 404, 409, 429, 501));

  t.Fail(20);
  t.Fail(20);

  CHECK_FALSE(t.breaker.open());
}

TEST_CASE("one call that is repeated is one call, and one bad route is no outage", "[outage]") {
  Away t;
  t.GoAway();
  CHECK(t.Get().calls > 3);
  CHECK_FALSE(t.breaker.open());

  t.on_api = [&](const HttpRequest& request) {
    return absl::EndsWith(request.url, "/bad") ? FakeHttp::Answer(500, "") : t.good(request);
  };
  for (int i = 0; i < 50; ++i) {
    t.Call({.verb = RestVerb::kCreate, .route = "POST /bad", .target = "/bad"});
    CHECK(t.Get().ok());
    t.loop.Advance(absl::Seconds(1));
  }
  CHECK_FALSE(t.breaker.open());
}

TEST_CASE("what waits for its turn when the platform goes away is turned away", "[outage]") {
  Away t(/*requests_per_second=*/1);
  t.GoAway();
  std::vector<RestAnswer> answers;
  for (int i = 0; i < 40; ++i) {
    (i % 2 == 0 ? t.rest : t.reads)
        .Send({.route = "GET /x", .target = "/x"},
              [&](RestAnswer answer) { answers.push_back(std::move(answer)); });
  }
  const absl::Duration start = t.loop.clock().Monotonic();

  REQUIRE(t.loop.RunUntil([&] { return answers.size() == 40; }));

  CHECK(t.loop.clock().Monotonic() - start < absl::Seconds(30));
  CHECK(t.Sent() <= 10);
  CHECK(std::all_of(answers.begin(), answers.end(), [](const RestAnswer& answer) {
    return answer.failure.error_code == kNotSentOutage;
  }));
}

TEST_CASE("calls come back by themselves, slowly at first", "[outage]") {
  Away t(/*requests_per_second=*/20);
  t.GoAway();
  t.Fail();
  t.Post();
  REQUIRE(t.breaker.open());
  t.loop.Advance(absl::Minutes(10));
  REQUIRE(t.breaker.open());
  t.Return();

  REQUIRE(t.loop.RunUntil([&] { return !t.breaker.open(); }, absl::Seconds(31)));

  CHECK(t.rest.per_second() == Approx(2));
  CHECK(t.Get().ok());
  t.loop.Advance(absl::Seconds(18));
  CHECK(t.rest.per_second() == Approx(20));
}

TEST_CASE("a platform that hangs is found out by its first timeouts", "[outage]") {
  Away t(/*requests_per_second=*/5);
  t.on_api = [](const HttpRequest&) { return FakeHttp::Lost(); };
  t.http.latency = absl::Seconds(30);
  for (int i = 0; i < 200; ++i) {
    t.rest.Send({.route = "GET /x", .target = "/x"}, [](const RestAnswer&) {});
  }
  REQUIRE(t.loop.RunUntil([&] { return t.breaker.open(); }, absl::Seconds(40)));
  t.loop.Advance(absl::Minutes(20));

  CHECK(t.Sent() <= 64 + 5);  // the connections, and those freed by the timeouts that opened it
  CHECK(t.http.requests.size() <= static_cast<std::size_t>(t.Sent()) + 2 + 30);
}

TEST_CASE("a token that ends while the platform is away is asked for gently", "[outage]") {
  Away t;
  t.GoAway();
  t.Fail();
  t.Post();
  REQUIRE(t.breaker.open());
  const auto token = t.on_token;
  t.on_token = [] { return FakeHttp::Answer(503, ""); };
  t.loop.Advance(absl::Hours(2));
  REQUIRE(t.breaker.open());
  const int before = t.token_requests;

  t.loop.Advance(absl::Minutes(20));

  CHECK(t.token_requests - before <= 20 * 60 / 15 + 20);  // with each probe; once a minute
  t.on_token = token;
  t.Return();
  REQUIRE(t.loop.RunUntil([&] { return !t.breaker.open(); }, absl::Seconds(31)));
  CHECK(t.Get().ok());
}

TEST_CASE("429s shrink the budget of a workspace, and it grows back to its rate", "[outage]") {
  Away t(/*requests_per_second=*/10);
  t.GoAway(429);
  for (int i = 0; i < 5; ++i) {
    t.Post();
    t.loop.Advance(absl::Seconds(1));
  }
  const double shrunk = t.rest.per_second();
  CHECK(shrunk < 3);
  CHECK(t.metrics.Value(metric::kApiBudget, {"s1"}) < 3);
  CHECK_FALSE(t.breaker.open());
  t.Return();

  t.loop.Advance(absl::Seconds(10));
  CHECK(t.rest.per_second() == Approx(shrunk + 5));
  t.loop.Advance(absl::Seconds(10));
  REQUIRE(t.Get().ok());

  CHECK(t.metrics.Value(metric::kApiBudget, {"s1"}) == 10);
}

}  // namespace
}  // namespace roomkeeper::testing
