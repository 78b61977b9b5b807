#include "lib/auth/jwt/jwks_cache.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

#include "lib/config/address.h"

namespace roomkeeper {
namespace {

constexpr char kAuthorizationServer[] = "/.well-known/oauth-authorization-server";
constexpr char kOpenId[] = "/.well-known/openid-configuration";

absl::string_view OriginOf(absl::string_view url) {
  const std::size_t host = std::strlen("https://");
  return url.substr(0, std::min(url.find('/', host), url.size()));
}

bool IsOneOf(absl::string_view origin, const std::vector<std::string>& hosts) {
  return std::any_of(hosts.begin(), hosts.end(), [origin](const std::string& host) {
    return absl::StartsWith(host, ".") ? absl::EndsWith(origin, host)
                                       : origin == absl::StrCat("https://", host);
  });
}

std::string Failure(const HttpResult& result) {
  return result.transport == HttpResult::Transport::kAnswered ? absl::StrCat("HTTP ", result.status)
                                                              : result.error;
}

bool IsAnswer(const HttpResult& result, int status) {
  return result.transport == HttpResult::Transport::kAnswered && result.status == status;
}

}  // namespace

JwksCache::Entry& JwksCache::EntryOf(const std::string& issuer, absl::Duration now) {
  if (!entries_.contains(issuer) && entries_.size() >= kIssuersMax) {
    auto oldest = entries_.end();
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      if (!it->second.fetching &&
          (oldest == entries_.end() || it->second.asked_at < oldest->second.asked_at)) {
        oldest = it;
      }
    }
    if (oldest != entries_.end()) {
      entries_.erase(oldest);
    }
  }
  Entry& entry = entries_[issuer];
  entry.asked_at = now;
  return entry;
}

absl::StatusOr<JwksCache::Key> JwksCache::Judge(const Entry& entry, const std::string& kid,
                                                absl::Duration now) {
  if (now - entry.fetched_at > kStaleMax) {
    return absl::UnavailableError("the issuer's keys cannot be had now");
  }
  const auto found = entry.keys.find(kid);
  if (found == entry.keys.end()) {
    return absl::NotFoundError("the issuer has no such key");
  }
  return found->second;
}

void JwksCache::Find(const std::string& issuer, const std::string& kid, Done done) {
  const absl::Duration now = ports_.loop.clock().Monotonic();
  absl::StatusOr<Key> known = absl::UnavailableError("");
  {
    const MutexLock lock(mu_);
    Entry& entry = EntryOf(issuer, now);
    known = Judge(entry, kid, now);
    const bool good = known.ok() && now - entry.fetched_at <= kFresh;
    if (!good && (entry.fetching || now - entry.tried_at >= kRefetch)) {
      entry.waiting.push_back({.kid = kid, .done = std::move(done)});
      if (!std::exchange(entry.fetching, true)) {
        entry.tried_at = now;
        ports_.loop.Post([this, issuer] { Discover(issuer, kAuthorizationServer); });
      }
      return;
    }
  }
  done(std::move(known));
}

void JwksCache::Get(const std::string& issuer, std::string url, HttpClient::Done done) {
  absl::Duration left = absl::ZeroDuration();
  {
    const MutexLock lock(mu_);
    left = entries_[issuer].tried_at + kTimeout - ports_.loop.clock().Monotonic();
  }
  if (left <= absl::ZeroDuration()) {
    End(issuer, absl::UnavailableError("the issuer took too long"));
    return;
  }
  ports_.http.Send({.method = "GET",
                    .url = std::move(url),
                    .headers = {{"Accept", "application/json"}},
                    .timeout = left,
                    .ca_file = places_.ca_file,
                    .body_bytes_max = kJwksBytesMax},
                   std::move(done));
}

bool JwksCache::MayHoldKeys(absl::string_view issuer, absl::string_view url) const {
  return IsIssuerUrl(url) &&
         (OriginOf(url) == OriginOf(issuer) || IsOneOf(OriginOf(url), places_.key_hosts));
}

void JwksCache::Discover(const std::string& issuer, const char* document) {
  Get(issuer, absl::StrCat(absl::StripSuffix(issuer, "/"), document),
      [this, issuer, document](const HttpResult& result) {
        OnDiscovered(issuer, document, result);
      });
}

void JwksCache::OnDiscovered(const std::string& issuer, const char* document,
                             const HttpResult& result) {
  if (IsAnswer(result, 404) && document != kOpenId) {
    Discover(issuer, kOpenId);
    return;
  }
  if (!IsAnswer(result, 200)) {
    End(issuer, absl::UnavailableError(absl::StrCat("discovery: ", Failure(result))));
    return;
  }
  const absl::StatusOr<Discovery> found = ParseDiscovery(result.body);
  if (!found.ok()) {
    End(issuer, absl::UnavailableError(absl::StrCat("discovery: ", found.status().message())));
  } else if (found->issuer != issuer) {
    End(issuer, absl::UnavailableError("discovery: the document is another issuer's"));
  } else if (!MayHoldKeys(issuer, found->jwks_uri)) {
    End(issuer,
        absl::UnavailableError(absl::StrCat(
            "discovery: jwks_uri must be https, at the issuer's host",
            places_.key_hosts.empty() ? "" : " or ", absl::StrJoin(places_.key_hosts, " or "))));
  } else {
    Get(issuer, found->jwks_uri,
        [this, issuer](const HttpResult& answer) { OnKeys(issuer, answer); });
  }
}

void JwksCache::OnKeys(const std::string& issuer, const HttpResult& result) {
  if (!IsAnswer(result, 200)) {
    End(issuer, absl::UnavailableError(absl::StrCat("keys: ", Failure(result))));
    return;
  }
  End(issuer, ParseJwks(result.body));
}

void JwksCache::End(const std::string& issuer, absl::StatusOr<KeySet> keys) {
  if (!keys.ok()) {
    ports_.log.Warning("no keys of a token issuer",
                       {{"issuer", issuer}, {"error", std::string(keys.status().message())}});
  }
  const absl::Duration now = ports_.loop.clock().Monotonic();
  std::vector<Waiter> waiting;
  std::vector<absl::StatusOr<Key>> answers;
  {
    const MutexLock lock(mu_);
    Entry& entry = entries_[issuer];  // it is fetching, so it was kept
    entry.fetching = false;
    if (keys.ok()) {
      entry.keys = *std::move(keys);
      entry.fetched_at = now;
    }
    waiting = std::exchange(entry.waiting, {});
    for (const Waiter& waiter : waiting) {
      answers.push_back(Judge(entry, waiter.kid, now));
    }
  }
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    waiting[i].done(std::move(answers[i]));
  }
}

}  // namespace roomkeeper
