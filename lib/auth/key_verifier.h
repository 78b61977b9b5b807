#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "lib/auth/principal.h"
#include "lib/base/clock.h"
#include "lib/base/mutex.h"
#include "lib/base/secret.h"
#include "lib/store/job_store.h"

namespace roomkeeper {

// Turns a presented API key into a Principal. Thread-safe; never blocks. Rows are cached, so that
// an RPC costs a hash and no read; a revocation empties its entry at once (Forget), and an entry
// is read again after kCacheFor, in case another replica revoked it and the hint was lost.
// `done` runs once, inside Verify when the row is cached, else on a thread of the store.
// kUnauthenticated with reason API_KEY_MISSING, _INVALID, _EXPIRED or _REVOKED; the last two only
// to a caller who has the right secret. kUnavailable when the store is.
class KeyVerifier {
 public:
  using Done = std::function<void(absl::StatusOr<Principal>)>;

  // How long another replica's revocation may stay unseen here, at worst.
  static constexpr absl::Duration kCacheFor = absl::Seconds(30);
  // Memory bound: about 300 bytes an entry. When full it starts again from empty.
  static constexpr std::size_t kCachedMax = 10000;

  KeyVerifier(BrandStore& brands, const Clock& clock) : brands_(brands), clock_(clock) {}

  void Verify(const Secret& key, Done done);
  // The commit listener calls it with the keys that a commit created or revoked.
  void Forget(const std::vector<ApiKeyId>& keys);

 private:
  struct Cached {
    ApiKey key = {};
    absl::Duration until = absl::ZeroDuration();  // monotonic
  };

  absl::StatusOr<Principal> Judge(const ApiKey& key, const Secret& secret) const;

  BrandStore& brands_;
  const Clock& clock_;
  Mutex mu_;
  absl::flat_hash_map<ApiKeyId, Cached> cache_ ABSL_GUARDED_BY(mu_);
  // Counts Forget calls: a row read before one and answered after it must not be cached.
  std::uint64_t forgotten_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace roomkeeper
