#pragma once

#include <functional>

#include "absl/random/bit_gen_ref.h"
#include "absl/time/time.h"

#include "lib/io/loop.h"

namespace roomkeeper {

struct BreakerLimits {
  int calls = 5;                           // so many in a row meet an outage, …
  absl::Duration span = absl::Seconds(5);  // … the first sent this long ago: it opens
  // The n-th probe comes between half of min(probe_max, probe_first * 2^n) and all of it after the
  // one before.
  absl::Duration probe_first = absl::Seconds(1);
  absl::Duration probe_max = absl::Seconds(30);
};

// Whether one server answers at all. Opens when calls in a row meet an outage. While it is open its
// owner sends nothing but the probes that it is asked for, one at a time, at growing intervals; any
// answer closes it. Loop thread only.
class CircuitBreaker {
 public:
  struct Hooks {
    // Sends one cheap call, whose outcome is told as that of any other, and then runs `done`.
    std::function<void(std::function<void()> done)> probe = {};
    std::function<void(bool open)> changed = {};
  };

  // The loop outlives the breaker, and the breaker its calls.
  CircuitBreaker(Loop& loop, absl::BitGenRef random, Hooks hooks, BreakerLimits limits = {});
  ~CircuitBreaker();
  CircuitBreaker(const CircuitBreaker&) = delete;
  CircuitBreaker& operator=(const CircuitBreaker&) = delete;

  bool open() const { return open_; }
  // A call was answered, if only by a refusal.
  void Answered();
  // A call met an outage: no connection, no answer in time, an error of the server. To be told once
  // for each call, however often it is repeated. One sent (monotonic) before the last answer came
  // proves nothing.
  void Failed(absl::Duration sent_at);
  // While it is open: when it may be closed, at the earliest; about.
  absl::Duration NextProbeIn() const;

 private:
  absl::Duration Now() const { return loop_.clock().Monotonic(); }
  void ProbeLater();
  void Probe();

  Loop& loop_;
  absl::BitGenRef random_;
  const Hooks hooks_;
  const BreakerLimits limits_;
  bool open_ = false;
  absl::Duration answered_at_ = -absl::InfiniteDuration();
  int failures_ = 0;  // of calls sent since then
  absl::Duration first_sent_at_ = absl::ZeroDuration();
  absl::Duration closed_at_ = -absl::InfiniteDuration();
  absl::Duration interval_ = absl::ZeroDuration();  // until the next probe, at most
  absl::Duration probe_at_ = absl::ZeroDuration();
  bool probing_ = false;
  Loop::TimerId timer_ = 0;
};

}  // namespace roomkeeper
