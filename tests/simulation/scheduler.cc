#include "tests/simulation/scheduler.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "absl/strings/str_cat.h"

namespace roomkeeper::testing {

std::uint64_t Scheduler::At(absl::Duration delay, const OwnerPtr& owner, Task task) {
  const std::uint64_t id = next_id_++;
  Insert(id, delay, owner, std::move(task));
  return id;
}

void Scheduler::Insert(std::uint64_t id, absl::Duration delay, const OwnerPtr& owner, Task task) {
  const Key key = {
      {now_ + std::max(delay, absl::ZeroDuration()), static_cast<std::uint32_t>(random_())}, id};
  queue_.emplace(key, Event{.owner = owner, .task = std::move(task)});
  keys_.emplace(id, key);
}

void Scheduler::Cancel(std::uint64_t id) {
  const auto found = keys_.find(id);
  if (found != keys_.end()) {
    queue_.erase(found->second);
    keys_.erase(found);
  }
}

void Scheduler::Wake(const OwnerPtr& owner) {
  owner->paused = false;
  absl::Duration delay = absl::ZeroDuration();
  for (auto& [id, task] : std::exchange(owner->held, {})) {
    delay += absl::Nanoseconds(1);  // in the order in which they would have run
    Insert(id, delay, owner, std::move(task));
  }
}

void Scheduler::Kill(const OwnerPtr& owner) {
  owner->dead = true;
  const auto held = std::exchange(owner->held, {});
  std::vector<Event> dropped;  // destroyed last: they may hold what has events of its own
  for (auto it = queue_.begin(); it != queue_.end();) {
    if (it->second.owner != owner) {
      ++it;
      continue;
    }
    keys_.erase(it->first.second);
    dropped.push_back(std::move(it->second));
    it = queue_.erase(it);
  }
}

void Scheduler::Run(std::uint64_t id, Event event) {
  if (event.owner == nullptr) {
    event.task();
    return;
  }
  Owner& owner = *event.owner;
  if (owner.dead) {
    return;
  }
  owner.held.emplace_back(id, std::move(event.task));  // goes with the process if that is killed
  if (!owner.paused && ++owner.events == owner.interrupted_at) {
    const Task interrupt = std::move(owner.interrupt);
    interrupt();
  }
  if (owner.dead || owner.paused) {
    return;
  }
  const Task task = std::move(owner.held.back().second);
  owner.held.pop_back();
  task();
}

bool Scheduler::Step(absl::Duration end) {
  if (queue_.empty() || queue_.begin()->first.first.first > end) {
    now_ = std::max(now_, end);
    return false;
  }
  const auto next = queue_.begin();
  now_ = std::max(now_, next->first.first.first);
  const std::uint64_t id = next->first.second;
  keys_.erase(id);
  Event event = std::move(next->second);
  queue_.erase(next);
  ++events_;
  Run(id, std::move(event));
  return true;
}

absl::Duration Scheduler::Between(absl::Duration from, absl::Duration to) {
  const std::int64_t span = absl::ToInt64Microseconds(to - from);
  return span <= 0 ? from
                   : from + absl::Microseconds(static_cast<std::int64_t>(
                                random_() % static_cast<std::uint64_t>(span)));
}

void Scheduler::Trace(absl::string_view what) {
  const std::string line = absl::StrCat(absl::ToInt64Microseconds(now_), " ", what);
  for (const char c : line) {
    hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
  if (print_) {
    std::printf("%12.6f %s\n", absl::ToDoubleSeconds(now_ - absl::Hours(1)),
                std::string(what).c_str());
  }
}

void ProcessLoop::Post(Task task) {
  posted_.push_back(std::move(task));
  TurnSoon();
}

void ProcessLoop::TurnSoon() {
  if (turning_ || posted_.empty()) {
    return;
  }
  turning_ = true;
  scheduler_.At(absl::ZeroDuration(), owner_, [this] {
    turning_ = false;
    const Task task = std::move(posted_.front());
    posted_.pop_front();
    TurnSoon();
    task();
  });
}

Loop::TimerId ProcessLoop::RunAfter(absl::Duration delay, Task task) {
  const absl::Duration late =
      delay >= absl::Seconds(1) ? absl::Milliseconds(10) : absl::Milliseconds(1);
  return scheduler_.At(delay + scheduler_.Between(absl::ZeroDuration(), late), owner_,
                       std::move(task));
}

}  // namespace roomkeeper::testing
