#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "lib/cleanroom/provenance.h"
#include "lib/store/storage_engine.h"
#include "tests/simulation/platform.h"

namespace roomkeeper::testing {

// The promises of docs/reliability.md, checked against what is true on the platform and in the
// store. Some are watched all the time, the rest is looked at when the world has come to rest.
class Checker {
 public:
  Checker(Scheduler& scheduler, Platform& platform, StorageEngine& engine,
          const Provenance& provenance)
      : scheduler_(scheduler), platform_(platform), engine_(engine), provenance_(provenance) {}

  // Each op that the store applied (SimStore::Witness).
  void OnApplied(const WriteOp& op, const absl::StatusOr<WriteResult>& result);
  // After each request that may have changed the platform.
  void OnPlatformWrite(const std::string& method, const std::string& target);
  // When nothing moves any more.
  void AtRest();
  // Every room was looked at for drift since then: what is READY is so whatever was done before.
  void LookedAtSince(absl::Duration time) { looked_since_ = time; }
  // The time of every room that was made with one is up.
  void AllHaveExpired() { all_expired_ = true; }
  // Number of the event with which a job became final; 0: it did not.
  std::int64_t EndOf(const JobId& id) const;

  void Violation(const std::string& what);
  // No delete that we sent when the room of this name was ours can still land: from then on the
  // name may be a stranger's. Before, nothing could tell the two rooms apart (docs/reliability.md).
  bool LongNotOurs(const std::string& room) const;
  // A number for a job, the same in each replay: ids themselves are drawn by the operating system.
  int NumberOf(const JobId& id) const;
  std::vector<Job> Jobs() const;
  const std::string& violations() const { return violations_; }

 private:
  struct Followed {
    int number = 0;
    std::int64_t epoch = 0;
    Step step = Step::kPreflight;
    absl::Duration verify_since = absl::ZeroDuration();
    std::optional<Job> final_row = {};
  };

  void Applied(const SubmitJob& op, const SubmitJob::Result& result);
  void Applied(const AdvanceJob& op);
  void Applied(const CancelJob::Result& result);
  void Leased(const JobId& id, std::int64_t epoch);
  void CheckRooms();
  void CheckReady(const CleanRoom& room, absl::Duration verify_since);
  void CheckHistory(const Job& job);
  void CheckRoomAtRest(const CleanRoom& room, const std::map<std::string, TrueRoom>& rooms);
  bool IsOurs(const TrueRoom& room) const;
  std::string WhyNotAsWanted(const CleanRoom& room, const TrueRoom& seen) const;

  Scheduler& scheduler_;
  Platform& platform_;
  StorageEngine& engine_;
  const Provenance& provenance_;
  std::map<JobId, Followed> jobs_;
  struct Named {
    RoomKey key = {};
    std::int32_t generation = 0;
  };
  std::map<std::string, Named> names_;                 // platform name → whose it is
  std::map<std::string, absl::Duration> ready_since_;  // when the look began that said READY
  std::map<std::string, absl::Duration> ours_at_;  // when a room of this name was last seen as ours
  absl::Duration looked_since_ = absl::ZeroDuration();
  // Rooms whose removal waits out its grace period, or was taken back, and which no job has begun
  // to work on since; by platform name, with the job that must not have begun.
  std::map<std::string, JobId> in_grace_;
  bool all_expired_ = false;
  std::set<std::string> told_;
  std::string violations_;
};

}  // namespace roomkeeper::testing
