#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/random/bit_gen_ref.h"
#include "absl/time/time.h"

#include "lib/cleanroom/provenance.h"
#include "lib/cleanroom/provider.h"
#include "lib/engine/decide_limits.h"
#include "lib/io/loop.h"
#include "lib/obs/log.h"
#include "lib/obs/metrics.h"
#include "lib/packages/package_catalog.h"
#include "lib/store/job_store.h"

namespace roomkeeper {

struct EngineOptions {
  std::string owner = {};  // replica identity: random at each boot, never a host name
  DecideLimits limits = {};
  // Jobs being decided or with a call in flight, beyond which none is started but the first of a
  // brand, while fewer brands than this have one. A job that waits for ACTIVE or sleeps does not
  // count; one that comes back from the wait goes on at once.
  std::int32_t active_jobs_max = 256;
  std::int32_t active_jobs_per_brand_max = 64;
  std::int32_t claim_batch = 256;
  std::int32_t ready_jobs_max = 1024;  // with their rows while they wait for a place; those of more
                                       // are read when they start
  absl::Duration poll_interval = absl::Seconds(2);  // the floor under the commit notices
  absl::Duration stats_interval = absl::Seconds(10);
  absl::Duration store_retry_max = absl::Seconds(30);
  // A write leaves at most this long after a commit was asked for that proved the job to be ours:
  // a process that was frozen, and has lost the job meanwhile, sends nothing more. Part of
  // DecideLimits::call_horizon.
  absl::Duration lease_proof_lasts = absl::Seconds(5);
  absl::Duration expiry_sweep_interval = absl::Seconds(30);
  absl::Duration teardown_deadline = absl::Hours(24);  // of the jobs that expiry makes
  // How often a room that has drifted is mended by itself; then an operator is asked.
  std::int32_t repairs_per_day_max = 3;
};

// What the engine uses; all outlive it.
struct EngineDeps {
  Loop& loop;
  JobStore& store;
  Provider& provider;
  const PackageCatalog& packages;
  const Provenance& provenance;
  Metrics& metrics;
  Log& log;
  absl::BitGenRef chance;
};

// Applies the decisions of the core (decide.h) on one loop: commit the decision's writes, then send
// its calls; an answer is the next input. Nothing is sent before its commit. Everything but
// OnCommit runs on the loop's thread (or, like the constructor and Start, before the loop runs) and
// does not block. It may be destroyed at any time on that thread: what was in flight is then
// resumed by whoever claims the jobs.
class Engine {
 public:
  Engine(EngineDeps deps, EngineOptions options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Claims what is there and goes on from it.
  void Start();

  // The commit listener's hint: new jobs, cancels. Thread-safe.
  void OnCommit(const CommitNotice& notice);

  // Starts nothing new; waits at most `patience` for writes in flight and their commits, then
  // forgets all jobs (their intents are durable) and calls `stopped`, once. Calling it again does
  // nothing.
  void Stop(absl::Duration patience, std::function<void()> stopped);

  // For tests and the admin page.
  struct Counts {
    std::size_t live = 0;    // with their rows in memory
    std::size_t active = 0;  // … of which count against the cap
    std::size_t ready = 0;
    std::size_t parked = 0;
  };
  Counts counts() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace roomkeeper
