#pragma once

#include "absl/time/time.h"

#include "lib/base/clock.h"
#include "lib/base/mutex.h"

namespace roomkeeper::testing {

// Stands still until told. Thread-safe. Starts at 2026-11-20T00:00:00Z; the two clocks advance
// together.
class FakeClock final : public Clock {
 public:
  absl::Time Now() const override {
    const MutexLock lock(mu_);
    return now_;
  }
  absl::Duration Monotonic() const override {
    const MutexLock lock(mu_);
    return monotonic_;
  }
  void Advance(absl::Duration by) {
    const MutexLock lock(mu_);
    now_ += by;
    monotonic_ += by;
  }
  // The wall clock steps, as when NTP corrects it; the monotonic one does not.
  void Step(absl::Duration by) {
    const MutexLock lock(mu_);
    now_ += by;
  }

 private:
  mutable Mutex mu_;
  absl::Time now_ ABSL_GUARDED_BY(mu_) = absl::FromUnixSeconds(1795132800);
  absl::Duration monotonic_ ABSL_GUARDED_BY(mu_) = absl::Hours(1);
};

}  // namespace roomkeeper::testing
