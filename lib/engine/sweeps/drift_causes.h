#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

#include "lib/io/loop.h"
#include "lib/obs/log.h"
#include "lib/obs/metrics.h"
#include "lib/store/job_store.h"

namespace roomkeeper {

// Tells operators of drift once for each cause, not once for each room: DEGRADED rooms of one shard
// with the same problem, to the word, have one cause. Counts them from the rows, so a restart
// changes nothing: one line of the log when a cause is new and one when it is over, and the gauge
// metric::kDriftCauses. Rooms that are being repaired have no cause yet. Loop thread only.
class DriftCauses : public std::enable_shared_from_this<DriftCauses> {
 public:
  static constexpr absl::Duration kInterval = absl::Minutes(1);

  // All outlive it, except that callbacks may come after it is gone.
  DriftCauses(Loop& loop, JobStore& store, Metrics& metrics, Log& log)
      : loop_(loop), store_(store), metrics_(metrics), log_(log) {}

  void Start() { Count(); }
  void Stop() { stopped_ = true; }

 private:
  struct Cause {
    std::string shard = {};
    std::string reason = {};
    std::string message = {};
    friend auto operator<=>(const Cause&, const Cause&) = default;
  };
  struct Extent {
    std::int64_t rooms = 0;
    std::string example = {};
    Move move = Move::kNobody;
  };
  using Causes = std::map<Cause, Extent>;

  void Count();
  void CountAfter(absl::Duration delay);
  void ReadPage(std::shared_ptr<Causes> found, std::int64_t after);
  void TakePage(const std::shared_ptr<Causes>& found, absl::StatusOr<RoomPage> page);
  void Publish(Causes found);
  void TellNew(const Cause& cause, const Extent& extent);

  Loop& loop_;
  JobStore& store_;
  Metrics& metrics_;
  Log& log_;
  Causes causes_;
  std::set<std::pair<std::string, std::string>> gauges_;  // (shard, reason) last published
  bool stopped_ = false;
};

}  // namespace roomkeeper
