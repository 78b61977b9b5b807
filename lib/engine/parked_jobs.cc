#include "lib/engine/parked_jobs.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "lib/base/check.h"

namespace roomkeeper {

ParkedJobs::PackedId ParkedJobs::Pack(const JobId& id) {
  PackedId packed = {};
  RK_CHECK(id.value().size() <= packed.size());
  std::memcpy(packed.data(), id.value().data(), id.value().size());
  return packed;
}

ParkedJobs::Entry ParkedJobs::Unpack(const Slot& slot) const {
  const auto* const end = std::find(slot.id.begin(), slot.id.end(), '\0');
  return {.id = JobId(std::string(slot.id.begin(), end)),
          .brand = brands_[slot.brand],
          .epoch = slot.epoch,
          .signal = slot.signal};
}

void ParkedJobs::Park(const Entry& entry, absl::Time wake_at) {
  const auto [found, is_new] =
      brand_index_.try_emplace(entry.brand, static_cast<std::uint32_t>(brands_.size()));
  if (is_new) {
    brands_.push_back(entry.brand);
  }
  heap_.push_back({.id = Pack(entry.id),
                   .epoch = entry.epoch,
                   .wake_ms = absl::ToUnixMillis(wake_at + absl::Nanoseconds(999'999)),
                   .brand = found->second,
                   .signal = entry.signal});
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

std::vector<ParkedJobs::Entry> ParkedJobs::TakeDue(absl::Time now, std::size_t limit) {
  std::vector<Entry> due;
  const std::int64_t now_ms = absl::ToUnixMillis(now);
  while (!heap_.empty() && heap_.front().wake_ms <= now_ms && due.size() < limit) {
    due.push_back(Unpack(heap_.front()));
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    heap_.pop_back();
  }
  return due;
}

std::optional<ParkedJobs::Entry> ParkedJobs::Take(const JobId& id) {
  const PackedId packed = Pack(id);
  const auto found =
      std::find_if(heap_.begin(), heap_.end(), [&](const Slot& slot) { return slot.id == packed; });
  if (found == heap_.end()) {
    return std::nullopt;
  }
  Entry entry = Unpack(*found);
  heap_.erase(found);
  std::make_heap(heap_.begin(), heap_.end(), std::greater<>());
  return entry;
}

std::optional<absl::Time> ParkedJobs::next_wake() const {
  if (heap_.empty()) {
    return std::nullopt;
  }
  return absl::FromUnixMillis(heap_.front().wake_ms);
}

}  // namespace roomkeeper
