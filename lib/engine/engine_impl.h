#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "lib/engine/call_sender.h"
#include "lib/engine/engine.h"
#include "lib/engine/fair_queue.h"
#include "lib/engine/parked_jobs.h"
#include "lib/engine/sweeps/drift_causes.h"
#include "lib/engine/sweeps/drift_scan.h"
#include "lib/engine/sweeps/expiry_sweep.h"

namespace roomkeeper {

// Loop thread only.
class Engine::Impl : public std::enable_shared_from_this<Engine::Impl> {
 public:
  Impl(EngineDeps deps, EngineOptions options);

  void Start();
  void Stop(absl::Duration patience, std::function<void()> stopped);
  void TakeSubmitted(std::vector<ClaimJobs::Result::Claimed> submitted);
  void TakeCancel(const BrandId& brand, const JobId& id);
  void TakeFreezes(std::vector<Freeze> freezes);
  void Claim();
  Counts counts() const;
  Loop& loop() { return deps_.loop; }

 private:
  // A job with its rows in memory. Inputs wait in `inbox` while a commit or a read is under way.
  struct Live {
    LiveJob state = {};
    JobId id = {};
    BrandId brand = {};
    std::int64_t epoch = 0;
    Decision pending = {};
    absl::Duration asked_at = absl::ZeroDuration();        // for the commit under way
    absl::Duration proved_at = -absl::InfiniteDuration();  // … of the last one that succeeded
    bool busy = false;                                     // committing, or its rows are being read
    bool active = true;
    bool cancel_seen = false;
    std::deque<Input> inbox = {};
    std::int32_t store_failures = 0;
    std::optional<std::pair<Step, absl::Time>> step = {};  // as last adopted, and since when
  };
  using Serial = std::uint64_t;  // of one stay in memory: late callbacks of an earlier one miss

  // Claims, the ready queue, sleep (engine.cc).
  void Claimed(absl::StatusOr<ClaimJobs::Result> result);
  void Pump();
  bool HasPlace() const;
  bool MayStart(const BrandId& brand) const;
  void StartJob(ReadyJob ready);
  void LoadRows(Serial serial, ReadyJob ready);
  void ReadFailed(Serial serial, const ReadyJob& ready, const absl::Status& status);
  void Loaded(Serial serial, Signal signal, Job job, CleanRoom room);
  void Park(const ParkedJobs::Entry& entry, absl::Time wake_at);
  void ArmWakeTimer();
  void WakeDue();
  void LoadFreezes();
  void PollLater();
  void StatsLater();
  void PublishStats(const StoreStats& stats);
  void PublishAwaiting(const StoreStats& stats);

  // One job's way (engine_drive.cc).
  Live* Find(Serial serial);
  void Feed(Serial serial, Input input);
  void Commit(Serial serial);
  void Committed(Serial serial, const absl::StatusOr<AdvanceJob::Result>& result);
  void LogCommit(LogLevel level, absl::string_view what, const Live& live,
                 const absl::Status& status) const;
  // Its writes must not leave before a commit proves that the job is still ours.
  bool NeedsProof(const Live& live, const Decision& decision) const;
  void LogEvents(const Decision& decision) const;
  void Adopt(Serial serial, Decision decision);
  void SendCalls(Serial serial, const std::vector<Call>& calls);
  void Drop(Serial serial);
  void SetActive(Live& live, bool active);
  void NoteStep(Live& live);
  void NoteFinished(const Job& job);

  // Runs `task` on the loop, unless the engine is gone by then.
  template <typename Task>
  auto OnLoop(Task task) {
    return [weak = weak_from_this(), loop = &deps_.loop, task = std::move(task)](auto result) {
      loop->Post([weak, task, result = std::move(result)]() mutable {
        if (const std::shared_ptr<Impl> self = weak.lock(); self != nullptr) {
          task(*self, std::move(result));
        }
      });
    };
  }
  // As OnLoop, for what already runs on the loop.
  void After(absl::Duration delay, void (Impl::*task)());
  absl::Time Now() const { return deps_.loop.clock().Now(); }
  bool WritesInFlight(const Live& live) const;
  void CheckStopped();

  EngineDeps deps_;
  const EngineOptions options_;
  CallSender sender_;
  const std::shared_ptr<ExpirySweep> expiry_;
  const std::shared_ptr<DriftScan> drift_;
  const std::shared_ptr<DriftCauses> causes_;

  std::map<Serial, std::unique_ptr<Live>> live_;
  absl::flat_hash_map<JobId, Serial> serials_;
  Serial last_serial_ = 0;
  std::size_t active_ = 0;
  absl::flat_hash_map<BrandId, std::int32_t> active_of_brand_;
  FairQueue ready_;
  ParkedJobs parked_;
  std::optional<std::pair<Loop::TimerId, absl::Time>> wake_timer_;

  std::vector<Freeze> freezes_;
  bool freezes_known_ = false;  // before that, nothing starts

  bool claiming_ = false;
  bool pumping_ = false;
  bool stopping_ = false;
  std::function<void()> stopped_;
  std::set<std::pair<std::string, std::string>> room_gauges_;  // (shard, state) last published
  std::set<std::string> awaiting_gauges_;                      // shards
};

}  // namespace roomkeeper
