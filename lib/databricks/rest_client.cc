#include "lib/databricks/rest_client.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/random/uniform_int_distribution.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "lib/obs/metric_table.h"

namespace roomkeeper {
namespace {

void AppendEncoded(std::string& out, absl::string_view text) {
  constexpr absl::string_view kKept = "-._~";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || kKept.find(c) != absl::string_view::npos) {
      out += c;
    } else {
      absl::StrAppend(&out, "%", absl::StrFormat("%02X", byte));
    }
  }
}

const char* Method(RestVerb verb) {
  switch (verb) {
    case RestVerb::kRead:
      return "GET";
    case RestVerb::kCreate:
      return "POST";
    case RestVerb::kUpdate:
      return "PATCH";
    case RestVerb::kDelete:
      return "DELETE";
  }
  return "GET";
}

std::uint64_t RandomBits(absl::BitGenRef random) {
  return absl::uniform_int_distribution<std::uint64_t>()(random);
}

// Held back by ourselves: not the platform's doing, and it has not seen the call.
CallFailure NotSent(absl::string_view why, absl::Duration retry_after) {
  return {.error = CallError::kRateLimited,
          .error_code = kNotSentBudget,
          .message = absl::StrCat("not sent: ", why),
          .retry_after = std::max(retry_after, absl::Seconds(1))};
}

CallFailure NotSentForOutage(absl::Duration retry_after) {
  return {.error = CallError::kUnavailable,
          .error_code = kNotSentOutage,
          .message = "not sent: the platform does not answer",
          .retry_after = std::max(retry_after, absl::Seconds(1))};
}

}  // namespace

std::string MakePath(std::initializer_list<absl::string_view> segments) {
  std::string path;
  for (const absl::string_view segment : segments) {
    path += '/';
    AppendEncoded(path, segment);
  }
  return path;
}

void AddQuery(std::string& target, absl::string_view key, absl::string_view value) {
  target += target.find('?') == std::string::npos ? '?' : '&';
  AppendEncoded(target, key);
  target += '=';
  AppendEncoded(target, value);
}

struct RestClient::Pending {
  RestCall call;
  Done done;
  std::string id;  // of this call, for the platform's support
  absl::Duration leave_by = absl::InfiniteDuration();
  absl::Duration waited = absl::ZeroDuration();
  absl::Duration first_sent_at = {};
  absl::Duration sent_at = {};  // the present attempt
  std::int32_t calls = 0;
  int retries = 0;
  bool new_token_tried = false;
  bool met_outage = false;
};

RestClient::RestClient(TokenSource::Ports ports, TokenSource& tokens, RequestBudget& budget,
                       CircuitBreaker& breaker, RestOptions options)
    : ports_(ports),
      tokens_(tokens),
      budget_(budget),
      breaker_(breaker),
      options_(std::move(options)) {
  ports_.metrics.Set(metric::kApiBudget, {options_.shard}, per_second());
}

absl::Duration RestClient::Now() const {
  return ports_.loop.clock().Monotonic();
}

void RestClient::Send(RestCall call, Done done) {
  if (const std::optional<CallFailure> refusal = Refusal(call)) {
    ports_.loop.Post([done = std::move(done), failure = *refusal] { done({.failure = failure}); });
    return;
  }
  auto pending = std::make_shared<Pending>();
  pending->call = std::move(call);
  pending->done = std::move(done);
  pending->id =
      absl::StrFormat("%016x%016x", RandomBits(ports_.random), RandomBits(ports_.random) | 1);
  if (pending->call.origin.trace_id.empty()) {
    pending->call.origin.trace_id = pending->id;
  }
  if (pending->call.verb != RestVerb::kRead) {
    pending->leave_by = Now() + options_.write_leaves_within;
  }
  Queue(pending, Place::kLast);
}

// Why a call may not even wait for its turn.
std::optional<CallFailure> RestClient::Refusal(const RestCall& call) {
  if (breaker_.open() && !call.probe) {
    return NotSentForOutage(breaker_.NextProbeIn());
  }
  if (!budget_.HasRoom(options_.call_class)) {
    return NotSent("too many calls wait for this shard",
                   budget_.Delay(options_.call_class, call.origin.brand));
  }
  return std::nullopt;
}

