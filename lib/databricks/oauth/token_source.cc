#include "lib/databricks/token_source.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
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

// application/x-www-form-urlencoded credentials before Basic, as RFC 6749 2.3.1 asks; both parts
// are letters, digits and dashes in practice.
std::string BasicCredentials(const std::string& client_id, const Secret& secret) {
  std::string plain = absl::StrCat(client_id, ":", secret.Reveal());
  std::string encoded = absl::Base64Escape(plain);
  std::string header = absl::StrCat("Basic ", encoded);
  Wipe(plain);
  Wipe(encoded);
  return header;
}

}  // namespace

TokenSource::TokenSource(Ports ports, TokenSourceOptions options)
    : ports_(ports), options_(std::move(options)) {}

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
    if (result.transport != HttpResult::Transport::kAnswered || result.status != 200) {
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

void TokenSource::Exchange() {
  const absl::StatusOr<Secret> secret = options_.read_secret();
  if (!secret.ok()) {
    const std::string message(secret.status().message());
    ports_.loop.Post([this, message] { Fail(CallError::kUnauthenticated, "secret", message); });
    return;
  }
  ++attempts_;
  HttpRequest request = {.method = "POST",
                         .url = endpoint_,
                         .headers = {{"Accept", "application/json"},
                                     {"Content-Type", "application/x-www-form-urlencoded"},
                                     {"User-Agent", options_.user_agent}},
                         .body = "grant_type=client_credentials&scope=all-apis",
                         .timeout = kRequestTimeout,
                         .ca_file = options_.ca_file};
  // Not above: a braced list would be copied, and the copy left unwiped.
  request.headers.emplace_back("Authorization", BasicCredentials(options_.client_id, *secret));
  ports_.http.Send(std::move(request), [this](const HttpResult& result) { OnExchanged(result); });
}

void TokenSource::OnExchanged(const HttpResult& result) {
  if (result.transport != HttpResult::Transport::kAnswered || result.status != 200) {
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
  ports_.loop.Cancel(renewal_);
  const absl::Duration renew_in = token->lifetime - std::min(token->lifetime / 2, kRenewBeforeMax);
  renewal_ = ports_.loop.RunAfter(renew_in, [this] { Begin(); });
  End({});
}

void TokenSource::RetryOrFail(const HttpResult& result, const char* step) {
  const absl::Time wall = ports_.loop.clock().Now();
  const Verdict verdict = Judge(result, RestVerb::kRead, wall);
  const CallFailure& failure = verdict.failure;
  const bool worth_it =
      failure.error == CallError::kUnavailable || failure.error == CallError::kRateLimited;
  if (!worth_it) {
    if (result.status == 404) {
      endpoint_.clear();  // it may have moved
    }
    // RFC 6749 5.2: invalid_client, unauthorized_client … never heal by themselves.
    const std::string code =
        failure.error_code.empty() ? absl::StrCat("HTTP_", result.status) : failure.error_code;
    Fail(CallError::kUnauthenticated, code == "invalid_client" ? "invalid_client" : "refused",
         absl::StrCat("the ", step, " was refused: ", code, ": ", failure.message));
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
