#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"

#include "lib/engine/decide.h"
#include "lib/model/ids.h"

namespace roomkeeper {

// Jobs that sleep: 48 bytes each and nothing else, so that 100,000 of them cost a few MiB. Their
// rows are read again when they wake. Not thread-safe.
class ParkedJobs {
 public:
  struct Entry {
    JobId id = {};
    BrandId brand = {};
    std::int64_t epoch = 0;
    Signal signal = Signal::kWoken;  // what it wakes with
  };

  // An id is at most 16 bytes long (lib/model/ids.h).
  void Park(const Entry& entry, absl::Time wake_at);
  // The entries whose time has come, earliest first, at most `limit`.
  std::vector<Entry> TakeDue(absl::Time now, std::size_t limit);
  // Linear in the number of parked jobs: for what is rare (a cancel).
  std::optional<Entry> Take(const JobId& id);

  std::optional<absl::Time> next_wake() const;
  std::size_t size() const { return heap_.size(); }

 private:
  using PackedId = std::array<char, 16>;
  struct Slot {
    PackedId id = {};
    std::int64_t epoch = 0;
    std::int64_t wake_ms = 0;  // Unix milliseconds, rounded up
    std::uint32_t brand = 0;   // index into brands_
    Signal signal = Signal::kWoken;
    friend bool operator>(const Slot& a, const Slot& b) { return a.wake_ms > b.wake_ms; }
  };
  static PackedId Pack(const JobId& id);
  Entry Unpack(const Slot& slot) const;

  std::vector<Slot> heap_;  // std::push_heap order, earliest on top
  std::vector<BrandId> brands_;
  absl::flat_hash_map<BrandId, std::uint32_t> brand_index_;
};

}  // namespace roomkeeper
