#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/base/clock.h"
#include "lib/io/loop.h"

namespace roomkeeper::testing {

// Virtual time and chance for a whole simulated world: one event runs at a time, and what is due at
// the same instant runs in an order that the seed picks. Everything random in a run comes from
// here.
class Scheduler {
 public:
  using Task = std::function<void()>;

  // A process, as far as time goes: its events are held back while it is paused.
  struct Owner {
    bool dead = false;
    bool paused = false;
    std::deque<std::pair<std::uint64_t, Task>> held = {};  // with their ids
    absl::Duration wall_offset = absl::ZeroDuration();     // its clock minus the true time
    std::int64_t events = 0;                               // run so far
    // Before the event of this number `interrupt` runs: it may kill or pause the process.
    std::int64_t interrupted_at = -1;
    Task interrupt = {};
  };
  using OwnerPtr = std::shared_ptr<Owner>;

  explicit Scheduler(std::uint64_t seed) : random_(seed) {}

  // `owner` null: of the world outside.
  std::uint64_t At(absl::Duration delay, const OwnerPtr& owner, Task task);
  void Cancel(std::uint64_t id);
  void Wake(const OwnerPtr& owner);
  // Nothing of it runs again.
  void Kill(const OwnerPtr& owner);

  // Runs the next event. False: nothing is left, or it is due after `end`; then the time is `end`.
  bool Step(absl::Duration end);

  absl::Duration now() const { return now_; }
  absl::Time wall() const { return absl::FromUnixSeconds(1795132800) + now_; }

  std::mt19937_64& random() { return random_; }
  int Below(int n) { return n <= 1 ? 0 : static_cast<int>(random_() % static_cast<unsigned>(n)); }
  bool OneIn(int n) { return n > 0 && Below(n) == 0; }
  bool PerMille(int p) { return p > 0 && Below(1000) < p; }
  // Uniform in [from, to).
  absl::Duration Between(absl::Duration from, absl::Duration to);

  // What happened, in one number: equal for equal runs.
  void Trace(absl::string_view what);
  std::uint64_t trace_hash() const { return hash_; }
  std::int64_t events() const { return events_; }
  void PrintTrace(bool on) { print_ = on; }

 private:
  struct Event {
    OwnerPtr owner = {};
    Task task = {};
  };
  using Key = std::pair<std::pair<absl::Duration, std::uint32_t>, std::uint64_t>;

  void Insert(std::uint64_t id, absl::Duration delay, const OwnerPtr& owner, Task task);
  void Run(std::uint64_t id, Event event);

  std::mt19937_64 random_;
  absl::Duration now_ = absl::Hours(1);
  std::map<Key, Event> queue_;
  std::unordered_map<std::uint64_t, Key> keys_;
  std::uint64_t next_id_ = 1;
  std::uint64_t hash_ = 1469598103934665603U;
  std::int64_t events_ = 0;
  bool print_ = false;
};

// The true time: what the platform goes by.
class TrueClock final : public Clock {
 public:
  explicit TrueClock(const Scheduler& scheduler) : scheduler_(scheduler) {}
  absl::Time Now() const override { return scheduler_.wall(); }
  absl::Duration Monotonic() const override { return scheduler_.now(); }

 private:
  const Scheduler& scheduler_;
};

// The loop of one process. Posted tasks run in their order; a timer runs at its time or a little
// later.
class ProcessLoop final : public Loop {
 public:
  ProcessLoop(Scheduler& scheduler, Scheduler::OwnerPtr owner)
      : scheduler_(scheduler), owner_(std::move(owner)), clock_(scheduler, *owner_) {}

  void Post(Task task) override;
  TimerId RunAfter(absl::Duration delay, Task task) override;
  void Cancel(TimerId id) override { scheduler_.Cancel(id); }
  const Clock& clock() const override { return clock_; }

 private:
  class OwnClock final : public Clock {
   public:
    OwnClock(const Scheduler& scheduler, const Scheduler::Owner& owner)
        : scheduler_(scheduler), owner_(owner) {}
    absl::Time Now() const override { return scheduler_.wall() + owner_.wall_offset; }
    absl::Duration Monotonic() const override { return scheduler_.now(); }

   private:
    const Scheduler& scheduler_;
    const Scheduler::Owner& owner_;
  };

  void TurnSoon();

  Scheduler& scheduler_;
  Scheduler::OwnerPtr owner_;
  OwnClock clock_;
  std::deque<Task> posted_;
  bool turning_ = false;
};

}  // namespace roomkeeper::testing
