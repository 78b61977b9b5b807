#include "services/roomctl/follow_job.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "roomkeeper/v1/clean_room.grpc.pb.h"
#include "roomkeeper/v1/job.grpc.pb.h"

#include "lib/base/clock.h"
#include "services/roomctl/output.h"

namespace roomkeeper {
namespace {

constexpr absl::Duration kStreamMax = absl::Hours(1);  // one stream; then it is taken up again
constexpr absl::Duration kReconnectPause = absl::Seconds(1);
constexpr absl::Duration kOutageMax = absl::Minutes(2);  // of a server that does not answer at all

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

// One event for people: how long after the job's beginning, which step, what happened.
void ShowEvent(CommandContext& context, const v1::JobEvent& event, absl::Time begin) {
  const bool step = event.type().rfind("step.", 0) == 0;
  const char* mark =
      event.type() == "step.finished" || event.type() == "job.succeeded" ? "ok" : "..";
  if (event.type() == "job.failed" || event.type() == "step.retrying") {
    mark = "!!";
  }
  const std::string what = step ? Text(event.step()) : event.type();
  const std::string line = absl::StrFormat(
      "%8.2f s  %s  %-18s %s", absl::ToDoubleSeconds(TimeOf(event.event_time()) - begin), mark,
      what, event.message());
  const bool bright = context.is_terminal() && mark[0] == 'o';
  context.err() << (bright ? "\033[32m" : "") << line << (bright ? "\033[0m" : "") << std::endl;
}

bool MayResume(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED ||
         status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED ||
         status.error_code() == grpc::StatusCode::INTERNAL;
}

}  // namespace

Followed FollowJob(CommandContext& context, const std::string& job_name,
                   const FollowOptions& options) {
  const auto stub = v1::JobService::NewStub(context.connection()->channel());
  const absl::Time end =
      options.timeout.has_value() ? SystemClock().Now() + *options.timeout : absl::InfiniteFuture();
  std::int64_t after = options.after_sequence;
  std::optional<absl::Time> begin;
  absl::Time last_answer = SystemClock().Now();
  grpc::Status status;
  while (true) {
    const absl::Duration left = end - SystemClock().Now();
    if (left <= absl::ZeroDuration()) {
      break;
    }
    v1::WatchJobRequest request;
    request.set_name(job_name);
    request.set_after_sequence(after);
    auto call = context.connection()->NewCall(std::min(left, kStreamMax));
    const auto stream = stub->WatchJob(call.get(), request);
    v1::JobEvent event;
    while (stream->Read(&event)) {
      after = event.sequence();
      last_answer = SystemClock().Now();
      begin = begin.value_or(TimeOf(event.event_time()));
      if (options.events_as_json) {
        context.PrintJson(event);
        context.out().flush();
      } else {
        ShowEvent(context, event, *begin);
      }
    }
    status = stream->Finish();
    if (status.ok()) {
      break;
    }
    if (!MayResume(status) || SystemClock().Now() - last_answer > kOutageMax) {
      return {.code = context.Fail(status), .job = {}};
    }
    // A pause that ends early when the connection comes back.
    const auto& channel = context.connection()->channel();
    (void)channel->WaitForStateChange(
        channel->GetState(/*try_to_connect=*/true),
        absl::ToChronoTime(SystemClock().Now() + std::min(kReconnectPause, left)));
  }
  Followed followed;
  v1::GetJobRequest request;
  request.set_name(job_name);
  const auto call = context.connection()->NewCall();
  if (const grpc::Status got = stub->GetJob(call.get(), request, &followed.job); !got.ok()) {
    followed.code = context.Fail(got);
  }
  return followed;
}

ExitCode WaitForJob(CommandContext& context, const v1::Job& job) {
  const auto timeout = context.arguments().Duration("timeout");
  if (!timeout.ok()) {
    return context.Usage(timeout.status());
  }
  FollowOptions options;
  options.timeout = *timeout;
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
  v1::GetRunnableNotebookRequest request;
  request.set_name(followed.job.clean_room());
  v1::RunnableNotebook notebook;
  const auto stub = v1::CleanRoomService::NewStub(context.connection()->channel());
  const auto call = context.connection()->NewCall();
  if (const grpc::Status got = stub->GetRunnableNotebook(call.get(), request, &notebook);
      !got.ok()) {
    return context.Fail(got);
  }
  context.out() << "\nREADY. The brand's app runs:\n";
  PrintNotebook(notebook, context.out());
  return code;
}

}  // namespace roomkeeper
