#include "tests/simulation/network.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace roomkeeper::testing {
namespace {

std::string TargetOf(const std::string& url) {
  const auto slash = url.find('/', url.find("://") + 3);
  return slash == std::string::npos ? "/" : url.substr(slash);
}

bool IsOauth(const HttpRequest& request) {
  return absl::StrContains(request.url, "/oidc/");
}

HttpResult Failed(HttpResult::Transport transport, const char* error) {
  return {.transport = transport, .error = error};
}

}  // namespace

// What becomes of one request, decided when it is sent.
struct Network::Fate {
  enum class Kind { kServed, kNotSent, kLostBefore, kLostAfter, kLandsLate, kHang };
  Kind kind = Kind::kServed;
  absl::Duration arrives = absl::ZeroDuration();   // after it was sent
  absl::Duration returns = absl::ZeroDuration();   // after it arrived
  absl::Duration given_up = absl::ZeroDuration();  // kLostBefore, kLandsLate: after it was sent
  int status = 0;                                  // an error in place of the answer
  bool after_effect = false;
  bool garbage = false;
  bool expire_tokens = false;
  std::string retry_after = {};
};

void Network::GoAway(absl::Duration how_long) {
  scheduler_.Trace(absl::StrCat("the platform is away for ", absl::FormatDuration(how_long)));
  away_until_ = scheduler_.now() + how_long;
  away_how_ = scheduler_.Below(3);
}

Network::Fate Network::Draw(const HttpRequest& request) {
  Fate fate;
  fate.arrives = scheduler_.Between(absl::Milliseconds(1), absl::Milliseconds(60));
  fate.returns = scheduler_.Between(absl::Milliseconds(1), absl::Milliseconds(60));
  if (scheduler_.now() < away_until_) {
    fate.kind = away_how_ == 0   ? Fate::Kind::kNotSent
                : away_how_ == 1 ? Fate::Kind::kHang
                                 : Fate::Kind::kServed;
    fate.status = away_how_ == 2 ? 503 : 0;
    return fate;
  }
  if (scheduler_.PerMille(weather.slow)) {
    fate.arrives += scheduler_.Between(absl::ZeroDuration(), absl::Seconds(40));
    fate.returns += scheduler_.Between(absl::ZeroDuration(), absl::Seconds(40));
  }
  if (scheduler_.PerMille(weather.not_sent)) {
    fate.kind = Fate::Kind::kNotSent;
  } else if (scheduler_.PerMille(weather.lost_before)) {
    fate.kind = Fate::Kind::kLostBefore;
    fate.given_up = scheduler_.Between(absl::Milliseconds(1), request.timeout);
  } else if (scheduler_.PerMille(weather.lost_after)) {
    fate.kind = Fate::Kind::kLostAfter;
  } else if (scheduler_.PerMille(weather.lands_late)) {
    fate.kind = Fate::Kind::kLandsLate;
    fate.given_up = scheduler_.Between(absl::Milliseconds(1), absl::Seconds(5));
    fate.arrives = scheduler_.Between(fate.given_up, request.timeout);
  } else if (scheduler_.PerMille(weather.hang)) {
    fate.kind = Fate::Kind::kHang;
    fate.after_effect = scheduler_.OneIn(2);
  } else if (scheduler_.PerMille(weather.server_error)) {
    static constexpr int kStatuses[] = {500, 502, 503, 504};
    fate.status = kStatuses[scheduler_.Below(4)];
    fate.after_effect = scheduler_.OneIn(2);
  } else if (scheduler_.PerMille(weather.rate_limit)) {
    fate.status = 429;
    fate.retry_after = absl::StrCat(1 + scheduler_.Below(20));
  } else if (scheduler_.PerMille(weather.garbage)) {
    fate.garbage = true;
  } else if (scheduler_.PerMille(weather.bad_list) && request.method == "GET") {
    fate.status = scheduler_.OneIn(2) ? 403 : 503;
  }
  fate.expire_tokens = scheduler_.PerMille(weather.token_trouble);
  fate.arrives = std::min(fate.arrives, request.timeout);
  return fate;
}

sim::SimResponse Network::Land(const HttpRequest& request, const Fate& fate) {
  if (fate.expire_tokens) {
    platform_.ExpireTokens();
  }
  if (fate.status != 0) {
    sim::Fault fault;
    fault.status = fate.status;
    fault.after_effect = fate.after_effect;
    if (!fate.retry_after.empty()) {
      fault.headers = {{"Retry-After", fate.retry_after}};
    }
    platform_.Arm(std::move(fault));
  }
  sim::SimRequest simulated;
  simulated.workspace = "provider";
  simulated.host_url = "http://provider.sim";
  simulated.method = request.method;
  simulated.target = TargetOf(request.url);
  simulated.headers = request.headers;
  simulated.body = request.body;
  sim::SimResponse response = platform_.Handle(simulated);
  if (fate.status != 0) {
    platform_.Disarm();
  }
  scheduler_.Trace(absl::StrCat("platform ", request.method, " ", simulated.target, " ",
                                response.status, " kind ", static_cast<int>(fate.kind)));
  if (request.method != "GET" && !IsOauth(request) && on_write) {
    on_write(request.method, simulated.target);
  }
  return response;
}

