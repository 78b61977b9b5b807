#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/cleanroom/provider.h"
#include "lib/databricks/error_map.h"
#include "lib/databricks/oauth/token_source.h"
#include "lib/databricks/request_budget.h"
#include "lib/http/circuit_breaker.h"
#include "lib/http/http_client.h"
#include "lib/http/retry_policy.h"

namespace roomkeeper {

struct RestOptions {
  std::string shard = {};  // for logs and metrics
  std::string host = {};
  std::string user_agent = {};
  std::string ca_file = {};
  CallClass call_class = CallClass::kEngine;
  absl::Duration read_timeout = absl::Seconds(30);
  absl::Duration write_timeout = absl::Seconds(60);
  RetryPolicy retry = {};  // of reads
  // A write that has not left by then never does. With write_timeout this bounds how long after a
  // decision its effect can appear: what takes over from a lost lease waits that out.
  absl::Duration write_leaves_within = absl::Seconds(30);
  // A read that is not the engine's likewise: its caller does not wait longer.
  absl::Duration read_leaves_within = absl::Seconds(20);
};

struct RestCall {
  RestVerb verb = RestVerb::kRead;
  const char* route = "";   // the path's pattern, for metrics: "GET /clean-rooms/{room}"
  std::string target = {};  // from MakePath, with the query
  std::string body = {};
  bool secret_answer = false;  // who gets it overwrites it
  CallOrigin origin = {};
  bool probe = false;  // of the breaker: goes out although it is open, once
};

struct RestAnswer {
  CallFailure failure = {};
  std::string body = {};  // if it succeeded
  absl::Duration took = absl::ZeroDuration();
  absl::Duration waited = absl::ZeroDuration();  // for our own request budget
  std::int32_t calls = 0;
  bool ok() const { return failure.error == CallError::kNone; }
};

// "/api/2.0/clean-rooms/a%20b": each segment percent-encoded, RFC 3986's unreserved characters
// kept. The official SDKs do not encode; notebook names with spaces need it.
std::string MakePath(std::initializer_list<absl::string_view> segments);
// Appends "?key=value" or "&key=value", encoded.
void AddQuery(std::string& target, absl::string_view key, absl::string_view value);

// The requests of one class to one workspace: authorised, within the workspace's request budget, in
// turns between the brands they are made for. Loop thread only; nothing blocks. Reads are repeated
// for seconds; a write is sent once, except again with a new token when the platform refused the
// old one. What the budget holds back too long, or has no room for, fails with kNotSentBudget and
// when to come again; while the breaker is open all but its probe fails at once with
// kNotSentOutage.
class RestClient {
 public:
  using Done = std::function<void(RestAnswer)>;

  // The ports, `tokens`, `budget` and `breaker` outlive the client; it outlives its requests.
  RestClient(TokenSource::Ports ports, TokenSource& tokens, RequestBudget& budget,
             CircuitBreaker& breaker, RestOptions options);
  RestClient(const RestClient&) = delete;
  RestClient& operator=(const RestClient&) = delete;

  // `done` runs once, never inside the call.
  void Send(RestCall call, Done done);
  // Requests per second that the workspace now gets.
  double per_second() { return budget_.per_second(); }
  // Our wall clock minus the platform's, by the Date of its last answer; accurate to the second.
  std::optional<absl::Duration> clock_ahead() const { return clock_ahead_; }
  const RestOptions& options() const { return options_; }

 private:
  struct Pending;
  using PendingPtr = std::shared_ptr<Pending>;

  enum class Place : std::uint8_t { kFirst, kLast };

  std::optional<CallFailure> Refusal(const RestCall& call);
  CallFailure OutOfTurn(const BrandId& brand);
  void Queue(const PendingPtr& pending, Place place);
  void Launch(const PendingPtr& pending);
  void Attempt(const PendingPtr& pending);
  void OnResult(const PendingPtr& pending, std::uint64_t token, HttpResult result);
  bool TryAgain(const PendingPtr& pending, const Verdict& verdict);
  // Gives the call's place in flight back and ends it; Conclude only ends it.
  void Finish(const PendingPtr& pending, CallFailure failure, HttpResult result);
  void Conclude(const PendingPtr& pending, CallFailure failure, HttpResult result);
  void OnRateLimited(absl::Duration retry_after);
  void MetOutage(Pending& pending);
  void CompareClocks(const HttpResult& result);
  void Count(const Pending& pending, const CallFailure& failure);
  absl::Duration Now() const;

  TokenSource::Ports ports_;
  TokenSource& tokens_;
  RequestBudget& budget_;
  CircuitBreaker& breaker_;
  const RestOptions options_;
  std::optional<absl::Duration> clock_ahead_ = {};
};

// A client, and on whose behalf it is used: what the functions of lib/databricks/api take.
struct ScopedRest {
  // NOLINTNEXTLINE(google-explicit-constructor): a client alone is a call of no job or caller
  ScopedRest(RestClient& rest, CallOrigin on_behalf = {})
      : client(rest), origin(std::move(on_behalf)) {}

  void Send(RestCall call, RestClient::Done done) const {
    call.origin = origin;
    client.Send(std::move(call), std::move(done));
  }

  RestClient& client;
  CallOrigin origin;
};

// Turns an answer into a value: `parse` reads the body of a success.
template <typename T, typename Parse>
CallResult<T> ToResult(RestAnswer answer, RestVerb verb, Parse parse) {
  CallResult<T> result = {.failure = std::move(answer.failure),
                          .took = answer.took,
                          .waited = answer.waited,
                          .calls = answer.calls};
  if (result.ok()) {
    absl::StatusOr<T> value = parse(answer.body);
    if (value.ok()) {
      result.value = *std::move(value);
    } else {
      result.failure = Unreadable(verb, value.status().message());
    }
  }
  return result;
}

// Sends and parses.
template <typename T, typename Parse>
void Fetch(const ScopedRest& rest, RestCall call, Parse parse, CallDone<T> done) {
  const RestVerb verb = call.verb;
  rest.Send(std::move(call), [verb, parse, done = std::move(done)](RestAnswer answer) {
    done(ToResult<T>(std::move(answer), verb, parse));
  });
}

}  // namespace roomkeeper
