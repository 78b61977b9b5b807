#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "lib/base/clock.h"
#include "lib/base/mutex.h"
#include "lib/io/loop.h"
#include "lib/io/timer_wheel.h"

namespace roomkeeper {

// The real Loop, over epoll: one thread, no wake-ups while nothing is due. Timers have a tick of
// 1 ms and never fire early.
class EventLoop final : public Loop {
 public:
  using FdCallback = std::function<void(std::uint32_t events)>;  // EPOLLIN, EPOLLOUT, EPOLLERR …

  // kInternal if the kernel refuses an epoll or an eventfd. `clock` outlives the loop.
  static absl::StatusOr<std::unique_ptr<EventLoop>> Make(const Clock& clock);
  ~EventLoop() override;  // not while Run() is running; what has not run is dropped

  // Serves on the calling thread until Stop(). May be called again afterwards.
  void Run();
  // Thread-safe. Run() returns after the task it is in; a later Run() goes on with the rest. Before
  // Run(): that Run() returns at once.
  void Stop();

  void Post(Task task) override;
  TimerId RunAfter(absl::Duration delay, Task task) override;
  void Cancel(TimerId id) override;
  const Clock& clock() const override { return clock_; }

  // Loop thread only. Level-triggered: `callback` runs while an event of `events` holds, until
  // Unwatch. Watching a watched descriptor replaces events and callback. The caller owns `fd` and
  // calls Unwatch before closing it.
  void Watch(int fd, std::uint32_t events, FdCallback callback);
  // Another set of events for a watched descriptor, same callback.
  void SetEvents(int fd, std::uint32_t events);
  void Unwatch(int fd);

  // For tests and metrics: times Run() has come back from waiting in the kernel.
  std::uint64_t wakeups() const { return wakeups_; }
  std::size_t timers() const { return wheel_.size(); }

 private:
  struct Watched {
    std::shared_ptr<const FdCallback> callback;  // shared: it may unwatch itself while it runs
    std::uint32_t events = 0;
    std::uint32_t generation = 0;
  };

  EventLoop(const Clock& clock, int epoll_fd, int event_fd);
  std::uint64_t Ticks(absl::Duration monotonic, bool round_up) const;
  void RunTimers();
  void RunPosted();
  int WaitMs();
  void WaitForEvents();
  void Wake() const;

  const Clock& clock_;
  const absl::Duration start_;
  const int epoll_fd_;
  const int event_fd_;
  std::vector<Watched> watched_;  // by descriptor
  TimerWheel wheel_;
  std::vector<Task> running_;  // posted tasks of this turn; kept for its capacity
  std::uint64_t wakeups_ = 0;

  Mutex mu_;
  std::vector<Task> posted_ ABSL_GUARDED_BY(mu_);
  bool waiting_ ABSL_GUARDED_BY(mu_) = false;  // in the kernel, or about to be: Post must wake it
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace roomkeeper
