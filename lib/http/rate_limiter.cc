#include "lib/http/rate_limiter.h"

#include <algorithm>

#include "lib/base/check.h"

namespace roomkeeper {
namespace {

// Slower than this helps nobody: one request in ten seconds still learns when the server recovers.
constexpr double kPerSecondMin = 0.1;
constexpr double kRecoveryPerSecond = 0.05;  // of the maximum
constexpr double kStart = 0.1;               // of the maximum

}  // namespace

RateLimiter::RateLimiter(double per_second_max)
    : per_second_max_(per_second_max),
      per_second_(per_second_max),
      tokens_(std::max(per_second_max, 1.0)) {
  RK_CHECK(per_second_max > 0);
}

void RateLimiter::Refill(absl::Duration now) {
  if (now <= refilled_at_) {
    return;
  }
  if (refilled_at_ != -absl::InfiniteDuration()) {
    const double seconds = absl::ToDoubleSeconds(now - refilled_at_);
    per_second_ =
        std::min(per_second_max_, per_second_ + seconds * kRecoveryPerSecond * per_second_max_);
    tokens_ = std::min(std::max(per_second_, 1.0), tokens_ + seconds * per_second_);
  }
  refilled_at_ = now;
}

bool RateLimiter::TryTake(absl::Duration now) {
  Refill(now);
  if (now < paused_until_ || tokens_ < 1.0) {
    return false;
  }
  tokens_ -= 1.0;
  return true;
}

absl::Duration RateLimiter::NextAt(absl::Duration now) {
  Refill(now);
  const double missing = std::max(0.0, 1.0 - tokens_);
  // A millisecond more than computed, so that rounding does not cost a second wake-up.
  const absl::Duration wait = missing > 0
                                  ? absl::Seconds(missing / per_second_) + absl::Milliseconds(1)
                                  : absl::ZeroDuration();
  return std::max(now + wait, paused_until_);
}

void RateLimiter::OnRateLimited(absl::Duration now, absl::Duration retry_after) {
  Refill(now);
  paused_until_ = std::max(paused_until_, now + retry_after);
  if (now - halved_at_ >= absl::Seconds(1)) {
    halved_at_ = now;
    per_second_ = std::max(std::min(kPerSecondMin, per_second_max_), per_second_ / 2);
    tokens_ = std::min(tokens_, 1.0);
  }
}

void RateLimiter::StartSlowly(absl::Duration now) {
  Refill(now);
  per_second_ = std::min(per_second_, per_second_max_ * kStart);
  tokens_ = std::min(tokens_, 1.0);
}

double RateLimiter::per_second(absl::Duration now) {
  Refill(now);
  return per_second_;
}

}  // namespace roomkeeper
