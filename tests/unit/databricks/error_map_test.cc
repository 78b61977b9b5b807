#include "lib/databricks/error_map.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "tests/support/matchers.h"
#include "tests/unit/databricks/fake_http.h"

namespace roomkeeper {

std::ostream& operator<<(std::ostream& out, CallError error) {
  return out << Name(error);
}

namespace testing {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1795219200);

Verdict JudgeBody(int status, const std::string& body, RestVerb kind = RestVerb::kRead) {
  return Judge(FakeHttp::Answer(status, body), kind, kNow);
}

std::string Coded(const std::string& code, const std::string& message = "m") {
  return absl::StrCat(R"({"error_code":")", code, R"(","message":")", message, R"("})");
}

TEST_CASE("error codes and statuses become our errors", "[error_map]") {
  struct Case {
    int status;
    const char* code;  // empty: a body without one
    CallError error;
  };
  const auto c = GENERATE(
      Case{400, "INVALID_PARAMETER_VALUE", CallError::kInvalid},
      Case{400, "INVALID_STATE", CallError::kInvalidState},
      Case{400, "RESOURCE_DOES_NOT_EXIST", CallError::kNotFound},
      Case{404, "RESOURCE_DOES_NOT_EXIST", CallError::kNotFound},
      Case{404, "CATALOG_DOES_NOT_EXIST", CallError::kNotFound},
      Case{404, "CLEAN_ROOM_NOT_FOUND", CallError::kNotFound}, Case{404, "", CallError::kNotFound},
      Case{404, "ENDPOINT_NOT_FOUND", CallError::kDenied},
      Case{404, "FEATURE_DISABLED", CallError::kDenied},
      Case{403, "PERMISSION_DENIED", CallError::kDenied}, Case{403, "", CallError::kDenied},
      Case{403, "PERMISSION_NOT_PROPAGATED", CallError::kUnavailable},
      Case{409, "ABORTED", CallError::kConflict}, Case{409, "", CallError::kConflict},
      Case{409, "RESOURCE_ALREADY_EXISTS", CallError::kAlreadyExists},
      Case{400, "TABLE_ALREADY_EXISTS", CallError::kAlreadyExists},
      Case{500, "RESOURCE_CONFLICT", CallError::kAlreadyExists},
      Case{429, "RESOURCE_EXHAUSTED", CallError::kRateLimited},
      Case{429, "", CallError::kRateLimited},
      Case{400, "RESOURCE_LIMIT_EXCEEDED", CallError::kLimitReached},
      Case{429, "QUOTA_EXCEEDED", CallError::kLimitReached}, Case{501, "", CallError::kInvalid},
      Case{418, "SOMETHING_NEW", CallError::kInvalid});
  CAPTURE(c.status, c.code);
  const std::string code = c.code;
  const std::string body = code.empty() ? R"({"message":"m"})" : Coded(code);

  CHECK(JudgeBody(c.status, body).failure.error == c.error);
  CHECK(JudgeBody(c.status, body, RestVerb::kUpdate).failure.error == c.error);
}

TEST_CASE("an outcome that is unknown for a write is only unavailable for a read", "[error_map]") {
  struct Case {
    int status;
    std::string body;
  };
  const auto c = GENERATE(Case{408, ""}, Case{499, ""}, Case{500, ""}, Case{502, ""}, Case{503, ""},
                          Case{504, ""}, Case{599, ""}, Case{503, Coded("TEMPORARILY_UNAVAILABLE")},
                          Case{503, Coded("SERVICE_UNDER_MAINTENANCE")},
                          Case{503, Coded("WORKSPACE_TEMPORARILY_UNAVAILABLE")},
                          Case{404, "<html>no route</html>"});
  CAPTURE(c.status, c.body);

  CHECK(JudgeBody(c.status, c.body).failure.error == CallError::kUnavailable);
  const RestVerb write = GENERATE(RestVerb::kCreate, RestVerb::kUpdate, RestVerb::kDelete);
  CHECK(JudgeBody(c.status, c.body, write).failure.error == CallError::kUnknownOutcome);
}

TEST_CASE("what was refused before anything was done is unavailable for a write too",
          "[error_map]") {
  const std::string message =
      GENERATE("There is no worker environment with id 7", "ClusterNotReadyException: starting");

  CHECK(
      JudgeBody(503, Coded("TEMPORARILY_UNAVAILABLE", message), RestVerb::kCreate).failure.error ==
      CallError::kUnavailable);
}

TEST_CASE("transport failures: not sent is unavailable, lost is unknown for a write",
          "[error_map]") {
  const auto error_of = [](const HttpResult& result, RestVerb kind) {
    return Judge(result, kind, kNow).failure.error;
  };
  CHECK(error_of(FakeHttp::NotSent(), RestVerb::kCreate) == CallError::kUnavailable);
  CHECK(error_of(FakeHttp::Lost(), RestVerb::kDelete) == CallError::kUnknownOutcome);
  CHECK(error_of(FakeHttp::Lost(), RestVerb::kRead) == CallError::kUnavailable);
}

TEST_CASE("already exists is seen in every shape", "[error_map]") {
  const std::string by_reason =
      R"({"error_code":"BAD_REQUEST","message":"m","details":[
          {"@type":"type.googleapis.com/google.rpc.Unknown","x":1},
          {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"RESOURCE_ALREADY_EXISTS"},
          {"@type":"type.googleapis.com/google.rpc.RequestInfo","request_id":"r-1"}]})";

  const Verdict verdict = JudgeBody(400, by_reason, RestVerb::kCreate);

  CHECK(verdict.failure.error == CallError::kAlreadyExists);
  CHECK(verdict.failure.request_id == "r-1");
  CHECK(JudgeBody(409, "", RestVerb::kCreate).failure.error == CallError::kAlreadyExists);
}

