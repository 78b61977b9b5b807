#include "lib/http/circuit_breaker.h"

#include <algorithm>
#include <utility>

#include "absl/random/uniform_real_distribution.h"

namespace roomkeeper {

CircuitBreaker::CircuitBreaker(Loop& loop, absl::BitGenRef random, Hooks hooks,
                               BreakerLimits limits)
    : loop_(loop), random_(random), hooks_(std::move(hooks)), limits_(limits) {}

CircuitBreaker::~CircuitBreaker() {
  loop_.Cancel(timer_);
}

void CircuitBreaker::Answered() {
  answered_at_ = Now();
  failures_ = 0;
  if (open_) {
    open_ = false;
    closed_at_ = answered_at_;
    loop_.Cancel(timer_);
    hooks_.changed(false);
  }
}

void CircuitBreaker::Failed(absl::Duration sent_at) {
  if (open_ || sent_at < answered_at_) {
    return;
  }
  first_sent_at_ = failures_ == 0 ? sent_at : std::min(first_sent_at_, sent_at);
  ++failures_;
  if (failures_ < limits_.calls || Now() - first_sent_at_ < limits_.span) {
    return;
  }
  open_ = true;
  // An outage that comes back soon goes on where it was, so that one answer in a hundred does not
  // undo the restraint.
  if (Now() - closed_at_ >= limits_.probe_max) {
    interval_ = limits_.probe_first;
  }
  if (!probing_) {
    ProbeLater();
  }
  hooks_.changed(true);
}

absl::Duration CircuitBreaker::NextProbeIn() const {
  return probing_ ? interval_ : probe_at_ - Now();
}

void CircuitBreaker::ProbeLater() {
  const absl::Duration delay =
      interval_ * absl::uniform_real_distribution<double>(0.5, 1.0)(random_);
  interval_ = std::min(limits_.probe_max, interval_ * 2);
  probe_at_ = Now() + delay;
  timer_ = loop_.RunAfter(delay, [this] { Probe(); });
}

void CircuitBreaker::Probe() {
  probing_ = true;
  hooks_.probe([this] {
    probing_ = false;
    if (open_) {
      ProbeLater();
    }
  });
}

}  // namespace roomkeeper
