#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/auth/jwt/jwks.h"
#include "lib/base/mutex.h"
#include "lib/http/http_client.h"
#include "lib/io/loop.h"
#include "lib/obs/log.h"

namespace roomkeeper {

// Whether keys may be fetched from there at all: "https://" host, perhaps port and path; nothing
// that could make a URL mean something else.
bool IsIssuerUrl(absl::string_view url);

// The keys of the issuers that operators enrolled. Callers ask for no other: an issuer is an
// address that we connect to. Thread-safe; never blocks.
//
// An issuer's discovery document (RFC 8414, else OpenID Connect's) must name that very issuer, and
// keys at the same origin or at a Databricks host; https only, no redirects, bounded in time and
// size. Keys are used for kFresh, then fetched again by whoever asks next. While that fails, the
// old ones serve up to kStaleMax. An unknown kid has them fetched anew, at most once in kRefetch
// per issuer.
class JwksCache {
 public:
  using Key = std::shared_ptr<const VerifyKey>;
  using Done = std::function<void(absl::StatusOr<Key>)>;

  static constexpr absl::Duration kFresh = absl::Minutes(15);
  static constexpr absl::Duration kStaleMax = absl::Hours(6);
  static constexpr absl::Duration kRefetch = absl::Minutes(1);
  static constexpr absl::Duration kTimeout = absl::Seconds(5);  // of a whole fetch
  // Memory bound, at some 20 KB an issuer; the one that was asked for least lately goes.
  static constexpr std::size_t kIssuersMax = 4096;

  struct Ports {
    Loop& loop;
    HttpClient& http;
    Log& log;
  };
  // The ports outlive the cache; the loop runs nothing of it any more when it goes. `ca_file`: PEM
  // authorities to trust instead of the system's.
  JwksCache(Ports ports, std::string ca_file) : ports_(ports), ca_file_(std::move(ca_file)) {}
  JwksCache(const JwksCache&) = delete;
  JwksCache& operator=(const JwksCache&) = delete;

  // `done` runs once: inside when the answer is known, else on the loop's thread. kNotFound: the
  // issuer has no such key. kUnavailable: its keys cannot be had now.
  void Find(const std::string& issuer, const std::string& kid, Done done);

 private:
  struct Waiter {
    std::string kid = {};
    Done done = {};
  };
  struct Entry {
    KeySet keys = {};
    absl::Duration fetched_at = -absl::InfiniteDuration();  // monotonic, as those below
    absl::Duration tried_at = -absl::InfiniteDuration();
    absl::Duration asked_at = -absl::InfiniteDuration();
    bool fetching = false;
    std::vector<Waiter> waiting = {};
  };

  Entry& EntryOf(const std::string& issuer, absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // What the entry says without asking the issuer.
  static absl::StatusOr<Key> Judge(const Entry& entry, const std::string& kid, absl::Duration now);
  // On the loop's thread.
  void Discover(const std::string& issuer, const char* document);
  void OnDiscovered(const std::string& issuer, const char* document, const HttpResult& result);
  void OnKeys(const std::string& issuer, const HttpResult& result);
  void End(const std::string& issuer, absl::StatusOr<KeySet> keys);
  // Sends a request with what is left of the fetch's time, or ends the fetch.
  void Get(const std::string& issuer, std::string url, HttpClient::Done done);

  Ports ports_;
  const std::string ca_file_;
  Mutex mu_;
  std::map<std::string, Entry> entries_ ABSL_GUARDED_BY(mu_);
};

}  // namespace roomkeeper
