#include "services/roomctl/follow_job.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "roomkeeper/v1/clean_room.grpc.pb.h"
#include "roomkeeper/v1/job.grpc.pb.h"

#include "lib/base/clock.h"
#include "services/roomctl/call_show.h"
#include "services/roomctl/output.h"
#include "services/roomctl/progress.h"

namespace roomkeeper {
namespace {

constexpr absl::Duration kStreamMax = absl::Hours(1);  // one stream; then it is taken up again
// Between two tries: from the first to the last, doubled each time.
constexpr absl::Duration kPauseMin = absl::Milliseconds(50);
constexpr absl::Duration kPauseMax = absl::Seconds(2);
// A stream that lasted this long had reached the server, events or not.
constexpr absl::Duration kWorked = absl::Seconds(20);

bool MayResume(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED ||
         status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED ||
         status.error_code() == grpc::StatusCode::INTERNAL;
}

class Follower {
 public:
  Follower(CommandContext& context, std::string job_name, const FollowOptions& options)
      : context_(context),
        stub_(v1::JobService::NewStub(context.connection()->channel())),
        job_name_(std::move(job_name)),
        as_json_(options.events_as_json),
        after_(options.after_sequence),
        end_(options.timeout ? clock_.Now() + *options.timeout : absl::InfiniteFuture()),
        progress_(context.err(), clock_, context.is_terminal()) {}

  // OK: the stream has ended or the time is up.
  grpc::Status Watch() {
    Outage outage;
    while (true) {
      const absl::Time begin = clock_.Now();
      if (begin >= end_) {
        return grpc::Status::OK;
      }
      const std::int64_t before = after_;
      const grpc::Status status = ReadStream(std::min(end_ - begin, kStreamMax));
      if (status.ok()) {
        return status;
      }
      if (!MayResume(status) ||
          !outage.MayTryAgain(begin, clock_.Now(), /*got_event=*/after_ != before)) {
        return status;
      }
      pause_ = after_ != before ? kPauseMin : std::min(2 * pause_, kPauseMax);
      if (clock_.Now() < end_) {
        if (!as_json_ && status.error_code() == grpc::StatusCode::UNAVAILABLE) {
          progress_.Note("the connection broke; trying again");
        }
        Pause();
      }
    }
  }

  Followed Result() {
    Followed followed;
    v1::GetJobRequest request;
    request.set_name(job_name_);
    const auto call = context_.connection()->NewCall();
    const grpc::Status status = stub_->GetJob(call.get(), request, &followed.job);
    if (!status.ok()) {
      followed.code = context_.Fail(status);
      if (followed.code == ExitCode::kPlatformFailed && clock_.Now() >= end_) {
        followed.code = ExitCode::kTimeout;
      }
    }
    return followed;
  }

 private:
  grpc::Status ReadStream(absl::Duration limit) {
    v1::WatchJobRequest request;
    request.set_name(job_name_);
    request.set_after_sequence(after_);
    const auto call = context_.connection()->NewCall(limit);
    const auto stream = stub_->WatchJob(call.get(), request);
    v1::JobEvent event;
    while (stream->Read(&event)) {
      after_ = event.sequence();
      if (as_json_) {
        context_.PrintJson(event);
        context_.out().flush();
      } else {
        progress_.Show(event);
      }
    }
    return stream->Finish();
  }

  // Ends early when the connection comes back.
  void Pause() {
    const auto& channel = context_.connection()->channel();
    (void)channel->WaitForStateChange(channel->GetState(/*try_to_connect=*/true),
                                      absl::ToChronoTime(std::min(clock_.Now() + pause_, end_)));
  }

  CommandContext& context_;
  SystemClock clock_;
  std::unique_ptr<v1::JobService::Stub> stub_;
  std::string job_name_;
  bool as_json_;
  std::int64_t after_;
  absl::Time end_;
  absl::Duration pause_ = kPauseMin;
  Progress progress_;
  ProgressTicker ticker_{progress_};
};

ExitCode PrintReady(CommandContext& context, const v1::Job& job) {
  v1::GetRunnableNotebookRequest request;
  request.set_name(job.clean_room());
  v1::RunnableNotebook notebook;
  if (const auto got = CallServer<v1::CleanRoomService>(
          context, &v1::CleanRoomService::Stub::GetRunnableNotebook, request, notebook);
      !got.ok()) {
    return context.Fail(got);
  }
  context.out() << "\nREADY. The brand's app runs:\n";
  PrintNotebook(notebook, context.out());
  return ExitCode::kOk;
}

}  // namespace

bool Outage::MayTryAgain(absl::Time begin, absl::Time now, bool got_event) {
  if (got_event || now - begin >= kWorked || !since_) {
    since_ = now;
  }
  return now - *since_ < kOutageMax;
}

Followed FollowJob(CommandContext& context, const std::string& job_name,
                   const FollowOptions& options) {
  Follower follower(context, job_name, options);
  if (const grpc::Status status = follower.Watch(); !status.ok()) {
    return {.code = context.Fail(status), .job = {}};
  }
  return follower.Result();
}

ExitCode ShowOrFollow(CommandContext& context, const v1::Job& job) {
  if (job.name().empty() && !context.json()) {
    context.out() << "valid; nothing was changed\n";
    return ExitCode::kOk;
  }
  if (context.arguments().Has("wait") && !job.name().empty()) {
    return WaitForJob(context, job);
  }
  Show(context, job, &PrintJob);
  return ExitCode::kOk;
}

ExitCode WaitForJob(CommandContext& context, const v1::Job& job) {
  FollowOptions options;
  options.timeout = context.arguments().Duration("timeout").value_or(std::nullopt);
  const Followed followed = FollowJob(context, job.name(), options);
  if (followed.code != ExitCode::kOk) {
    return followed.code;
  }
  const ExitCode code = ExitCodeOf(followed.job);
  if (context.json()) {
    context.PrintJson(followed.job);
    return code;
  }
  context.out() << '\n';
  PrintJob(followed.job, context.out());
  if (code == ExitCode::kTimeout) {
    context.err() << "roomctl: --timeout passed; the job goes on: roomctl jobs wait "
                  << followed.job.name() << '\n';
  }
  if (code != ExitCode::kOk || followed.job.kind() != v1::JOB_KIND_PROVISION) {
    return code;
  }
  return PrintReady(context, followed.job);
}

}  // namespace roomkeeper
