#pragma once

#include <functional>
#include <random>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/base/secret.h"
#include "lib/databricks/oauth/token_source.h"
#include "lib/databricks/rest_client.h"
#include "lib/obs/log.h"
#include "lib/obs/metrics.h"
#include "tests/support/fake_loop.h"
#include "tests/unit/databricks/fake_http.h"

namespace roomkeeper::testing {

class CapturedLog final : public Log {
 public:
  void Write(LogLevel, absl::string_view message, std::initializer_list<LogField> fields) override {
    absl::StrAppend(&text, message);
    for (const LogField& field : fields) {
      absl::StrAppend(&text, " ", field.key, "=");
      if (const auto* value = std::get_if<std::string>(&field.value)) {
        absl::StrAppend(&text, *value);
      }
    }
    text += '\n';
  }
  std::string text = {};
};

// A workspace of canned answers: OAuth works as told, the rest is the test's.
struct ClientFixture {
  static constexpr char kHost[] = "https://w.cloud.databricks.com";

  explicit ClientFixture(double requests_per_second = 1000)
      : budget(loop, {.requests_per_second = requests_per_second}) {}

  HttpResult Handle(const HttpRequest& request) {
    if (absl::EndsWith(request.url, "/oidc/.well-known/oauth-authorization-server")) {
      return on_discovery();
    }
    if (absl::EndsWith(request.url, "/oidc/v1/token")) {
      ++token_requests;
      return on_token();
    }
    ++api_requests;
    return on_api(request);
  }

  RestAnswer Call(RestCall call) {
    RestAnswer got;
    bool done = false;
    rest.Send(std::move(call), [&](RestAnswer answer) {
      got = std::move(answer);
      done = true;
    });
    loop.RunUntil([&] { return done; });
    return got;
  }
  RestAnswer Get() { return Call({.route = "GET /x", .target = "/x"}); }
  RestAnswer Post() {
    return Call({.verb = RestVerb::kCreate, .route = "POST /x", .target = "/x", .body = "{}"});
  }

  static HttpResult Token(const std::string& token, const std::string& expires_in) {
    return FakeHttp::Answer(
        200, absl::StrCat(R"({"access_token":")", token, R"(","token_type":"Bearer","expires_in":)",
                          expires_in, "}"));
  }

  std::function<HttpResult()> on_discovery = [] {
    return FakeHttp::Answer(200,
                            absl::StrCat(R"({"token_endpoint":")", kHost, R"(/oidc/v1/token"})"));
  };
  std::function<HttpResult()> on_token = [this] {
    return Token(absl::StrCat("token-", token_requests), "3600");
  };
  std::function<HttpResult(const HttpRequest&)> on_api = [](const HttpRequest&) {
    return FakeHttp::Answer(200, R"({"ok":true})");
  };
  std::function<absl::StatusOr<Secret>()> on_secret = [] { return Secret("dose-the-secret"); };
  int token_requests = 0;
  int api_requests = 0;

  FakeLoop loop;
  FakeHttp http{loop, [this](const HttpRequest& request) { return Handle(request); }};
  CapturedLog log;
  Metrics metrics;
  std::mt19937_64 random{42};
  TokenSource::Ports ports{loop, http, log, metrics, random};
  TokenSource tokens{
      ports,
      {.shard = "s1",
       .host = kHost,
       .client_id = "the-client",
       .credentials = {{.name = "client_secret", .read = [this] { return on_secret(); }}},
       .user_agent = "acme_roomkeeper/0.1.0",
       .outage = [this] { return breaker.open(); }}};
  RequestBudget budget;
  CircuitBreaker breaker{
      loop,
      random,
      {.probe =
           [this](std::function<void()> done) {
             rest.Send({.route = "GET /probe", .target = "/probe", .probe = true},
                       [done = std::move(done)](const RestAnswer&) { done(); });
           },
       .changed = [this](bool open) { open ? budget.TurnAway() : budget.StartSlowly(); }}};
  RestClient rest{ports,
                  tokens,
                  budget,
                  breaker,
                  {.shard = "s1", .host = kHost, .user_agent = "acme_roomkeeper/0.1.0"}};
  RestClient reads{ports,
                   tokens,
                   budget,
                   breaker,
                   {.shard = "s1",
                    .host = kHost,
                    .user_agent = "acme_roomkeeper/0.1.0",
                    .call_class = CallClass::kInteractive}};
  RestClient looks{ports,
                   tokens,
                   budget,
                   breaker,
                   {.shard = "s1",
                    .host = kHost,
                    .user_agent = "acme_roomkeeper/0.1.0",
                    .call_class = CallClass::kBackground}};
};

}  // namespace roomkeeper::testing
