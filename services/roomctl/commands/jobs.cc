#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "roomkeeper/v1/job.grpc.pb.h"

#include "lib/crypto/digest.h"
#include "services/roomctl/follow_job.h"
#include "services/roomctl/list_pages.h"
#include "services/roomctl/output.h"

namespace roomkeeper {
namespace {

using Stub = v1::JobService::Stub;

std::string JobName(const std::string& given) {
  return absl::StrContains(given, "/") ? given : absl::StrCat("jobs/", given);
}

// Get, cancel and retry: one name in, one job out.
template <typename Request>
ExitCode ShowJob(CommandContext& context,
                 grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, v1::Job*),
                 Request request) {
  request.set_name(JobName(context.words()[0]));
  return CallAndFollow<v1::JobService>(context, method, request);
}

ExitCode Get(CommandContext& context) {
  return ShowJob<v1::GetJobRequest>(context, &Stub::GetJob, {});
}

ExitCode Cancel(CommandContext& context) {
  return ShowJob<v1::CancelJobRequest>(context, &Stub::CancelJob, {});
}

ExitCode Retry(CommandContext& context) {
  v1::RetryJobRequest request;
  request.set_request_id(context.arguments().Get("request-id", RandomBase32(16)));
  return ShowJob(context, &Stub::RetryJob, request);
}

ExitCode Watch(CommandContext& context) {
  FollowOptions options;
  options.events_as_json = context.json();
  options.timeout = context.arguments().Duration("timeout").value_or(std::nullopt);
  const std::string after = context.arguments().Get("after", "0");
  if (!absl::SimpleAtoi(after, &options.after_sequence) || options.after_sequence < 0) {
    return context.Usage(absl::InvalidArgumentError(
        absl::StrCat("--after must be a sequence number, got \"", after, "\"")));
  }
  const Followed followed = FollowJob(context, JobName(context.words()[0]), options);
  return followed.code == ExitCode::kOk ? ExitCodeOf(followed.job) : followed.code;
}

ExitCode Wait(CommandContext& context) {
  v1::Job job;
  job.set_name(JobName(context.words()[0]));
  return WaitForJob(context, job);
}

ExitCode List(CommandContext& context) {
  v1::ListJobsRequest request;
  request.set_parent(context.arguments().Get("parent"));
  v1::JobState state = v1::JOB_STATE_UNSPECIFIED;
  const std::string wanted = context.arguments().Get("state");
  if (!wanted.empty() && !v1::JobState_Parse("JOB_STATE_" + wanted, &state)) {
    return context.Usage(absl::InvalidArgumentError(
        absl::StrCat("--state must be a state like RUNNING or FAILED, got \"", wanted, "\"")));
  }
  request.set_state(state);
  std::vector<std::vector<std::string>> rows = {
      {"JOB", "KIND", "STATE", "STEP", "CLEAN ROOM", "CREATED"}};
  const auto stub = v1::JobService::NewStub(context.connection()->channel());
  return ListPages<v1::ListJobsResponse>(
      context, request,
      [&](grpc::ClientContext* call, const v1::ListJobsRequest& page,
          v1::ListJobsResponse* answer) { return stub->ListJobs(call, page, answer); },
      [&](const v1::ListJobsResponse& answer) {
        for (const v1::Job& job : answer.jobs()) {
          rows.push_back({job.name(), Text(job.kind()), Text(job.state()), Text(job.step()),
                          job.clean_room(), Text(job.create_time())});
        }
      },
      rows);
}

}  // namespace

std::vector<Command> JobsCommands() {
  return {
      {"jobs", "get", "JOB", "Show a job and its steps", 1, 1, {}, &Get},
      {"jobs",
       "list",
       "",
       "List jobs",
       0,
       0,
       {{"parent", "NAME",
         "brands/…, brands/…/installs/… or a clean room; default: all you may see"},
        {"state", "STATE", "e.g. WAITING"}},
       &List},
      {"jobs",
       "watch",
       "JOB",
       "Show a job's events as they come",
       1,
       1,
       {kTimeoutFlag, {"after", "SEQUENCE", "only events after this sequence number"}},
       &Watch},
      {"jobs",
       "wait",
       "JOB",
       "Follow a job to its end; the exit code is the job's",
       1,
       1,
       {kTimeoutFlag},
       &Wait},
      {"jobs",
       "cancel",
       "JOB",
       "End a job and remove what it made",
       1,
       1,
       {kWaitFlag, kTimeoutFlag},
       &Cancel},
      {"jobs",
       "retry",
       "JOB",
       "A new job in place of a failed or cancelled one",
       1,
       1,
       {kRequestIdFlag, kWaitFlag, kTimeoutFlag},
       &Retry},
  };
}

}  // namespace roomkeeper