void Network::Carry(HttpRequest request, const Scheduler::OwnerPtr& sender, HttpClient::Done done) {
  using Kind = Fate::Kind;
  const Fate fate = Draw(request);
  const absl::Duration timeout = request.timeout;
  const absl::Duration sent_at = scheduler_.now();
  if (fate.kind == Kind::kNotSent) {
    scheduler_.At(fate.arrives, sender, [done = std::move(done)] {
      done(Failed(HttpResult::Transport::kNotSent, "no route"));
    });
    return;
  }
  const bool answered_here = fate.kind == Kind::kLostBefore || fate.kind == Kind::kLandsLate;
  if (answered_here) {
    scheduler_.At(fate.given_up, sender,
                  [done] { done(Failed(HttpResult::Transport::kLost, "connection reset")); });
  }
  if (fate.kind == Kind::kHang) {
    scheduler_.At(timeout, sender,
                  [done] { done(Failed(HttpResult::Transport::kLost, "timeout")); });
  }
  if (fate.kind == Kind::kLostBefore || (fate.kind == Kind::kHang && !fate.after_effect)) {
    return;
  }
  const bool write = request.method != "GET";
  strays_ += write ? 1 : 0;
  scheduler_.At(fate.arrives, nullptr,
                [this, fate, sender, sent_at, timeout, write, request = std::move(request),
                 done = std::move(done)] {
                  strays_ -= write ? 1 : 0;
                  sim::SimResponse response = Land(request, fate);
                  if (fate.kind == Kind::kServed || fate.kind == Kind::kLostAfter) {
                    Deliver(fate, sender, sent_at, timeout, std::move(response), done);
                  }
                });
}

void Network::Deliver(const Fate& fate, const Scheduler::OwnerPtr& sender, absl::Duration sent_at,
                      absl::Duration timeout, sim::SimResponse response,
                      const HttpClient::Done& done) {
  HttpResult result;
  absl::Duration after = fate.returns;
  const absl::Duration left = sent_at + timeout - scheduler_.now();
  if (after >= left) {
    after = left;
    result = Failed(HttpResult::Transport::kLost, "timeout");
  } else if (fate.kind == Fate::Kind::kLostAfter) {
    result = Failed(HttpResult::Transport::kLost, "connection reset");
  } else {
    result = {.transport = HttpResult::Transport::kAnswered,
              .status = response.status,
              .body = fate.garbage ? "<html>please log in</html>" : std::move(response.body)};
    for (auto& [name, value] : response.headers) {
      result.headers.emplace_back(absl::AsciiStrToLower(name), std::move(value));
    }
  }
  scheduler_.At(after, sender, [result = std::move(result), done] { done(result); });
}

void ProcessHttp::Send(HttpRequest request, Done done) {
  if (IsOauth(request)) {
    network_.Carry(std::move(request), owner_, std::move(done));
    return;
  }
  CheckBudget();
  network_.Carry(std::move(request), owner_, [this, done = std::move(done)](HttpResult result) {
    NoteAnswer(result);
    done(std::move(result));
  });
}

// At most the budget on average, and one second's worth at once.
void ProcessHttp::CheckBudget() {
  const absl::Duration now = scheduler_.now();
  tokens_ = tokens_ < 0
                ? kRequestsPerSecond
                : std::min(kRequestsPerSecond, tokens_ + absl::ToDoubleSeconds(now - refilled_at_) *
                                                             kRequestsPerSecond);
  refilled_at_ = now;
  tokens_ -= 1;
  if (tokens_ < -0.01) {
    absl::StrAppend(&violations_, "R10: above the request budget; ");
    tokens_ = 0;
  }
  if (now < silent_until_) {
    absl::StrAppend(&violations_, "R10: a request during Retry-After; ");
    silent_until_ = now;
  }
}

void ProcessHttp::NoteAnswer(const HttpResult& result) {
  if (result.status != 429 || absl::StrContains(result.body, "QuotaFailure")) {
    return;  // "too many rooms" is no word about the rate
  }
  for (const auto& [name, value] : result.headers) {
    int seconds = 0;
    if (name == "retry-after" && absl::SimpleAtoi(value, &seconds)) {
      silent_until_ = std::max(silent_until_, scheduler_.now() + absl::Seconds(seconds));
    }
  }
}

}  // namespace roomkeeper::testing
