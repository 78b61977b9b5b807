#include "lib/base/once_event.h"

#include <utility>

namespace roomkeeper {

std::uint64_t OnceEvent::Add(std::function<void()> callback) {
  {
    const MutexLock lock(mu_);
    if (!fired_) {
      callbacks_.emplace(next_id_, std::move(callback));
      return next_id_++;
    }
  }
  callback();
  return 0;
}

void OnceEvent::Forget(std::uint64_t id) {
  std::function<void()> dropped;  // destroyed outside the lock: it may own the caller
  const MutexLock lock(mu_);
  const auto found = callbacks_.find(id);
  if (found != callbacks_.end()) {
    dropped = std::move(found->second);
    callbacks_.erase(found);
  }
}

void OnceEvent::Fire() {
  std::map<std::uint64_t, std::function<void()>> callbacks;
  {
    const MutexLock lock(mu_);
    fired_ = true;
    callbacks.swap(callbacks_);
  }
  for (const auto& [id, callback] : callbacks) {
    callback();
  }
}

bool OnceEvent::fired() const {
  const MutexLock lock(mu_);
  return fired_;
}

}  // namespace roomkeeper