TEST_CASE("429 with a QuotaFailure on a create is the limit, not the rate", "[error_map]") {
  const std::string body =
      R"({"error_code":"RESOURCE_EXHAUSTED","message":"m","details":[
          {"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[]}]})";

  CHECK(JudgeBody(429, body, RestVerb::kCreate).failure.error == CallError::kLimitReached);
  CHECK(JudgeBody(429, body, RestVerb::kRead).failure.error == CallError::kRateLimited);
}

TEST_CASE("every known shape of a refused token is told from other refusals", "[error_map]") {
  struct Case {
    int status;
    const char* body;
    bool refused;
  };
  const auto c = GENERATE(
      Case{401, "", true}, Case{401, R"({"error_code":"PERMISSION_DENIED"})", true},
      Case{403, R"({"error_code":403,"message":"Invalid access token."})", true},
      Case{403, R"({"message":"Token is expiring within 30 seconds. (token expired)."})", true},
      Case{400, "io.jsonwebtoken.ExpiredJwtException: JWT expired at 2026", true},
      Case{400, R"({"error_code":400,"message":"?"})", true},
      Case{403, R"({"error_code":"PERMISSION_DENIED","message":"no SELECT on token_map"})", false},
      Case{400, R"({"error_code":"INVALID_PARAMETER_VALUE","message":"Invalid page_token"})",
           false},
      Case{404, R"({"error_code":404,"message":"token expired"})", false});
  CAPTURE(c.status, c.body);

  const Verdict verdict = JudgeBody(c.status, c.body);

  CHECK(verdict.token_refused == c.refused);
  CHECK((verdict.failure.error == CallError::kUnauthenticated) == c.refused);
}

TEST_CASE("a login page is never taken for an answer", "[error_map]") {
  const std::string page = "\n <!DOCTYPE html><html><body>Sign in</body></html>";

  CHECK(JudgeBody(200, page).failure.error == CallError::kDenied);
  CHECK(JudgeBody(302, "").failure.error == CallError::kDenied);
  CHECK(JudgeBody(200, page, RestVerb::kCreate).failure.error == CallError::kUnknownOutcome);
  CHECK(JudgeBody(404, page).failure.error == CallError::kUnavailable);
  CHECK(JudgeBody(200, R"({"a":"<b>"})").failure.error == CallError::kNone);
}

TEST_CASE("throttles and hiccups are known by their text where the code says otherwise",
          "[error_map]") {
  CHECK(JudgeBody(400, Coded("BAD_REQUEST", "RPC token bucket limit has been exceeded."))
            .failure.error == CallError::kRateLimited);
  CHECK(JudgeBody(400, Coded("BAD_REQUEST", "Timed out after 30s"), RestVerb::kCreate)
            .failure.error == CallError::kUnknownOutcome);
}

TEST_CASE("only what the platform did not answer itself looks like an outage", "[error_map]") {
  CHECK(Judge(FakeHttp::Lost(), RestVerb::kCreate, kNow).outage);
  CHECK(Judge(FakeHttp::NotSent(), RestVerb::kRead, kNow).outage);
  for (const int status : {500, 502, 503, 504}) {
    CHECK(JudgeBody(status, "").outage);
  }
  for (const int status : {200, 400, 401, 403, 404, 408, 409, 429, 499, 501}) {
    CAPTURE(status);
    CHECK_FALSE(JudgeBody(status, "").outage);
  }
  CHECK_FALSE(JudgeBody(500, Coded("CLEAN_ROOM_DOES_NOT_EXIST", "gone")).outage);
  CHECK_FALSE(JudgeBody(503, Coded("REQUEST_LIMIT_EXCEEDED", "slower")).outage);
}

TEST_CASE("the longer of Retry-After and RetryInfo counts", "[error_map]") {
  const std::string body =
      R"({"error_code":"TEMPORARILY_UNAVAILABLE","message":"m","details":[
          {"@type":"type.googleapis.com/google.rpc.RetryInfo","retry_delay":"3.5s"}]})";
  const auto after = [&](const char* header) {
    return Judge(FakeHttp::Answer(503, body, {{"retry-after", header}}), RestVerb::kRead, kNow)
        .failure.retry_after;
  };
  CHECK(after("2") == absl::Seconds(3.5));
  CHECK(after("7") == absl::Seconds(7));
  CHECK(after("soon") == absl::Seconds(3.5));
}

