#include "lib/events/event_reader.h"

#include <utility>

#include "lib/model/states.h"

namespace roomkeeper {
namespace {

constexpr std::int32_t kBatch = 100;

}  // namespace

EventReader::EventReader(JobStore& store, JobId job, std::int64_t after_seq)
    : store_(store), job_(std::move(job)), after_seq_(after_seq) {}

absl::StatusOr<std::shared_ptr<EventReader>> EventReader::Make(JobStore& store, EventHub& hub,
                                                               const JobId& job,
                                                               std::int64_t after_seq) {
  std::shared_ptr<EventReader> reader(new EventReader(store, job, after_seq));
  absl::StatusOr<EventHub::Subscription> subscription =
      hub.Subscribe(job, [weak = std::weak_ptr<EventReader>(reader)] {
        if (const std::shared_ptr<EventReader> self = weak.lock(); self != nullptr) {
          self->OnWake();
        }
      });
  if (!subscription.ok()) {
    return subscription.status();
  }
  reader->subscription_ = *std::move(subscription);
  return reader;
}

void EventReader::Next(Done done) {
  bool end = false;
  {
    const MutexLock lock(mu_);
    waiting_ = std::move(done);
    end = ended_ || cancelled_;
    reading_ = !end;
  }
  if (end) {
    Deliver(Batch());
  } else {
    Read();
  }
}

void EventReader::Cancel() {
  {
    const MutexLock lock(mu_);
    cancelled_ = true;
  }
  Deliver(absl::CancelledError("the watch was cancelled"));
}

void EventReader::Deliver(absl::StatusOr<Batch> batch) {
  Done done;
  {
    const MutexLock lock(mu_);
    reading_ = false;
    done = std::exchange(waiting_, nullptr);
    if (cancelled_) {
      batch = absl::CancelledError("the watch was cancelled");
    }
  }
  if (done) {
    done(std::move(batch));
  }
}

void EventReader::OnWake() {
  {
    const MutexLock lock(mu_);
    news_ = true;
    if (reading_ || !waiting_) {
      return;
    }
    reading_ = true;
  }
  Read();
}

void EventReader::Read() {
  std::int64_t after = 0;
  {
    const MutexLock lock(mu_);
    news_ = false;
    after = after_seq_;
  }
  store_.ReadEvents(job_, after, kBatch, [self = shared_from_this()](absl::StatusOr<Batch> batch) {
    self->OnRead(std::move(batch));
  });
}

void EventReader::OnRead(absl::StatusOr<Batch> batch) {
  if (!batch.ok()) {
    Deliver(batch.status());
    return;
  }
  bool check = false;
  {
    const MutexLock lock(mu_);
    if (!batch->empty()) {
      after_seq_ = batch->back().seq;
      ended_ = IsFinal(batch->back().job_state);
      checked_ = true;
    } else {
      check = !std::exchange(checked_, true);
    }
  }
  if (!batch->empty()) {
    Deliver(std::move(batch));
  } else if (check) {
    CheckFinal();
  } else {
    ReadAgainOrWait();
  }
}

void EventReader::CheckFinal() {
  store_.GetJob(job_,
                [self = shared_from_this()](const absl::StatusOr<Job>& job) { self->OnJob(job); });
}

void EventReader::OnJob(const absl::StatusOr<Job>& job) {
  if (!job.ok()) {
    Deliver(job.status());
    return;
  }
  {
    const MutexLock lock(mu_);
    ended_ = IsFinal(job->state) && job->last_seq <= after_seq_;
    news_ = news_ || job->last_seq > after_seq_;
    if (!ended_ && job->last_seq < after_seq_) {
      after_seq_ = job->last_seq;  // a token from the future: go on from what there is
    }
  }
  ReadAgainOrWait();
}

void EventReader::ReadAgainOrWait() {
  bool ended = false;
  {
    const MutexLock lock(mu_);
    ended = ended_ || cancelled_;
    if (!ended && !news_) {
      reading_ = false;
      return;
    }
  }
  if (ended) {
    Deliver(Batch());
  } else {
    Read();
  }
}

}  // namespace roomkeeper