// Why the turn that a call waited for does not come.
CallFailure RestClient::OutOfTurn(const BrandId& brand) {
  return breaker_.open() ? NotSentForOutage(breaker_.NextProbeIn())
                         : NotSent("the request budget of this shard is used up",
                                   budget_.Delay(options_.call_class, brand));
}

void RestClient::Queue(const PendingPtr& pending, Place place) {
  if (breaker_.open() && !pending->call.probe) {
    ports_.loop.Post([this, pending, failure = OutOfTurn(pending->call.origin.brand)] {
      Conclude(pending, failure, {});
    });
    return;
  }
  if (pending->call.verb == RestVerb::kRead && options_.call_class != CallClass::kEngine) {
    pending->leave_by = Now() + options_.read_leaves_within;
  }
  RequestBudget::Turn turn = [this, pending, since = Now()](bool send) {
    pending->waited += Now() - since;
    if (send) {
      Launch(pending);
    } else {
      Conclude(pending, OutOfTurn(pending->call.origin.brand), {});
    }
  };
  const BrandId& brand = pending->call.origin.brand;
  if (place == Place::kFirst) {
    budget_.EnterFirst(options_.call_class, brand, pending->leave_by, std::move(turn));
  } else {
    budget_.Enter(options_.call_class, brand, pending->leave_by, std::move(turn));
  }
}

void RestClient::Launch(const PendingPtr& pending) {
  pending->sent_at = Now();
  const bool ready = tokens_.Prepare([this, pending](const CallFailure& failure) {
    if (failure.error == CallError::kUnavailable) {
      MetOutage(*pending);
    }
    if (failure.error != CallError::kNone) {
      Finish(pending, failure, {});
    } else if (Now() >= pending->leave_by) {  // the budget was there, the token was not
      Finish(
          pending,
          {.error = CallError::kUnavailable, .message = "not sent: the access token came too late"},
          {});
    } else {
      // The turn it had was of a second long past, and many may have waited with it.
      Queue(pending, Place::kFirst);
      budget_.Leave(options_.call_class);
    }
  });
  if (ready) {
    Attempt(pending);
  }
}

void RestClient::Attempt(const PendingPtr& pending) {
  const RestCall& call = pending->call;
  const bool read = call.verb == RestVerb::kRead;
  HttpRequest request = {.method = Method(call.verb),
                         .url = absl::StrCat(options_.host, call.target),
                         .body = call.body,
                         .secret_answer = call.secret_answer,
                         .timeout = read ? options_.read_timeout : options_.write_timeout,
                         .ca_file = options_.ca_file};
  request.headers = {{"Accept", "application/json"},
                     {"User-Agent", options_.user_agent},
                     {"X-Request-Id", pending->id},
                     {"traceparent", absl::StrFormat("00-%s-%016x-01", call.origin.trace_id,
                                                     RandomBits(ports_.random) | 1)}};
  if (!call.body.empty()) {
    request.headers.emplace_back("Content-Type", "application/json");
  }
  const std::uint64_t token = tokens_.Authorize(request);
  ++pending->calls;
  pending->sent_at = Now();
  if (pending->calls == 1) {
    pending->first_sent_at = pending->sent_at;
  }
  ports_.http.Send(std::move(request), [this, pending, token](HttpResult result) {
    OnResult(pending, token, std::move(result));
  });
}

void RestClient::OnResult(const PendingPtr& pending, std::uint64_t token, HttpResult result) {
  const Verdict verdict = Judge(result, pending->call.verb, ports_.loop.clock().Now());
  Count(*pending, verdict.failure);
  CompareClocks(result);
  if (verdict.outage) {
    MetOutage(*pending);
  } else {
    breaker_.Answered();
  }
  if (verdict.failure.error == CallError::kRateLimited) {
    OnRateLimited(verdict.failure.retry_after);
  }
  if (verdict.token_refused) {
    tokens_.Refused(token);
  }
  if (TryAgain(pending, verdict)) {
    budget_.Leave(options_.call_class);
    return;
  }
  Finish(pending, verdict.failure, std::move(result));
}

