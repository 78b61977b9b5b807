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

// The keys of the issuers that operators enrolled or configured. Callers ask for no other: an
// issuer is an address that we connect to. Thread-safe; never blocks.
//
// An issuer's discovery document (RFC 8414, else OpenID Connect's) must name that very issuer, and
// keys at the same origin or one of Places::key_hosts; https only, no redirects, bounded in time
// and size. Keys are used for kFresh, then fetched again by whoever asks next. While that fails,
// the old ones serve up to kStaleMax. An unknown kid has them fetched anew, at most once in
// kRefetch per issuer.
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
  struct Places {
    std::string ca_file = {};  // PEM authorities to trust instead of the system's
    // Other hosts that may hold an issuer's keys, ".…" all that end so. Databricks serves those of
    // a workspace from a regional host.
    std::vector<std::string> key_hosts = {".databricks.com", ".azuredatabricks.net"};
  };
  // The ports outlive the cache; the loop runs nothing of it any more when it goes.
  JwksCache(Ports ports, Places places) : ports_(ports), places_(std::move(places)) {}
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
  bool MayHoldKeys(absl::string_view issuer, absl::string_view url) const;
  // On the loop's thread.
  void Discover(const std::string& issuer, const char* document);
  void OnDiscovered(const std::string& issuer, const char* document, const HttpResult& result);
  void OnKeys(const std::string& issuer, const HttpResult& result);
  void End(const std::string& issuer, absl::StatusOr<KeySet> keys);
  // Sends a request with what is left of the fetch's time, or ends the fetch.
  void Get(const std::string& issuer, std::string url, HttpClient::Done done);

  Ports ports_;
  const Places places_;
  Mutex mu_;
  std::map<std::string, Entry> entries_ ABSL_GUARDED_BY(mu_);
};

}  // namespace roomkeeper
