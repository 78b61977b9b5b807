#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/time.h"

#include "lib/base/mutex.h"
#include "lib/store/queries.h"

namespace roomkeeper {

// Open jobs and rooms, counted as they change: admission asks on every submit and placement on
// every create, so neither may scan. Changes are made by the thread that applies and are kept aside
// until Commit; Stats is thread-safe and sees only what was committed.
class StoreCounters {
 public:
  struct JobChange {
    std::int64_t pos = 0;
    BrandId brand = {};
    std::optional<JobState> from = {};  // absent: a new job
    JobState to = JobState::kQueued;
    // QUEUED and not to begin yet: neither in the queue nor counted against the brand's limit.
    bool was_deferred = false;
    bool deferred = false;
    absl::Time since = {};
  };
  using RoomPlace = std::pair<ShardId, RoomState>;

  void Note(JobChange change);
  // Absent: a new room, or one that was erased.
  void Note(std::optional<RoomPlace> from, std::optional<RoomPlace> to);
  void Commit();
  void Discard();
  // For loading at start.
  void AddRooms(const RoomPlace& place, std::int64_t count);

  // Open jobs with what is not yet committed: for the thread that applies.
  std::int64_t OpenJobs() const;
  std::int64_t OpenJobs(const BrandId& brand) const;

  StoreStats Stats() const;

 private:
  void Apply(const JobChange& change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Count(const RoomPlace& place, std::int64_t by) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // Not yet committed:
  std::vector<JobChange> job_changes_;
  std::int64_t open_change_ = 0;
  std::map<BrandId, std::int64_t> open_change_by_brand_;
  std::vector<std::pair<RoomPlace, std::int64_t>> room_changes_;

  mutable Mutex mu_;
  std::map<JobState, std::int64_t> open_by_state_ ABSL_GUARDED_BY(mu_);
  std::map<BrandId, std::int64_t> open_by_brand_ ABSL_GUARDED_BY(mu_);
  std::map<std::int64_t, absl::Time> queued_ ABSL_GUARDED_BY(mu_);  // by creation order
  std::map<RoomPlace, std::int64_t> rooms_ ABSL_GUARDED_BY(mu_);
};

}  // namespace roomkeeper