// Puts the call back into the queue, now or later. False: this was its last attempt.
bool RestClient::TryAgain(const PendingPtr& pending, const Verdict& verdict) {
  if (verdict.token_refused && !pending->new_token_tried) {
    pending->new_token_tried = true;
    Queue(pending, Place::kFirst);
    return true;
  }
  const CallError error = verdict.failure.error;
  if (pending->call.verb != RestVerb::kRead || pending->call.probe ||
      (error != CallError::kUnavailable && error != CallError::kRateLimited)) {
    return false;
  }
  const std::optional<absl::Duration> delay =
      NextRetry(options_.retry, ++pending->retries, Now() - pending->first_sent_at,
                verdict.failure.retry_after, ports_.random);
  if (!delay.has_value()) {
    return false;
  }
  ports_.loop.RunAfter(*delay, [this, pending] { Queue(pending, Place::kLast); });
  return true;
}

void RestClient::MetOutage(Pending& pending) {
  if (!std::exchange(pending.met_outage, true)) {
    breaker_.Failed(pending.sent_at);
  }
}

void RestClient::OnRateLimited(absl::Duration retry_after) {
  budget_.OnRateLimited(retry_after);
  ports_.metrics.Add(metric::kRateLimited, {options_.shard});
  ports_.log.Info("the platform asks for fewer requests",
                  {{"shard", options_.shard},
                   {"retry_after_ms", absl::ToInt64Milliseconds(retry_after)},
                   {"per_second", per_second()}});
}

void RestClient::CompareClocks(const HttpResult& result) {
  for (const auto& [name, value] : result.headers) {
    if (name != "date") {
      continue;
    }
    if (const std::optional<absl::Time> date = ParseHttpDate(value)) {
      clock_ahead_ = absl::Trunc(ports_.loop.clock().Now() - *date, absl::Seconds(1));
      ports_.metrics.Set(metric::kClockAhead, {options_.shard},
                         absl::ToDoubleSeconds(*clock_ahead_));
    }
  }
}

void RestClient::Count(const Pending& pending, const CallFailure& failure) {
  ports_.metrics.Add(metric::kApiCalls, {options_.shard, pending.call.route, Name(failure.error)});
  ports_.metrics.Observe(metric::kApiSeconds, {pending.call.route},
                         absl::ToDoubleSeconds(Now() - pending.sent_at));
  ports_.metrics.Set(metric::kApiBudget, {options_.shard}, per_second());
}

void RestClient::Finish(const PendingPtr& pending, CallFailure failure, HttpResult result) {
  Conclude(pending, std::move(failure), std::move(result));
  budget_.Leave(options_.call_class);
}

void RestClient::Conclude(const PendingPtr& pending, CallFailure failure, HttpResult result) {
  RestAnswer answer = {
      .failure = std::move(failure), .waited = pending->waited, .calls = pending->calls};
  if (pending->calls > 0) {
    answer.took = Now() - pending->first_sent_at;
  }
  const bool read = pending->call.verb == RestVerb::kRead;
  if (!answer.ok() || !read) {
    ports_.log.Write(answer.ok() ? LogLevel::kInfo : LogLevel::kWarning, "platform call",
                     {{"job", pending->call.origin.job.value()},
                      {"brand", pending->call.origin.brand.value()},
                      {"shard", options_.shard},
                      {"trace_id", pending->call.origin.trace_id},
                      {"call_id", pending->id},
                      {"route", pending->call.route},
                      {"outcome", std::string(Name(answer.failure.error))},
                      {"http_status", std::int64_t{result.status}},
                      {"error_code", answer.failure.error_code},
                      {"error", answer.failure.message},
                      {"request_id", answer.failure.request_id},
                      {"attempts", std::int64_t{pending->calls}},
                      {"took_ms", absl::ToInt64Milliseconds(answer.took)}});
  }
  answer.body = std::move(result.body);
  pending->done(std::move(answer));
}

}  // namespace roomkeeper
