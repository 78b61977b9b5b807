#include "lib/io/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <string>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/status/status.h"

#include "lib/base/check.h"

namespace roomkeeper {
namespace {

constexpr int kEventsPerTurn = 256;

epoll_event EventFor(int fd, std::uint32_t events, std::uint32_t generation) {
  epoll_event event = {};
  event.events = events;
  event.data.u64 = (std::uint64_t{generation} << 32) | static_cast<std::uint32_t>(fd);
  return event;
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventLoop>> EventLoop::Make(const Clock& clock) {
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) {
    return absl::ErrnoToStatus(errno, "epoll_create1");
  }
  const int event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event_fd < 0) {
    const int error = errno;
    close(epoll_fd);
    return absl::ErrnoToStatus(error, "eventfd");
  }
  auto loop = absl::WrapUnique(new EventLoop(clock, epoll_fd, event_fd));
  loop->Watch(event_fd, EPOLLIN, [event_fd](std::uint32_t) {
    std::uint64_t count = 0;
    (void)!read(event_fd, &count, sizeof(count));  // only to quiet it; the queue is the truth
  });
  return loop;
}

EventLoop::EventLoop(const Clock& clock, int epoll_fd, int event_fd)
    : clock_(clock), start_(clock.Monotonic()), epoll_fd_(epoll_fd), event_fd_(event_fd) {}

EventLoop::~EventLoop() {
  close(event_fd_);
  close(epoll_fd_);
}

std::uint64_t EventLoop::Ticks(absl::Duration monotonic, bool round_up) const {
  const absl::Duration since =
      monotonic - start_ +
      (round_up ? absl::Milliseconds(1) - absl::Nanoseconds(1) : absl::ZeroDuration());
  return static_cast<std::uint64_t>(std::max<std::int64_t>(absl::ToInt64Milliseconds(since), 0));
}

void EventLoop::Run() {
  while (true) {
    RunTimers();
    RunPosted();
    {
      const MutexLock lock(mu_);
      if (std::exchange(stop_, false)) {
        return;
      }
    }
    WaitForEvents();
  }
}

void EventLoop::Stop() {
  const MutexLock lock(mu_);
  stop_ = true;
  Wake();
}

void EventLoop::Post(Task task) {
  const MutexLock lock(mu_);
  posted_.push_back(std::move(task));
  if (std::exchange(waiting_, false)) {
    Wake();
  }
}

void EventLoop::Wake() const {
  const std::uint64_t one = 1;
  (void)!write(event_fd_, &one, sizeof(one));  // full means that it is awake already
}

Loop::TimerId EventLoop::RunAfter(absl::Duration delay, Task task) {
  if (delay <= absl::ZeroDuration()) {
    return wheel_.Add(0, std::move(task));
  }
  if (delay >= absl::Hours(24 * 365 * 30)) {
    return wheel_.Add(TimerWheel::kTickMax, std::move(task));
  }
  return wheel_.Add(Ticks(clock_.Monotonic() + delay, /*round_up=*/true), std::move(task));
}

void EventLoop::Cancel(TimerId id) {
  wheel_.Cancel(id);
}

// Takes only what is due when it starts, so that timers which set themselves at once cannot keep
// descriptors and posted tasks waiting.
void EventLoop::RunTimers() {
  if (wheel_.size() == 0) {
    return;
  }
  wheel_.Advance(Ticks(clock_.Monotonic(), /*round_up=*/false));
  for (std::size_t left = wheel_.due_count(); left > 0; --left) {
    if (const auto task = wheel_.TakeDue(); task.has_value()) {
      (*task)();
    }
  }
}

void EventLoop::RunPosted() {
  {
    const MutexLock lock(mu_);
    running_.swap(posted_);
  }
  for (Task& task : running_) {
    std::exchange(task, nullptr)();
  }
  running_.clear();
}

int EventLoop::WaitMs() {
  const std::optional<std::uint64_t> next = wheel_.NextTick();
  if (!next.has_value()) {
    return -1;
  }
  const absl::Duration due =
      start_ + absl::Milliseconds(static_cast<std::int64_t>(*next)) - clock_.Monotonic();
  const std::int64_t ms =
      absl::ToInt64Milliseconds(due + absl::Milliseconds(1) - absl::Nanoseconds(1));
  return static_cast<int>(std::clamp<std::int64_t>(ms, 0, std::numeric_limits<int>::max()));
}

void EventLoop::WaitForEvents() {
  int wait_ms = WaitMs();
  {
    const MutexLock lock(mu_);
    if (posted_.empty() && !stop_) {
      waiting_ = true;
    } else {
      wait_ms = 0;
    }
  }
  std::array<epoll_event, kEventsPerTurn> events;
  const int count = epoll_wait(epoll_fd_, events.data(), kEventsPerTurn, wait_ms);
  ++wakeups_;
  {
    const MutexLock lock(mu_);
    waiting_ = false;
  }
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const std::size_t fd = event.data.u64 & 0xffffffffU;
    const std::uint32_t generation = static_cast<std::uint32_t>(event.data.u64 >> 32);
    // An earlier callback of this turn may have unwatched it, or reused its number.
    if (watched_[fd].callback == nullptr || watched_[fd].generation != generation) {
      continue;
    }
    const std::shared_ptr<const FdCallback> callback = watched_[fd].callback;
    (*callback)(event.events);
  }
}

void EventLoop::Watch(int fd, std::uint32_t events, FdCallback callback) {
  RK_CHECK(fd >= 0);
  const auto index = static_cast<std::size_t>(fd);
  if (index >= watched_.size()) {
    watched_.resize(index + 1);
  }
  Watched& it = watched_[index];
  const int operation = it.callback == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  it.callback = std::make_shared<const FdCallback>(std::move(callback));
  it.events = events;
  ++it.generation;
  epoll_event event = EventFor(fd, events, it.generation);
  RK_CHECK(epoll_ctl(epoll_fd_, operation, fd, &event) == 0);
}

void EventLoop::SetEvents(int fd, std::uint32_t events) {
  Watched& it = watched_.at(static_cast<std::size_t>(fd));
  if (it.events == events) {
    return;
  }
  it.events = events;
  epoll_event event = EventFor(fd, events, it.generation);
  RK_CHECK(epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event) == 0);
}

void EventLoop::Unwatch(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (fd < 0 || index >= watched_.size() || watched_[index].callback == nullptr) {
    return;
  }
  watched_[index].callback = nullptr;
  // The owner may have closed it already (then the kernel has forgotten it): nothing to report.
  (void)epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
}

}  // namespace roomkeeper
