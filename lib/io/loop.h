#pragma once

#include <cstdint>
#include <functional>

#include "absl/time/time.h"

#include "lib/base/clock.h"

namespace roomkeeper {

// One thread's worth of work: what the engine, the platform client and the room observer run on.
// The real one is EventLoop (epoll, lib/io/event_loop.h); tests run the same code under virtual
// time (tests/support/fake_loop.h).
class Loop {
 public:
  using Task = std::function<void()>;
  using TimerId = std::uint64_t;  // never 0

  virtual ~Loop() = default;

  // Runs `task` on the loop's thread, after the tasks posted before. Thread-safe; never runs it
  // inline.
  virtual void Post(Task task) = 0;

  // Loop thread only. Runs `task` once `delay` has passed on the monotonic clock (at once if it is
  // not positive, but never inline). Accurate to 10 ms for delays from 1 s on, to 1 ms below.
  virtual TimerId RunAfter(absl::Duration delay, Task task) = 0;
  // Loop thread only. A timer that has fired or was cancelled is ignored.
  virtual void Cancel(TimerId id) = 0;

  virtual const Clock& clock() const = 0;
};

}  // namespace roomkeeper