TEST_CASE("messages are found in every shape, cut, and scrubbed of secrets", "[error_map]") {
  struct Case {
    const char* body;
    const char* code;
    const char* message;
  };
  const auto c = GENERATE(
      Case{R"({"error":"invalid_client","error_description":"Client authentication failed"})",
           "invalid_client", "Client authentication failed"},
      Case{R"({"detail":"no such user","status":"400","schemas":[]})", "", "no such user"},
      Case{"RESOURCE_EXHAUSTED: slow down", "RESOURCE_EXHAUSTED", "slow down"},
      Case{"<html><pre>bad\xff thing</pre></html>", "", "bad? thing"},
      Case{"", "", "HTTP status 400 without a message"},
      Case{R"({"message":"bad eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0 here"})", "", "bad *** here"},
      Case{R"({"message":"secret=dose0123456789abcdef0123456789abcdef"})", "", "secret=***"},
      Case{R"({"error_code":{"a":1},"message":[1],"details":"x"})", "",
           "HTTP status 400 without a message"});
  CAPTURE(c.body);

  const CallFailure failure = JudgeBody(400, c.body).failure;

  CHECK(failure.error_code == c.code);
  CHECK(failure.message == c.message);
  const std::string euro = "\xe2\x82\xac";
  std::string text;
  for (int i = 0; i < 200; ++i) {
    text += euro;
  }
  CHECK(JudgeBody(400, Coded("X", text)).failure.message.size() == 498);  // whole characters
}

}  // namespace
}  // namespace testing
}  // namespace roomkeeper
