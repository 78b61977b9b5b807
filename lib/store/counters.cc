#include "lib/store/counters.h"

namespace roomkeeper {
namespace {

// How the number of open jobs changes.
std::int64_t OpenDelta(const StoreCounters::JobChange& change) {
  const bool was_open = change.from.has_value() && !IsFinal(*change.from);
  const bool is_open = !IsFinal(change.to);
  return (is_open ? 1 : 0) - (was_open ? 1 : 0);
}

// How the number that counts against the brand's limit changes.
std::int64_t BrandDelta(const StoreCounters::JobChange& change) {
  return OpenDelta(change) + (change.was_deferred ? 1 : 0) - (change.deferred ? 1 : 0);
}

}  // namespace

void StoreCounters::Note(JobChange change) {
  open_change_ += OpenDelta(change);
  if (const std::int64_t of_brand = BrandDelta(change); of_brand != 0) {
    open_change_by_brand_[change.brand] += of_brand;
  }
  job_changes_.push_back(std::move(change));
}

void StoreCounters::Note(std::optional<RoomPlace> from, std::optional<RoomPlace> to) {
  if (from == to) {
    return;
  }
  if (from.has_value()) {
    room_changes_.emplace_back(*std::move(from), -1);
  }
  if (to.has_value()) {
    room_changes_.emplace_back(*std::move(to), 1);
  }
}

void StoreCounters::Commit() {
  const MutexLock lock(mu_);
  for (const JobChange& change : job_changes_) {
    Apply(change);
  }
  for (const auto& [place, by] : room_changes_) {
    Count(place, by);
  }
  Discard();
}

void StoreCounters::Discard() {
  job_changes_.clear();
  room_changes_.clear();
  open_change_ = 0;
  open_change_by_brand_.clear();
}

void StoreCounters::AddRooms(const RoomPlace& place, std::int64_t count) {
  const MutexLock lock(mu_);
  Count(place, count);
}

std::int64_t StoreCounters::OpenJobs() const {
  const MutexLock lock(mu_);
  std::int64_t open = open_change_;
  for (const auto& [state, count] : open_by_state_) {
    open += count;
  }
  return open;
}

std::int64_t StoreCounters::OpenJobs(const BrandId& brand) const {
  const auto change = open_change_by_brand_.find(brand);
  const std::int64_t open = change == open_change_by_brand_.end() ? 0 : change->second;
  const MutexLock lock(mu_);
  const auto it = open_by_brand_.find(brand);
  return open + (it == open_by_brand_.end() ? 0 : it->second);
}

StoreStats StoreCounters::Stats() const {
  const MutexLock lock(mu_);
  StoreStats stats;
  stats.jobs.assign(open_by_state_.begin(), open_by_state_.end());
  for (const auto& [place, count] : rooms_) {
    stats.rooms.push_back({.shard = place.first, .state = place.second, .count = count});
  }
  if (!queued_.empty()) {
    stats.oldest_queued_at = queued_.begin()->second;
  }
  return stats;
}

void StoreCounters::Apply(const JobChange& change) {
  const std::int64_t of_brand = BrandDelta(change);
  if (of_brand != 0 && (open_by_brand_[change.brand] += of_brand) == 0) {
    open_by_brand_.erase(change.brand);
  }
  if (change.from.has_value() && !IsFinal(*change.from) && --open_by_state_[*change.from] == 0) {
    open_by_state_.erase(*change.from);
  }
  if (!IsFinal(change.to)) {
    ++open_by_state_[change.to];
  }
  if (change.to == JobState::kQueued && !change.deferred) {
    queued_.emplace(change.pos, change.since);
  } else if (change.from == JobState::kQueued) {
    queued_.erase(change.pos);
  }
}

void StoreCounters::Count(const RoomPlace& place, std::int64_t by) {
  if ((rooms_[place] += by) == 0) {
    rooms_.erase(place);
  }
}

}  // namespace roomkeeper
