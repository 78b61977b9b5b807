#include "lib/databricks/rest_client.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"

#include "lib/obs/metric_table.h"
#include "tests/support/matchers.h"
#include "tests/unit/databricks/client_fixture.h"

namespace roomkeeper::testing {
namespace {

TEST_CASE("path segments and queries are percent-encoded", "[rest]") {
  std::string target = MakePath({"api", "a.b.c", "my notebook #1?/50%", "\xc3\xa9"});
  CHECK(target == "/api/a.b.c/my%20notebook%20%231%3F%2F50%25/%C3%A9");
  AddQuery(target, "page_token", "a+b/c=");
  AddQuery(target, "n", "1");
  CHECK(absl::EndsWith(target, "?page_token=a%2Bb%2Fc%3D&n=1"));
}

TEST_CASE("a call carries the partner's User-Agent and something to trace it by", "[rest]") {
  ClientFixture t;
  t.Post();

  const HttpRequest& request = t.http.requests.back();
  CHECK(request.method == "POST");
  CHECK(request.url == "https://w.cloud.databricks.com/x");
  CHECK(HeaderOf(request, "User-Agent") == "acme_roomkeeper/0.1.0");
  CHECK(HeaderOf(request, "Accept") == "application/json");
  CHECK(HeaderOf(request, "Content-Type") == "application/json");
  const std::string trace_id = HeaderOf(request, "X-Request-Id");
  CHECK(trace_id.size() == 32);
  const std::string traceparent = HeaderOf(request, "traceparent");
  CHECK(absl::StartsWith(traceparent, "00-" + trace_id + "-"));
  CHECK(traceparent.size() == 55);
}

TEST_CASE("a call made for a job carries the job's trace, and says so in its log line", "[rest]") {
  ClientFixture t;
  const std::string trace_id = "0af7651916cd43dd8448eb211c80319c";
  t.Call({.verb = RestVerb::kCreate,
          .route = "POST /x",
          .target = "/x",
          .body = "{}",
          .origin = {.job = JobId("job1"), .brand = BrandId("acme"), .trace_id = trace_id}});

  const HttpRequest& request = t.http.requests.back();
  CHECK(absl::StartsWith(HeaderOf(request, "traceparent"), "00-" + trace_id + "-"));
  const std::string call_id = HeaderOf(request, "X-Request-Id");
  CHECK(call_id != trace_id);
  CHECK(absl::StrContains(t.log.text, "platform call job=job1 brand=acme shard=s1 trace_id=" +
                                          trace_id + " call_id=" + call_id + " route=POST /x"));
}

TEST_CASE("every shape of a refused token is answered by one new token and one more try",
          "[rest]") {
  struct Case {
    int status;
    const char* body;
  };
  const auto c =
      GENERATE(Case{401, ""}, Case{403, R"({"error_code":403,"message":"Invalid access token."})"},
               Case{400, "io.jsonwebtoken.ExpiredJwtException: expired"},
               Case{403, R"({"message":"Token is expiring within 30 seconds. (token expired)."})"});
  CAPTURE(c.status, c.body);
  ClientFixture t;
  t.on_api = [&](const HttpRequest& request) {
    return HeaderOf(request, "Authorization") == "Bearer token-1"
               ? FakeHttp::Answer(c.status, c.body)
               : FakeHttp::Answer(200, "{}");
  };

  const RestAnswer answer = t.Post();  // a write too: the platform refused before it acted

  CHECK(answer.ok());
  CHECK(answer.calls == 2);
  CHECK(t.token_requests == 2);
}

TEST_CASE("a token that stays refused ends as kUnauthenticated, without a loop", "[rest]") {
  ClientFixture t;
  t.on_api = [](const HttpRequest&) { return FakeHttp::Answer(401, ""); };

  CHECK(t.Get().failure.error == CallError::kUnauthenticated);
  CHECK(t.api_requests == 2);
}

TEST_CASE("many calls refused at once share one new token", "[rest]") {
  ClientFixture t;
  t.on_api = [&](const HttpRequest& request) {
    return HeaderOf(request, "Authorization") == "Bearer token-1" ? FakeHttp::Answer(401, "")
                                                                  : FakeHttp::Answer(200, "{}");
  };
  int ok = 0;
  for (int i = 0; i < 20; ++i) {
    t.rest.Send({.route = "GET /x", .target = "/x"},
                [&](const RestAnswer& answer) { ok += answer.ok() ? 1 : 0; });
  }
  t.loop.RunUntil([&] { return ok == 20; });

  CHECK(ok == 20);
  CHECK(t.token_requests == 2);
}

TEST_CASE("a read is repeated for seconds, then given up", "[rest]") {
  ClientFixture t;
  const int failures = GENERATE(0, 3, 1000);
  int seen = 0;
  t.on_api = [&](const HttpRequest&) {
    const int kind = ++seen % 3;
    if (seen > failures) {
      return FakeHttp::Answer(200, "{}");
    }
    return kind == 0 ? FakeHttp::Lost() : FakeHttp::Answer(kind == 1 ? 500 : 503, "");
  };
  const absl::Duration start = t.loop.clock().Monotonic();

  const RestAnswer answer = t.Get();

  CHECK(answer.ok() == (failures < 1000));
  CHECK(answer.calls == seen);
  CHECK(t.loop.clock().Monotonic() - start < absl::Seconds(22));
  if (failures == 1000) {
    CHECK(answer.failure.error == CallError::kUnavailable);
    CHECK(seen > 3);
  }
}

TEST_CASE("what repeating does not heal is not repeated", "[rest]") {
  ClientFixture t;
  const int status = GENERATE(400, 403, 404, 409, 501);
  t.on_api = [&](const HttpRequest&) { return FakeHttp::Answer(status, R"({"message":"m"})"); };

  CHECK_FALSE(t.Get().ok());
  CHECK(t.api_requests == 1);
}

TEST_CASE("a write is sent once, whatever comes of it", "[rest]") {
  ClientFixture t;
  const auto c = GENERATE(0, 1, 2, 3);
  t.on_api = [&](const HttpRequest&) {
    return std::vector<HttpResult>{FakeHttp::Lost(), FakeHttp::NotSent(), FakeHttp::Answer(503, ""),
                                   FakeHttp::Answer(500, "")}[static_cast<std::size_t>(c)];
  };

  const CallError error = t.Post().failure.error;

  CHECK(t.api_requests == 1);
  CHECK(error == (c == 1 ? CallError::kUnavailable : CallError::kUnknownOutcome));
}

TEST_CASE("a Retry-After beyond the budget ends the call with the delay for the caller", "[rest]") {
  ClientFixture t;
  t.on_api = [](const HttpRequest&) { return FakeHttp::Answer(429, "", {{"retry-after", "45"}}); };

  const RestAnswer answer = t.Get();

  CHECK(answer.failure.error == CallError::kRateLimited);
  CHECK(answer.failure.retry_after == absl::Seconds(45));
  CHECK(t.api_requests == 1);
}

TEST_CASE("one 429 slows all calls to the workspace", "[rest]") {
  ClientFixture t(/*requests_per_second=*/10);
  REQUIRE(t.Get().ok());
  t.on_api = [&](const HttpRequest&) {
    return t.api_requests == 2 ? FakeHttp::Answer(429, "", {{"retry-after", "4"}})
                               : FakeHttp::Answer(200, "{}");
  };
  const absl::Duration limited = t.loop.clock().Monotonic();
  t.Post();
  CHECK(t.rest.per_second() == Approx(5).epsilon(0.05));

  REQUIRE(t.Get().ok());

  CHECK(t.http.sent_at.back() - limited >= absl::Seconds(4));
  CHECK(t.metrics.Value(metric::kRateLimited, {"s1"}) == 1);
}

TEST_CASE("requests keep to the budget and to their order", "[rest]") {
  ClientFixture t(/*requests_per_second=*/5);
  REQUIRE(t.Get().ok());
  t.loop.Advance(absl::Seconds(10));
  std::vector<int> order;
  for (int i = 0; i < 20; ++i) {
    t.rest.Send({.route = "GET /x", .target = "/x"},
                [&, i](const RestAnswer&) { order.push_back(i); });
  }
  const absl::Duration start = t.loop.clock().Monotonic();
  t.loop.RunUntil([&] { return order.size() == 20; });

  const absl::Duration took = t.loop.clock().Monotonic() - start;
  CHECK(took > absl::Seconds(2.9));  // five at once, fifteen at five a second
  CHECK(took < absl::Seconds(3.2));
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("a write that the budget holds back too long is never sent", "[rest]") {
  ClientFixture t(/*requests_per_second=*/1);
  REQUIRE(t.Get().ok());
  t.on_api = [&](const HttpRequest&) { return FakeHttp::Answer(429, "", {{"retry-after", "60"}}); };
  t.Post();
  const int before = t.api_requests;

  const RestAnswer answer = t.Post();

  CHECK(answer.failure.error == CallError::kRateLimited);  // the platform is not to blame
  CHECK(answer.failure.error_code == "NOT_SENT_BUDGET");
  CHECK(answer.failure.retry_after >= absl::Seconds(1));
  CHECK(answer.calls == 0);
  CHECK(t.api_requests == before);
}

TEST_CASE("a write whose token comes too late is not sent, nor sent again", "[rest]") {
  ClientFixture t;
  const bool again = GENERATE(false, true);
  const auto good = t.on_api;
  if (again) {
    REQUIRE(t.Get().ok());
    t.on_api = [&](const HttpRequest&) {
      t.http.latency = absl::Seconds(31);  // of the new token
      return FakeHttp::Answer(401, "");
    };
  } else {
    t.http.latency = absl::Seconds(16);  // of discovery, and of the token
  }
  const int before = t.api_requests;

  const RestAnswer answer = t.Post();

  CHECK(answer.failure.error == CallError::kUnavailable);
  CHECK(answer.failure.message == "not sent: the access token came too late");
  CHECK(t.api_requests == before + (again ? 1 : 0));
  t.on_api = good;
  CHECK(t.Post().ok());  // what comes later is served
}

TEST_CASE("calls that waited for a token leave within the budget too", "[rest]") {
  ClientFixture t(/*requests_per_second=*/1);
  t.http.latency = absl::Seconds(5);  // of discovery, and of the token
  std::vector<absl::Duration> left;
  t.on_api = [&](const HttpRequest&) {
    left.push_back(t.loop.clock().Monotonic());
    return FakeHttp::Answer(200, "{}");
  };
  for (int i = 0; i < 8; ++i) {
    t.rest.Send({.route = "GET /x", .target = "/x"}, [](const RestAnswer&) {});
  }

  t.loop.Advance(absl::Minutes(1));

  REQUIRE(left.size() == 8);
  for (std::size_t i = 2; i < left.size(); ++i) {
    CHECK(left[i] - left[i - 2] >= absl::Seconds(1));  // one second's worth at once, at most
  }
}

TEST_CASE("a body that cannot be read is a failure by what the call wanted", "[rest]") {
  const auto parse = [](const std::string&) {
    return absl::StatusOr<int>(absl::DataLossError("not a JSON object"));
  };
  const RestAnswer answer = {.body = "garbage"};

  CHECK(ToResult<int>(answer, RestVerb::kRead, parse).failure.error == CallError::kUnavailable);
  CHECK(ToResult<int>(answer, RestVerb::kCreate, parse).failure.error ==
        CallError::kUnknownOutcome);
}

TEST_CASE("calls are counted by shard, route and outcome", "[rest]") {
  ClientFixture t;
  t.on_api = [](const HttpRequest&) { return FakeHttp::Answer(404, R"({"message":"m"})"); };
  t.Get();

  CHECK(t.metrics.Value(metric::kApiCalls, {"s1", "GET /x", "not_found"}) == 1);
  CHECK(t.metrics.Value(metric::kApiBudget, {"s1"}) == 1000);
}

TEST_CASE("how far our clock is off the platform's is measured", "[rest]") {
  ClientFixture t;
  const absl::Duration ahead = absl::Seconds(GENERATE(-31, 0, 45));
  t.on_api = [&](const HttpRequest&) {
    const std::string date = absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT",
                                              t.loop.clock().Now() - ahead, absl::UTCTimeZone());
    return FakeHttp::Answer(200, "{}", {{"date", date}});
  };

  REQUIRE(t.Get().ok());

  CHECK(absl::AbsDuration(*t.rest.clock_ahead() - ahead) <= absl::Seconds(1));
  CHECK(t.metrics.Value(metric::kClockAhead, {"s1"}) ==
        absl::ToDoubleSeconds(*t.rest.clock_ahead()));
}

}  // namespace
}  // namespace roomkeeper::testing
