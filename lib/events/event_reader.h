#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "lib/base/mutex.h"
#include "lib/events/event_hub.h"
#include "lib/model/job.h"
#include "lib/store/job_store.h"

namespace roomkeeper {

// Reads the events of one job in order, each exactly once, from a sequence number on, waiting for
// those to come. Keeps no queue: the next batch is read when it is asked for. Thread-safe; never
// blocks.
class EventReader : public std::enable_shared_from_this<EventReader> {
 public:
  // Never empty, except as the end: the job is final and all its events were given.
  using Batch = std::vector<JobEvent>;
  using Done = std::function<void(absl::StatusOr<Batch>)>;

  // Store and hub outlive the reader. Errors as EventHub::Subscribe.
  static absl::StatusOr<std::shared_ptr<EventReader>> Make(JobStore& store, EventHub& hub,
                                                           const JobId& job,
                                                           std::int64_t after_seq);

  // One at a time: not before the last `done` began to run. `done` runs once, on a thread of the
  // store or inside the call, and must not block. kNotFound: no such job; kCancelled: Cancel was
  // called; otherwise as JobStore.
  void Next(Done done);

  // Ends a Next that waits, and all later ones, with kCancelled. May be called at any time.
  void Cancel();

 private:
  EventReader(JobStore& store, JobId job, std::int64_t after_seq);

  void OnWake();
  void Read();
  void OnRead(absl::StatusOr<Batch> batch);
  void CheckFinal();
  void OnJob(const absl::StatusOr<Job>& job);
  // Reads again if there was news meanwhile, else waits for some. Called with a read just ended.
  void ReadAgainOrWait();
  void Deliver(absl::StatusOr<Batch> batch);

  JobStore& store_;
  const JobId job_;
  EventHub::Subscription subscription_;  // set once, in Make

  Mutex mu_;
  Done waiting_ ABSL_GUARDED_BY(mu_);
  std::int64_t after_seq_ ABSL_GUARDED_BY(mu_);
  bool reading_ ABSL_GUARDED_BY(mu_) = false;
  bool news_ ABSL_GUARDED_BY(mu_) = false;     // since the last read began
  bool checked_ ABSL_GUARDED_BY(mu_) = false;  // that the job exists and is not over already
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace roomkeeper
