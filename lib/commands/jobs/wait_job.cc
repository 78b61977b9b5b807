#include "lib/commands/jobs/wait_job.h"

#include <utility>

namespace roomkeeper {

std::shared_ptr<JobWait> JobWait::Start(const CommandContext& context, const Principal& principal,
                                        JobId id, absl::Duration timeout, StoreDone<JobView> done) {
  std::shared_ptr<JobWait> wait(new JobWait(context, principal, id, std::move(done)));
  wait->SetTimer(timeout);
  FindJob(context, principal, std::move(id),
          [wait](const absl::StatusOr<Job>& job) { wait->OnFound(job); });
  return wait;
}

void JobWait::SetTimer(absl::Duration timeout) {
  context_.loop.Post([self = shared_from_this(), timeout] {
    self->timer_ = self->context_.loop.RunAfter(timeout, [self] {
      std::shared_ptr<EventReader> reader;
      {
        const MutexLock lock(self->mu_);
        self->timed_out_ = true;
        reader = self->reader_;
      }
      if (reader != nullptr) {
        reader->Cancel();
      }
    });
  });
}

void JobWait::Stop() {
  std::shared_ptr<EventReader> reader;
  {
    const MutexLock lock(mu_);
    stopped_ = true;
    reader = reader_;
  }
  if (reader != nullptr) {
    reader->Cancel();
  }
}

void JobWait::OnFound(const absl::StatusOr<Job>& job) {
  if (!job.ok()) {
    Answer(job.status());
    return;
  }
  auto reader = EventReader::Make(context_.jobs, context_.hub, job->id, job->last_seq);
  if (!reader.ok()) {
    Answer(reader.status());
    return;
  }
  bool over = IsFinal(job->state);
  {
    const MutexLock lock(mu_);
    over = over || timed_out_ || stopped_;
    reader_ = *std::move(reader);
  }
  if (over) {
    AnswerNow();
    return;
  }
  Next();
}

void JobWait::Next() {
  std::shared_ptr<EventReader> reader;
  {
    const MutexLock lock(mu_);
    reader = reader_;
  }
  reader->Next([self = shared_from_this()](const absl::StatusOr<EventReader::Batch>& events) {
    self->OnEvents(events);
  });
}

void JobWait::OnEvents(const absl::StatusOr<EventReader::Batch>& events) {
  if (events.ok() && !events->empty()) {
    Next();
  } else if (events.ok() || absl::IsCancelled(events.status())) {
    AnswerNow();
  } else {
    Answer(events.status());
  }
}

void JobWait::AnswerNow() {
  GetJob(context_, principal_, id_, [self = shared_from_this()](absl::StatusOr<JobView> view) {
    self->Answer(std::move(view));
  });
}

void JobWait::Answer(absl::StatusOr<JobView> answer) {
  StoreDone<JobView> done;
  {
    const MutexLock lock(mu_);
    done = std::exchange(done_, nullptr);
    reader_ = nullptr;
  }
  context_.loop.Post([self = shared_from_this()] {
    if (self->timer_ != 0) {
      self->context_.loop.Cancel(self->timer_);
    }
  });
  if (done != nullptr) {
    done(std::move(answer));
  }
}

}  // namespace roomkeeper
