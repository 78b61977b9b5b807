#include "lib/databricks/oauth/token_source.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/base/check.h"
#include "lib/databricks/error_map.h"
#include "lib/databricks/wire/error_json.h"
#include "lib/databricks/wire/token_json.h"
#include "lib/http/retry_policy.h"
#include "lib/obs/metric_table.h"

namespace roomkeeper {
namespace {

constexpr absl::Duration kRequestTimeout = absl::Seconds(15);
constexpr absl::Duration kMarginMax = absl::Seconds(60);
constexpr absl::Duration kRenewBeforeMax = absl::Minutes(20);
constexpr absl::Duration kRenewalRetry = absl::Minutes(1);
constexpr absl::Duration kRefusedPause = absl::Seconds(30);
constexpr RetryPolicy kRetry = {.budget = absl::Seconds(30)};

absl::string_view Origin(absl::string_view url) {
  const std::size_t scheme = url.find("://");
  return scheme == absl::string_view::npos ? url : url.substr(0, url.find('/', scheme + 3));
}

bool MayPass(const Verdict& verdict) {
  return verdict.failure.error == CallError::kUnavailable ||
         verdict.failure.error == CallError::kRateLimited;
}

// RFC 6749 5.2: invalid_client, unauthorized_client … never heal by themselves.
std::string OAuthCode(const HttpResult& result, const CallFailure& failure) {
  return failure.error_code.empty() ? absl::StrCat("HTTP_", result.status) : failure.error_code;
}

bool Answered(const HttpResult& result) {
  return result.transport == HttpResult::Transport::kAnswered && result.status == 200;
}

}  // namespace

// One look at each credential but one, in turn.
struct TokenSource::Proof {
  std::optional<std::size_t> except = {};
  std::size_t next = 0;
  std::function<void()> done = {};
};

TokenSource::TokenSource(Ports ports, TokenSourceOptions options)
    : ports_(ports),
      options_(std::move(options)),
      credentials_(options_.client_id, options_.credentials) {
  ShowDead();
}

bool TokenSource::Usable() const {
  return ports_.loop.clock().Monotonic() < usable_until_;
}

bool TokenSource::Prepare(Ready ready) {
  if (Usable()) {
    return true;
  }
  waiting_.push_back(std::move(ready));
  Begin();
  return false;
}

std::uint64_t TokenSource::Authorize(HttpRequest& request) const {
  RK_CHECK(!token_.empty());
  ports_.metrics.Set(metric::kTokenAge, {options_.shard},
                     absl::ToDoubleSeconds(ports_.loop.clock().Monotonic() - issued_at_));
  request.headers.emplace_back("Authorization", absl::StrCat("Bearer ", token_.Reveal()));
  return number_;
}

void TokenSource::Refused(std::uint64_t token) {
  if (token == number_) {  // else it has been renewed since
    usable_until_ = -absl::InfiniteDuration();
  }
}

void TokenSource::Begin() {
  if (asking_) {
    return;
  }
  asking_ = true;
  attempts_ = 0;
  refused_ = 0;
  refusals_.clear();
  asking_since_ = ports_.loop.clock().Monotonic();
  if (asking_since_ < blocked_until_) {
    ports_.loop.Post([this] { End(last_failure_); });
    return;
  }
  endpoint_.empty() ? Discover() : Exchange();
}

void TokenSource::Discover() {
  ++attempts_;
  HttpRequest request = {
      .method = "GET",
      .url = absl::StrCat(options_.host, "/oidc/.well-known/oauth-authorization-server"),
      .headers = {{"Accept", "application/json"}, {"User-Agent", options_.user_agent}},
      .timeout = kRequestTimeout,
      .ca_file = options_.ca_file};
  ports_.http.Send(std::move(request), [this](const HttpResult& result) {
    if (!Answered(result)) {
      RetryOrFail(result, "discovery");
      return;
    }
    const absl::StatusOr<std::string> endpoint = wire::ParseTokenEndpoint(result.body);
    if (!endpoint.ok()) {
      Fail(CallError::kUnauthenticated, "discovery",
           absl::StrCat(options_.host,
                        " does not look like a workspace: ", endpoint.status().message()));
    } else if (AcceptEndpoint(*endpoint)) {
      Exchange();
    }
  });
}

// The secret goes where discovery says, so that must be the workspace itself or Databricks.
bool TokenSource::AcceptEndpoint(const std::string& endpoint) {
  const absl::string_view origin = Origin(endpoint);
  const bool plain = origin.find_first_of("@\\#?%") == absl::string_view::npos;
  const bool databricks =
      plain && absl::StartsWith(origin, "https://") &&
      (absl::EndsWith(origin, ".databricks.com") || absl::EndsWith(origin, ".azuredatabricks.net"));
  if (origin != Origin(options_.host) && !databricks) {
    Fail(CallError::kUnauthenticated, "discovery",
         absl::StrCat("token_endpoint must be at ", options_.host, " or at a Databricks host, got ",
                      origin));
    return false;
  }
  endpoint_ = endpoint;
  return true;
}

void TokenSource::Ask(std::size_t credential, std::function<void(HttpResult&)> answered,
                      std::function<void(absl::Status)> unreadable) {
  absl::StatusOr<HttpRequest> request = credentials_.MakeRequest(credential);
  if (!request.ok()) {
    ports_.loop.Post(
        [unreadable = std::move(unreadable), status = request.status()] { unreadable(status); });
    return;
  }
  request->url = endpoint_;
  request->headers.emplace_back("User-Agent", options_.user_agent);
  request->timeout = kRequestTimeout;
  request->ca_file = options_.ca_file;
  request->secret_answer = true;
  ports_.http.Send(*std::move(request), [answered = std::move(answered)](HttpResult result) {
    answered(result);
    Wipe(result.body);
  });
}

void TokenSource::Exchange() {
  ++attempts_;
  Ask(
      trying_, [this](HttpResult& result) { OnExchanged(result); },
      [this](const absl::Status& status) { OnRefused("secret", std::string(status.message())); });
}

void TokenSource::OnExchanged(HttpResult& result) {
  if (!Answered(result)) {
    RetryOrFail(result, "token request");
    return;
  }
  absl::StatusOr<wire::TokenBody> token = wire::ParseToken(result.body);
  if (!token.ok()) {
    Fail(CallError::kUnavailable, "answer", std::string(token.status().message()));
    return;
  }
  const absl::Duration now = ports_.loop.clock().Monotonic();
  token_ = std::move(token->access_token);
  ++number_;
  issued_at_ = now;
  usable_until_ = now + token->lifetime - std::min(kMarginMax, token->lifetime / 4);
  credentials_.Accepted(trying_, ports_.loop.clock().Now());
  credentials_.Use(trying_);
  ports_.loop.Cancel(renewal_);
  const absl::Duration renew_in = token->lifetime - std::min(token->lifetime / 2, kRenewBeforeMax);
  renewal_ = ports_.loop.RunAfter(renew_in, [this] { Begin(); });
  End({});
  ProveNext(std::make_shared<Proof>(Proof{.except = trying_}));
}

// This credential is no use: the next one, or no token.
void TokenSource::OnRefused(const std::string& reason, const std::string& message) {
  const bool one_of_many = credentials_.size() > 1;
  absl::StrAppend(&refusals_, refusals_.empty() ? "" : "; ",
                  one_of_many ? credentials_.name(trying_) + ": " : "", message);
  if (one_of_many && !credentials_.IsAbsent(trying_)) {
    ports_.log.Warning("credential is refused", {{"shard", options_.shard},
                                                 {"credential", credentials_.name(trying_)},
                                                 {"error", message}});
  }
  trying_ = (trying_ + 1) % credentials_.size();
  if (++refused_ < credentials_.size()) {
    Exchange();
    return;
  }
  Fail(CallError::kUnauthenticated, reason, refusals_);
}

void TokenSource::Prove(std::function<void(std::vector<CredentialStatus>)> done) {
  const auto proof = std::make_shared<Proof>();
  proof->done = [this, done = std::move(done)] { done(credentials_.Report()); };
  const auto begin = [this, proof](const CallFailure& failure) {
    if (endpoint_.empty()) {
      for (std::size_t i = 0; i < credentials_.size(); ++i) {
        credentials_.Unknown(i, failure.message);
      }
      proof->next = credentials_.size();
    }
    ProveNext(proof);
  };
  if (!endpoint_.empty()) {
    ports_.loop.Post([begin] { begin({}); });
  } else if (Prepare(begin)) {
    ports_.loop.Post([begin] { begin({}); });
  }
}

void TokenSource::ProveNext(const std::shared_ptr<Proof>& proof) {
  if (proof->next == proof->except) {
    ++proof->next;
  }
  if (proof->next >= credentials_.size()) {
    ShowDead();
    if (proof->done != nullptr) {
      proof->done();
    }
    return;
  }
  Ask(
      proof->next, [this, proof](HttpResult& result) { OnProved(proof, result); },
      [this, proof](const absl::Status&) {
        ++proof->next;
        ProveNext(proof);
      });
}

void TokenSource::OnProved(const std::shared_ptr<Proof>& proof, const HttpResult& result) {
  const absl::Time now = ports_.loop.clock().Now();
  const std::size_t credential = proof->next++;
  const Verdict verdict = Judge(result, RestVerb::kRead, now);
  if (Answered(result)) {
    credentials_.Accepted(credential, now);
    if (!Usable() && !asking_) {
      trying_ = credential;
      blocked_until_ = -absl::InfiniteDuration();
    }
  } else if (MayPass(verdict)) {
    credentials_.Unknown(credential, verdict.failure.message);
  } else {
    credentials_.Refused(
        credential, now,
        absl::StrCat("the token request was refused: ", OAuthCode(result, verdict.failure), ": ",
                     verdict.failure.message));
  }
  ProveNext(proof);
}

void TokenSource::ShowDead() {
  for (std::size_t i = 0; i < credentials_.size(); ++i) {
    ports_.metrics.Set(metric::kCredentialDead, {options_.shard, credentials_.name(i)},
                       credentials_.IsDead(i) ? 1 : 0);
  }
}

void TokenSource::RetryOrFail(const HttpResult& result, const char* step) {
  const absl::Time wall = ports_.loop.clock().Now();
  const Verdict verdict = Judge(result, RestVerb::kRead, wall);
  const CallFailure& failure = verdict.failure;
  if (!MayPass(verdict)) {
    const bool of_credential = !endpoint_.empty() && result.status != 404;
    if (result.status == 404) {
      endpoint_.clear();  // it may have moved
    }
    const std::string code = OAuthCode(result, failure);
    const std::string reason = code == "invalid_client" ? "invalid_client" : "refused";
    const std::string message =
        absl::StrCat("the ", step, " was refused: ", code, ": ", failure.message);
    if (of_credential) {
      credentials_.Refused(trying_, wall, message);
      OnRefused(reason, message);
    } else {
      Fail(CallError::kUnauthenticated, reason, message);
    }
    return;
  }
  const std::optional<absl::Duration> delay =
      NextRetry(kRetry, attempts_, ports_.loop.clock().Monotonic() - asking_since_,
                failure.retry_after, ports_.random);
  if (!delay.has_value() || options_.outage()) {
    Fail(failure.error, failure.error == CallError::kRateLimited ? "rate_limited" : "unavailable",
         absl::StrCat("the ", step, " failed ", attempts_, " times: ", failure.message));
    return;
  }
  ports_.loop.RunAfter(*delay, [this] { endpoint_.empty() ? Discover() : Exchange(); });
}

void TokenSource::Fail(CallError error, absl::string_view reason, std::string message) {
  ports_.metrics.Add(metric::kTokenFailures, {options_.shard, reason});
  ports_.log.Warning("no access token", {{"shard", options_.shard},
                                         {"reason", std::string(reason)},
                                         {"error", message},
                                         {"old_token_usable", Usable()}});
  ShowDead();
  const absl::Duration now = ports_.loop.clock().Monotonic();
  blocked_until_ = error == CallError::kUnauthenticated ? now + kRefusedPause : now;
  last_failure_ = {
      .error = error, .error_code = std::string(reason), .message = std::move(message)};
  if (Usable()) {  // this was a renewal ahead of time
    ports_.loop.Cancel(renewal_);
    renewal_ = ports_.loop.RunAfter(kRenewalRetry, [this] { Begin(); });
  }
  End(last_failure_);
}

void TokenSource::End(CallFailure failure) {
  asking_ = false;
  const std::vector<Ready> ready = std::exchange(waiting_, {});
  for (const Ready& it : ready) {
    it(failure);
  }
}

}  // namespace roomkeeper
