#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <utility>

#include "absl/time/time.h"

#include "lib/io/loop.h"
#include "tests/support/fake_clock.h"

namespace roomkeeper::testing {

// The loop under virtual time, on the test's own thread: nothing runs until the test says so, and
// timers fire in time order (ties: in the order they were set). Single-threaded: Post only from the
// test's thread.
class FakeLoop final : public Loop {
 public:
  void Post(Task task) override { tasks_.push_back(std::move(task)); }
  TimerId RunAfter(absl::Duration delay, Task task) override;
  void Cancel(TimerId id) override;
  const Clock& clock() const override { return clock_; }
  FakeClock& fake_clock() { return clock_; }

  // Runs what is posted, and what that posts, without moving time.
  void RunPosted();
  // Runs posted tasks and timers until `by` has passed.
  void Advance(absl::Duration by);
  // Advances from timer to timer until `done` holds. False: nothing left to run, or `limit` of
  // virtual time passed.
  bool RunUntil(const std::function<bool()>& done, absl::Duration limit = absl::Hours(48));
  std::size_t timers() const { return timers_.size(); }

 private:
  FakeClock clock_;
  std::deque<Task> tasks_;
  std::map<std::pair<absl::Duration, TimerId>, Task> timers_;  // by due time
  TimerId next_id_ = 1;
};

}  // namespace roomkeeper::testing
