#include <chrono>

#include "absl/time/clock.h"

#include "lib/base/clock.h"

namespace roomkeeper {

absl::Time SystemClock::Now() const {
  return absl::Now();
}

absl::Duration SystemClock::Monotonic() const {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace roomkeeper
