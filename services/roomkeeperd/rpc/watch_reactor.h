#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "roomkeeper/v1/job.pb.h"

#include "lib/commands/command_context.h"
#include "lib/events/event_reader.h"
#include "services/roomkeeperd/rpc/front_desk.h"

namespace roomkeeper {

// Trailing metadata of a watch that does not end OK: the after_sequence to go on with.
inline constexpr char kResumeMetadata[] = "roomkeeper-resume-after-sequence";

// One WatchJob stream: writes an event, waits for that write to complete, reads the next. It queues
// nothing but the batch it read, so a slow client costs no more memory than a fast one; one that
// takes nothing for limits().watch_write_timeout is cut.
class WatchReactor final : public grpc::ServerWriteReactor<v1::JobEvent>,
                           public std::enable_shared_from_this<WatchReactor> {
 public:
  static grpc::ServerWriteReactor<v1::JobEvent>* Serve(FrontDesk& desk,
                                                       const CommandContext& commands,
                                                       grpc::CallbackServerContext* context,
                                                       const v1::WatchJobRequest& request);

 private:
  WatchReactor(FrontDesk& desk, const CommandContext& commands,
               grpc::CallbackServerContext* context, const v1::WatchJobRequest& request);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  void Begin();
  // Watches over the write under way; by one timer at a time, so that it costs a fast reader
  // little.
  void StartEvent();
  void SetTimer(absl::Duration delay);
  void OnTimer();
  void OnJob(const absl::StatusOr<Job>& job);
  void WriteNext();
  void OnBatch(absl::StatusOr<EventReader::Batch> batch);
  void Stop();
  void End(const absl::Status& status);

  FrontDesk& desk_;
  const CommandContext& commands_;
  grpc::CallbackServerContext* const context_;
  const v1::WatchJobRequest& request_;  // gRPC's, until OnDone
  CallRecord record_;
  std::shared_ptr<WatchReactor> self_;  // gRPC's share, dropped in OnDone

  // Touched by one step of the stream at a time.
  EventReader::Batch batch_;
  std::size_t written_ = 0;  // of batch_
  std::int64_t position_ = 0;
  v1::JobEvent event_;  // being written
  std::uint64_t on_drain_ = 0;

  Mutex mu_;
  std::shared_ptr<EventReader> reader_ ABSL_GUARDED_BY(mu_);
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  absl::Duration writing_since_ ABSL_GUARDED_BY(mu_) = absl::ZeroDuration();  // monotonic
  bool timer_set_ ABSL_GUARDED_BY(mu_) = false;
  bool cutting_ ABSL_GUARDED_BY(mu_) = false;  // the timer uses context_: the stream must not end
  bool cut_ ABSL_GUARDED_BY(mu_) = false;
  bool over_ ABSL_GUARDED_BY(mu_) = false;  // the write ended meanwhile
};

}  // namespace roomkeeper
