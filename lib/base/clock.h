#pragma once

#include "absl/time/time.h"

namespace roomkeeper {

// Where time comes from. Thread-safe; never blocks. Tests pass a fake (tests/support/fake_clock.h).
class Clock {
 public:
  virtual ~Clock() = default;

  // Wall clock, UTC: for records, and for deadlines that outlive the process. May step in either
  // direction.
  virtual absl::Time Now() const = 0;

  // Time since an arbitrary start, never falling: for durations and waits inside this process.
  virtual absl::Duration Monotonic() const = 0;
};

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override;
  absl::Duration Monotonic() const override;
};

}  // namespace roomkeeper
