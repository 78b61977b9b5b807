#include "lib/io/timer_wheel.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace roomkeeper {

TimerWheel::TimerWheel() = default;

// A timer sits on the level of the highest byte in which its tick differs from now. So every slot
// in use lies ahead of now, and all of a level come before all of the next.
std::uint32_t TimerWheel::ListFor(std::uint64_t tick) const {
  if (tick <= now_) {
    return kDueList;
  }
  const auto highest_bit = static_cast<std::size_t>(std::bit_width(tick ^ now_)) - 1;
  const std::size_t level = highest_bit / kLevelBits;
  const std::size_t slot = (tick >> (level * kLevelBits)) & (kSlots - 1);
  return static_cast<std::uint32_t>(level * kSlots + slot);
}

void TimerWheel::Append(std::uint32_t node, std::uint32_t list) {
  Node& it = nodes_[node];
  List& to = lists_[list];
  it.list = list;
  it.previous = to.last;
  it.next = kNone;
  (to.last == kNone ? to.first : nodes_[to.last].next) = node;
  to.last = node;
  if (list == kDueList) {
    ++due_count_;
  } else {
    const std::uint32_t slot = list % kSlots;
    occupied_[list / kSlots][slot / 64] |= std::uint64_t{1} << (slot % 64);
  }
}

void TimerWheel::Remove(std::uint32_t node) {
  Node& it = nodes_[node];
  List& from = lists_[it.list];
  (it.previous == kNone ? from.first : nodes_[it.previous].next) = it.next;
  (it.next == kNone ? from.last : nodes_[it.next].previous) = it.previous;
  if (it.list == kDueList) {
    --due_count_;
  } else if (from.first == kNone) {
    const std::uint32_t slot = it.list % kSlots;
    occupied_[it.list / kSlots][slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
  }
}

void TimerWheel::Free(std::uint32_t node) {
  Node& it = nodes_[node];
  it.task = nullptr;
  it.list = kNone;
  it.next = free_;
  ++it.generation;
  free_ = node;
  --size_;
}

TimerWheel::Id TimerWheel::Add(std::uint64_t tick, Task task) {
  std::uint32_t node = free_;
  if (node == kNone) {
    node = static_cast<std::uint32_t>(nodes_.size());
    nodes_.emplace_back();
  } else {
    free_ = nodes_[node].next;
  }
  Node& it = nodes_[node];
  it.task = std::move(task);
  it.tick = std::min(tick, kTickMax);
  ++size_;
  Append(node, ListFor(it.tick));
  return (Id{it.generation} << 32) | (Id{node} + 1);
}

bool TimerWheel::Cancel(Id id) {
  const std::uint64_t node = (id & 0xffffffffU) - 1;
  if (node >= nodes_.size() || nodes_[node].generation != id >> 32 || nodes_[node].list == kNone) {
    return false;
  }
  Remove(static_cast<std::uint32_t>(node));
  Free(static_cast<std::uint32_t>(node));
  return true;
}

std::optional<TimerWheel::SlotAhead> TimerWheel::FirstSlotAhead() const {
  for (std::size_t level = 0; level < kLevels; ++level) {
    for (std::size_t word = 0; word < kSlots / 64; ++word) {
      if (const std::uint64_t bits = occupied_[level][word]; bits != 0) {
        const std::size_t slot = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
        const std::size_t shift = level * kLevelBits;
        const std::uint64_t above = (now_ >> (shift + kLevelBits)) << (shift + kLevelBits);
        return SlotAhead{.list = static_cast<std::uint32_t>(level * kSlots + slot),
                         .tick = above | (std::uint64_t{slot} << shift)};
      }
    }
  }
  return std::nullopt;
}

void TimerWheel::Advance(std::uint64_t tick) {
  std::optional<SlotAhead> slot = FirstSlotAhead();
  while (slot.has_value() && slot->tick <= tick) {
    now_ = slot->tick;
    std::uint32_t node = lists_[slot->list].first;
    while (node != kNone) {  // down to the level where they now belong, or due
      const std::uint32_t next = nodes_[node].next;
      Remove(node);
      Append(node, ListFor(nodes_[node].tick));
      node = next;
    }
    slot = FirstSlotAhead();
  }
  now_ = std::max(now_, tick);
}

std::optional<TimerWheel::Task> TimerWheel::TakeDue() {
  const std::uint32_t node = lists_[kDueList].first;
  if (node == kNone) {
    return std::nullopt;
  }
  Task task = std::move(nodes_[node].task);
  Remove(node);
  Free(node);
  return task;
}

std::optional<std::uint64_t> TimerWheel::NextTick() const {
  if (due_count_ > 0) {
    return now_;
  }
  const std::optional<SlotAhead> slot = FirstSlotAhead();
  return slot.has_value() ? std::optional(slot->tick) : std::nullopt;
}

}  // namespace roomkeeper
