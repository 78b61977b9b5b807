#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"

#include "roomkeeper/v1/job.pb.h"

#include "services/roomctl/call_show.h"

namespace roomkeeper {

struct FollowOptions {
  std::optional<absl::Duration> timeout = {};  // of the whole; nothing: until the job is final
  std::int64_t after_sequence = 0;
  bool events_as_json = false;  // each event to out as JSON; else a line for people to err
};

struct Followed {
  ExitCode code = ExitCode::kOk;  // kOk: see `job`, which is final or the time is up; else printed
  v1::Job job = {};
};

// Shows the job's events as they come, until it is final or the time is up. A broken stream is
// taken up again after the last event seen, so nothing is shown twice and nothing is left out.
Followed FollowJob(CommandContext& context, const std::string& job_name,
                   const FollowOptions& options);

// How long a server may be away while a job is followed: time for a restart or a fail-over.
inline constexpr absl::Duration kOutageMax = absl::Minutes(2);

// Whether to take up a broken watch again: the outage is counted from the first failure after the
// stream last worked, however long it had worked without an event.
class Outage {
 public:
  // A try that began at `begin` failed at `now`, after an event or not. False: give up.
  bool MayTryAgain(absl::Time begin, absl::Time now, bool got_event);

 private:
  std::optional<absl::Time> since_;
};

// What a command does with its job: with --wait, WaitForJob; else it prints the job. One without a
// name was only validated.
ExitCode ShowOrFollow(CommandContext& context, const v1::Job& job);

// Calls a method that answers a job, then does ShowOrFollow.
template <typename Service, typename Request>
ExitCode CallAndFollow(CommandContext& context,
                       grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&,
                                                             v1::Job*),
                       const Request& request) {
  v1::Job job;
  const auto status = CallServer<Service>(context, method, request, job);
  if (status.ok()) {
    return ShowOrFollow(context, job);
  }
  if constexpr (requires { request.request_id(); }) {
    return context.FailChange(status, request.request_id());
  } else {
    return context.Fail(status);
  }
}

// What --wait does after the job was made: follow, print the job (and of a READY room what the
// brand's app needs), end with the job's exit code.
ExitCode WaitForJob(CommandContext& context, const v1::Job& job);

}  // namespace roomkeeper
