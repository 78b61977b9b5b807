#pragma once

#include "absl/time/time.h"

namespace roomkeeper {

// How many requests one server may be sent: a token bucket whose rate halves when the server says
// 429 and grows back by a twentieth of its maximum a second (AIMD). `now` is monotonic time and
// never falls. Not thread-safe; no clock, no I/O.
class RateLimiter {
 public:
  // At most `per_second_max` (> 0) on average, and a second's worth at once (at least one).
  explicit RateLimiter(double per_second_max);

  // Takes the right to send one request now. False: not before NextAt().
  bool TryTake(absl::Duration now);
  // When TryTake will succeed.
  absl::Duration NextAt(absl::Duration now);

  // The server refused for being asked too often: nothing is sent for `retry_after`, and the rate
  // halves, at most once a second (many requests in flight meet one refusal).
  void OnRateLimited(absl::Duration now, absl::Duration retry_after);

  // The server was away and is back: the rate begins at a tenth of the maximum.
  void StartSlowly(absl::Duration now);

  // Requests per second allowed now.
  double per_second(absl::Duration now);

 private:
  void Refill(absl::Duration now);

  const double per_second_max_;
  double per_second_;
  double tokens_;
  absl::Duration refilled_at_ = -absl::InfiniteDuration();
  absl::Duration halved_at_ = -absl::InfiniteDuration();
  absl::Duration paused_until_ = -absl::InfiniteDuration();
};

}  // namespace roomkeeper
