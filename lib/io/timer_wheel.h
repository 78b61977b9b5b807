#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>

namespace roomkeeper {

// Timers by tick (the caller says what a tick is; EventLoop: 1 ms). Five levels of 256 slots, so
// adding and cancelling cost O(1) and a timer moves down at most four times before it is due.
// Timers of one tick come out in the order they were added. Not thread-safe; no clock, no I/O.
// Memory: 64 bytes a timer, plus what its task captures beyond 16 bytes.
class TimerWheel {
 public:
  using Task = std::function<void()>;
  using Id = std::uint64_t;  // never 0; not reused until 2^32 timers went through one place
  static constexpr std::uint64_t kTickMax = (std::uint64_t{1} << 40) - 1;  // 34 years of 1 ms

  TimerWheel();

  // Due at `tick`; at once if that is not after now(). Later ticks than kTickMax count as kTickMax.
  Id Add(std::uint64_t tick, Task task);
  // False: it has been taken or cancelled before.
  bool Cancel(Id id);

  // Moves on to `tick` (never backwards): what is due up to and with it waits in TakeDue().
  void Advance(std::uint64_t tick);
  // The oldest due task, or nothing. Tasks may call Add and Cancel.
  std::optional<Task> TakeDue();
  std::size_t due_count() const { return due_count_; }

  // When Advance next has work to do: a timer is due then, or not earlier. Nothing if empty.
  std::optional<std::uint64_t> NextTick() const;
  std::uint64_t now() const { return now_; }
  std::size_t size() const { return size_; }

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::size_t kLevelBits = 8;
  static constexpr std::size_t kSlots = std::size_t{1} << kLevelBits;
  static constexpr std::size_t kLevels = 5;
  static constexpr std::uint32_t kDueList = kLevels * kSlots;  // the list of those taken next

  struct Node {
    Task task;
    std::uint64_t tick = 0;
    std::uint32_t generation = 1;
    std::uint32_t previous = kNone;
    std::uint32_t next = kNone;
    std::uint32_t list = kNone;  // slot number, kDueList, or kNone when free
  };
  struct List {
    std::uint32_t first = kNone;
    std::uint32_t last = kNone;
  };
  struct SlotAhead {
    std::uint32_t list = kNone;
    std::uint64_t tick = 0;
  };

  std::uint32_t ListFor(std::uint64_t tick) const;
  void Append(std::uint32_t node, std::uint32_t list);
  void Remove(std::uint32_t node);
  void Free(std::uint32_t node);
  std::optional<SlotAhead> FirstSlotAhead() const;

  std::deque<Node> nodes_;  // grows without moving; `next` links the free ones
  std::uint32_t free_ = kNone;
  std::array<List, kDueList + 1> lists_;
  std::array<std::array<std::uint64_t, kSlots / 64>, kLevels> occupied_ = {};  // bit: slot in use
  std::uint64_t now_ = 0;
  std::size_t size_ = 0;
  std::size_t due_count_ = 0;
};

}  // namespace roomkeeper
