#include "services/roomkeeperd/rpc/watch_reactor.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/commands/jobs/read_jobs.h"
#include "lib/commands/refusals.h"
#include "services/roomkeeperd/rpc/proto_codec.h"

namespace roomkeeper {
namespace {

constexpr char kMethod[] = "roomkeeper.v1.JobService.WatchJob";

absl::Status TooSlow() {
  return absl::ResourceExhaustedError("the watcher does not take its events");
}

}  // namespace

WatchReactor::WatchReactor(FrontDesk& desk, const CommandContext& commands,
                           grpc::CallbackServerContext* context, const v1::WatchJobRequest& request)
    : desk_(desk),
      commands_(commands),
      context_(context),
      request_(request),
      record_(desk.Open(*context, kMethod)),
      position_(request.after_sequence()) {}

grpc::ServerWriteReactor<v1::JobEvent>* WatchReactor::Serve(FrontDesk& desk,
                                                            const CommandContext& commands,
                                                            grpc::CallbackServerContext* context,
                                                            const v1::WatchJobRequest& request) {
  const std::shared_ptr<WatchReactor> watch(new WatchReactor(desk, commands, context, request));
  watch->self_ = watch;
  desk.Enter(*context, watch->record_, request, [watch](const absl::Status& let_in) {
    if (!let_in.ok()) {
      watch->End(let_in);
      return;
    }
    watch->Begin();
  });
  return watch.get();
}

void WatchReactor::Begin() {
  on_drain_ = desk_.drain().Add([self = shared_from_this()] { self->Stop(); });
  const JobId id = ParseJobName(request_.name()).value_or(JobId());
  FindJob(commands_, record_.principal, id,
          [self = shared_from_this()](const absl::StatusOr<Job>& job) { self->OnJob(job); });
}

void WatchReactor::OnJob(const absl::StatusOr<Job>& job) {
  if (!job.ok()) {
    End(job.status());
    return;
  }
  if (position_ > job->last_seq) {
    End(InvalidField("after_sequence", absl::StrCat("must be at most ", job->last_seq,
                                                    ", the job's last_sequence, got ", position_)));
    return;
  }
  auto reader = EventReader::Make(commands_.jobs, commands_.hub, job->id, position_);
  if (!reader.ok()) {
    End(reader.status());
    return;
  }
  bool stopped = false;
  {
    const MutexLock lock(mu_);
    reader_ = *reader;
    stopped = stopped_;
  }
  if (stopped) {
    (*reader)->Cancel();
  }
  WriteNext();
}

void WatchReactor::WriteNext() {
  if (written_ < batch_.size()) {
    event_.Clear();
    position_ = batch_[written_].seq;
    ToProto(batch_[written_++], record_.principal, event_);
    StartEvent();
    return;
  }
  std::shared_ptr<EventReader> reader;
  {
    const MutexLock lock(mu_);
    reader = reader_;
  }
  reader->Next([self = shared_from_this()](absl::StatusOr<EventReader::Batch> batch) {
    self->OnBatch(std::move(batch));
  });
}

void WatchReactor::OnBatch(absl::StatusOr<EventReader::Batch> batch) {
  if (absl::IsCancelled(batch.status())) {
    End(desk_.drain().fired() ? ShuttingDown() : batch.status());
    return;
  }
  if (!batch.ok() || batch->empty()) {
    End(batch.status());
    return;
  }
  batch_ = *std::move(batch);
  written_ = 0;
  WriteNext();
}

void WatchReactor::StartEvent() {
  bool set_timer = false;
  {
    const MutexLock lock(mu_);
    writing_ = true;
    writing_since_ = desk_.clock().Monotonic();
    set_timer = !std::exchange(timer_set_, true);
  }
  if (set_timer) {
    SetTimer(desk_.limits().watch_write_timeout);
  }
  StartWrite(&event_);
}

void WatchReactor::SetTimer(absl::Duration delay) {
  commands_.loop.Post([self = shared_from_this(), delay] {
    self->commands_.loop.RunAfter(delay, [self] { self->OnTimer(); });
  });
}

void WatchReactor::OnTimer() {
  absl::Duration left = absl::ZeroDuration();
  {
    const MutexLock lock(mu_);
    timer_set_ = writing_;
    if (!writing_) {
      return;  // the next write sets one again
    }
    left = desk_.limits().watch_write_timeout - (desk_.clock().Monotonic() - writing_since_);
    cutting_ = left <= absl::ZeroDuration();
    cut_ = cutting_;
  }
  if (left > absl::ZeroDuration()) {
    SetTimer(left);
    return;
  }
  context_->TryCancel();  // gRPC's until the stream ends, which waits for us
  bool over = false;
  {
    const MutexLock lock(mu_);
    cutting_ = false;
    over = over_;
  }
  if (over) {
    End(TooSlow());
  }
}

void WatchReactor::OnWriteDone(bool ok) {
  bool cut = false;
  {
    const MutexLock lock(mu_);
    writing_ = false;
    over_ = true;
    if (cutting_) {
      return;  // OnTimer ends the stream
    }
    over_ = false;
    cut = cut_;
  }
  if (!ok || cut) {  // the client is gone; the event counts as not delivered
    End(cut ? TooSlow() : absl::CancelledError("the watcher went away"));
    return;
  }
  WriteNext();
}

void WatchReactor::OnCancel() {
  Stop();
}

void WatchReactor::Stop() {
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

void WatchReactor::End(const absl::Status& status) {
  desk_.drain().Forget(std::exchange(on_drain_, 0));
  if (!status.ok()) {
    context_->AddTrailingMetadata(kResumeMetadata, absl::StrCat(position_));
  }
  Finish(desk_.Leave(record_, status));
}

void WatchReactor::OnDone() {
  {
    const MutexLock lock(mu_);
    reader_ = nullptr;  // a timer may keep the rest for a while
  }
  const std::shared_ptr<WatchReactor> last = std::exchange(self_, nullptr);
}

}  // namespace roomkeeper
