#pragma once

#include <atomic>
#include <cstdint>

#include "lib/base/clock.h"

namespace roomkeeper::sim {

// The system's clock, moved ahead at will, so that a script sees tokens and outputs expire without
// waiting. Thread-safe.
class SimClock final : public Clock {
 public:
  absl::Time Now() const override { return system_.Now() + ahead(); }
  absl::Duration Monotonic() const override { return system_.Monotonic() + ahead(); }

  // `by` is not negative.
  void Advance(absl::Duration by) { ahead_ns_ += absl::ToInt64Nanoseconds(by); }
  absl::Duration ahead() const { return absl::Nanoseconds(ahead_ns_.load()); }

 private:
  SystemClock system_;
  std::atomic<std::int64_t> ahead_ns_ = 0;
};

}  // namespace roomkeeper::sim
