#include "tests/support/fake_loop.h"

#include <algorithm>

namespace roomkeeper::testing {

Loop::TimerId FakeLoop::RunAfter(absl::Duration delay, Task task) {
  const TimerId id = next_id_++;
  const absl::Duration due = clock_.Monotonic() + std::max(delay, absl::ZeroDuration());
  timers_.emplace(std::pair(due, id), std::move(task));
  return id;
}

void FakeLoop::Cancel(TimerId id) {
  const auto it = std::find_if(timers_.begin(), timers_.end(),
                               [id](const auto& timer) { return timer.first.second == id; });
  if (it != timers_.end()) {
    timers_.erase(it);
  }
}

void FakeLoop::RunPosted() {
  while (!tasks_.empty()) {
    const Task task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
  }
}

void FakeLoop::Advance(absl::Duration by) {
  const absl::Duration end = clock_.Monotonic() + by;
  RunPosted();
  while (!timers_.empty() && timers_.begin()->first.first <= end) {
    const absl::Duration due = timers_.begin()->first.first;
    const Task task = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    clock_.Advance(std::max(due - clock_.Monotonic(), absl::ZeroDuration()));
    task();
    RunPosted();
  }
  clock_.Advance(end - clock_.Monotonic());
}

bool FakeLoop::RunUntil(const std::function<bool()>& done, absl::Duration limit) {
  const absl::Duration end = clock_.Monotonic() + limit;
  RunPosted();
  while (!done()) {
    if (timers_.empty() || timers_.begin()->first.first > end) {
      return false;
    }
    Advance(std::max(timers_.begin()->first.first - clock_.Monotonic(), absl::ZeroDuration()));
  }
  return true;
}

}  // namespace roomkeeper::testing
