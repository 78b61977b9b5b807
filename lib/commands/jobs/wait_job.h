#pragma once

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "lib/base/mutex.h"
#include "lib/commands/jobs/read_jobs.h"
#include "lib/events/event_reader.h"

namespace roomkeeper {

// One caller that waits for a job to be final. Thread-safe.
class JobWait : public std::enable_shared_from_this<JobWait> {
 public:
  // `done` gets the job when it is final, or as it is when `timeout` has passed or after Stop.
  // RESOURCE_NOT_FOUND; kResourceExhausted when too many wait already.
  static std::shared_ptr<JobWait> Start(const CommandContext& context, const Principal& principal,
                                        JobId id, absl::Duration timeout, StoreDone<JobView> done);
  // The caller went away: `done` runs soon, if it has not.
  void Stop();

 private:
  JobWait(const CommandContext& context, Principal principal, JobId id, StoreDone<JobView> done)
      : context_(context),
        principal_(std::move(principal)),
        id_(std::move(id)),
        done_(std::move(done)) {}

  void SetTimer(absl::Duration timeout);
  void OnFound(const absl::StatusOr<Job>& job);
  void Next();
  void OnEvents(const absl::StatusOr<EventReader::Batch>& events);
  void AnswerNow();
  void Answer(absl::StatusOr<JobView> answer) ABSL_LOCKS_EXCLUDED(mu_);

  const CommandContext& context_;
  const Principal principal_;
  const JobId id_;
  Mutex mu_;
  bool timed_out_ ABSL_GUARDED_BY(mu_) = false;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  std::shared_ptr<EventReader> reader_ ABSL_GUARDED_BY(mu_);
  StoreDone<JobView> done_ ABSL_GUARDED_BY(mu_);
  Loop::TimerId timer_ = 0;  // of the loop's thread
};

}  // namespace roomkeeper
