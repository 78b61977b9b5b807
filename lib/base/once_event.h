#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "lib/base/mutex.h"

namespace roomkeeper {

// Something that happens once, and who wants to hear of it. Thread-safe.
class OnceEvent {
 public:
  // `callback` runs once when it happens, on that thread; at once, inside, if it has. It may run
  // while it is being forgotten, so it owns what it touches. The answer is for Forget.
  std::uint64_t Add(std::function<void()> callback);
  void Forget(std::uint64_t id);

  // It happens. Again: nothing.
  void Fire();
  bool fired() const;

 private:
  mutable Mutex mu_;
  bool fired_ ABSL_GUARDED_BY(mu_) = false;
  std::uint64_t next_id_ ABSL_GUARDED_BY(mu_) = 1;
  std::map<std::uint64_t, std::function<void()>> callbacks_ ABSL_GUARDED_BY(mu_);
};

}  // namespace roomkeeper
