#pragma once

#include <set>
#include <vector>

#include "lib/model/clean_room.h"
#include "lib/obs/log.h"
#include "lib/obs/metrics.h"
#include "lib/store/queries.h"

namespace roomkeeper {

// Tells of due rooms whose rows cannot be read, which a scan skips: an error in the log and a
// metric::kBugs for each, so that someone is paged, once and not at every scan.
class CorruptRooms {
 public:
  // `scan` names it in the log. All outlive it.
  CorruptRooms(const char* scan, Metrics& metrics, Log& log)
      : scan_(scan), metrics_(metrics), log_(log) {}

  // `corrupt`: those that this scan met. One that is repaired and breaks again is told again.
  void Tell(const std::vector<DueRooms::Corrupt>& corrupt);

 private:
  const char* scan_;
  Metrics& metrics_;
  Log& log_;
  std::set<RoomKey> told_;
};

}  // namespace roomkeeper
