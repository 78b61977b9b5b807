#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "lib/engine/sweeps/corrupt_rooms.h"
#include "lib/io/loop.h"
#include "lib/obs/log.h"
#include "lib/obs/metrics.h"
#include "lib/store/job_store.h"

namespace roomkeeper {

struct ExpirySweepOptions {
  std::string owner = {};  // replica that takes the jobs it makes
  absl::Duration interval = absl::Seconds(30);
  std::int32_t batch = 200;  // rooms looked at in one interval
  // A room that another job holds is looked at again so much later.
  absl::Duration busy_retry = absl::Minutes(1);
  absl::Duration teardown_deadline = absl::Hours(24);
};

// Removes clean rooms whose time is up, whoever made them and wherever that caller is by now: it
// reads what is due from the store, so a restart or another replica goes on where it was. Before
// its expiry a room is warned of, once, by an event room.expiring in the journal of its last job.
// At its expiry it gets a TEARDOWN job; an open PROVISION job is cancelled first. A renewal that
// comes in between wins: every write is conditional on what was read. Loop thread only.
class ExpirySweep : public std::enable_shared_from_this<ExpirySweep> {
 public:
  // All outlive it, except that callbacks may come after it is gone.
  ExpirySweep(Loop& loop, JobStore& store, Metrics& metrics, Log& log, ExpirySweepOptions options);

  void Start();
  void Stop() { stopped_ = true; }

 private:
  void Sweep();
  void SweepLater();
  void Handle(const CleanRoom& room);
  void Warn(const CleanRoom& room);
  void Remove(const CleanRoom& room);
  void OnSubmitted(const CleanRoom& room, const absl::StatusOr<SubmitJob::Result>& result);
  void LookAgain(const CleanRoom& room, std::optional<absl::Time> sweep_at);
  void Write(SetExpiry op);
  absl::Time Now() const { return loop_.clock().Now(); }

  Loop& loop_;
  JobStore& store_;
  Log& log_;
  const ExpirySweepOptions options_;
  CorruptRooms corrupt_;
  bool stopped_ = false;
};

}  // namespace roomkeeper
