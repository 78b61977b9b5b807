#include "lib/auth/key_verifier.h"

#include <optional>
#include <utility>

#include "lib/auth/api_key.h"
#include "lib/model/reasons.h"
#include "lib/model/refusal.h"

namespace roomkeeper {
namespace {

absl::Status Invalid() {
  return Unauthenticated(reason::kApiKeyInvalid, "the API key is not known to this server");
}

}  // namespace

void KeyVerifier::Verify(const Secret& key, Done done) {
  if (key.empty()) {
    done(Unauthenticated(reason::kApiKeyMissing,
                         "this call needs an API key in metadata \"authorization: Bearer rk_…\""));
    return;
  }
  std::optional<PresentedKey> presented = ParseApiKey(key.Reveal());
  if (!presented) {
    done(Invalid());
    return;
  }
  std::optional<ApiKey> cached;
  std::uint64_t forgotten = 0;
  {
    const MutexLock lock(mu_);
    forgotten = forgotten_;
    const auto found = cache_.find(presented->id);
    if (found != cache_.end() && clock_.Monotonic() < found->second.until) {
      cached = found->second.key;
    }
  }
  if (cached) {
    done(Judge(*cached, presented->secret));
    return;
  }
  brands_.GetApiKey(presented->id, [this, forgotten, secret = presented->secret,
                                    done = std::move(done)](absl::StatusOr<ApiKey> row) {
    if (!row.ok()) {
      done(absl::IsNotFound(row.status()) ? Invalid() : row.status());
      return;
    }
    {
      const MutexLock lock(mu_);
      if (forgotten == forgotten_) {
        if (cache_.size() >= kCachedMax) {
          cache_.clear();
        }
        cache_[row->id] = {.key = *row, .until = clock_.Monotonic() + kCacheFor};
      }
    }
    done(Judge(*row, secret));
  });
}

void KeyVerifier::Forget(const std::vector<ApiKeyId>& keys) {
  if (keys.empty()) {
    return;
  }
  const MutexLock lock(mu_);
  ++forgotten_;
  for (const ApiKeyId& key : keys) {
    cache_.erase(key);
  }
}

absl::StatusOr<Principal> KeyVerifier::Judge(const ApiKey& key, const Secret& secret) const {
  if (!Matches(key, secret)) {
    return Invalid();
  }
  if (key.revoked_at) {
    return Unauthenticated(reason::kApiKeyRevoked, "the API key was revoked");
  }
  if (key.expires_at && clock_.Now() >= *key.expires_at) {
    return Unauthenticated(reason::kApiKeyExpired, "the API key has expired");
  }
  return Principal{.role = key.role,
                   .brand = key.brand,
                   .install = key.install,
                   .ci = key.ci,
                   .key = key.id};
}

}  // namespace roomkeeper
