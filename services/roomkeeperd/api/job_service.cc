#include "services/roomkeeperd/api/job_service.h"

#include <algorithm>
#include <memory>

#include "lib/commands/jobs/cancel_job.h"
#include "lib/commands/jobs/read_jobs.h"
#include "lib/commands/jobs/retry_job.h"
#include "lib/commands/jobs/wait_job.h"
#include "lib/commands/refusals.h"
#include "lib/model/resource_name.h"
#include "services/roomkeeperd/rpc/proto_codec.h"
#include "services/roomkeeperd/rpc/unary_call.h"
#include "services/roomkeeperd/rpc/watch_reactor.h"

namespace roomkeeper {
namespace {

using CallPtr = std::shared_ptr<UnaryCall>;

constexpr absl::Duration kWaitDefault = absl::Minutes(10);
// What the answer to a wait needs to arrive before the caller's own deadline.
constexpr absl::Duration kAnswerTime = absl::Milliseconds(200);

JobId JobOf(const std::string& name) {
  return ParseJobName(name).value_or(JobId());
}

ListJobsInput InputOf(const v1::ListJobsRequest& request) {
  ListJobsInput input{.parent = ParseBrandPath(request.parent()).value_or(BrandPath()),
                      .state = FromProto(request.state()),
                      .limit = PageSizeOf(request.page_size()),
                      .page_token = request.page_token()};
  if (const auto room = ParseRoomName(request.parent())) {
    input.parent = {.brand = room->brand, .install = room->install};
    input.clean_room = room->id;
  }
  return input;
}

// An answer in time beats DEADLINE_EXCEEDED.
absl::Duration WaitTime(const v1::WaitJobRequest& request, const UnaryCall& call,
                        const Clock& clock) {
  const absl::Duration asked = request.has_timeout() ? FromProto(request.timeout()) : kWaitDefault;
  const absl::Duration left = absl::FromChrono(call.context().deadline()) - clock.Now();
  return std::max(std::min(asked, left - kAnswerTime), absl::ZeroDuration());
}

}  // namespace

grpc::ServerUnaryReactor* JobServiceImpl::GetJob(grpc::CallbackServerContext* context,
                                                 const v1::GetJobRequest* request,
                                                 v1::Job* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.JobService.GetJob", *request,
                          [this, request, response](const CallPtr& call) {
                            roomkeeper::GetJob(
                                commands_, call->principal(), JobOf(request->name()),
                                [call, response](const absl::StatusOr<JobView>& result) {
                                  call->End(result, [&](const JobView& view) {
                                    ToProto(view, call->principal(), *response);
                                  });
                                });
                          });
}

grpc::ServerUnaryReactor* JobServiceImpl::ListJobs(grpc::CallbackServerContext* context,
                                                   const v1::ListJobsRequest* request,
                                                   v1::ListJobsResponse* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.JobService.ListJobs", *request,
                          [this, request, response](const CallPtr& call) {
                            roomkeeper::ListJobs(
                                commands_, call->principal(), InputOf(*request),
                                [call, response](const absl::StatusOr<ListJobsOutput>& result) {
                                  call->End(result, [&](const ListJobsOutput& page) {
                                    for (const Job& job : page.jobs) {
                                      ToProto(job, call->principal(), *response->add_jobs());
                                    }
                                    response->set_next_page_token(page.next_page_token);
                                  });
                                });
                          });
}

grpc::ServerUnaryReactor* JobServiceImpl::WaitJob(grpc::CallbackServerContext* context,
                                                  const v1::WaitJobRequest* request,
                                                  v1::Job* response) {
  return UnaryCall::Serve(
      desk_, context, "roomkeeper.v1.JobService.WaitJob", *request,
      [this, request, response](const CallPtr& call) {
        const auto wait = JobWait::Start(
            commands_, call->principal(), JobOf(request->name()),
            WaitTime(*request, *call, commands_.clock),
            [call, response](const absl::StatusOr<JobView>& result) {
              if (result.ok() && !IsFinal(result->job.state) && call->desk().drain().fired()) {
                call->End(ShuttingDown());
                return;
              }
              call->End(result,
                        [&](const JobView& view) { ToProto(view, call->principal(), *response); });
            });
        call->OnStop([wait] { wait->Stop(); });
      });
}

grpc::ServerWriteReactor<v1::JobEvent>* JobServiceImpl::WatchJob(
    grpc::CallbackServerContext* context, const v1::WatchJobRequest* request) {
  return WatchReactor::Serve(desk_, commands_, context, *request);
}

grpc::ServerUnaryReactor* JobServiceImpl::CancelJob(grpc::CallbackServerContext* context,
                                                    const v1::CancelJobRequest* request,
                                                    v1::Job* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.JobService.CancelJob", *request,
                          [this, request, response](const CallPtr& call) {
                            CancelJobById(commands_, call->principal(), JobOf(request->name()),
                                          [call, response](const absl::StatusOr<Job>& result) {
                                            call->End(result, [&](const Job& job) {
                                              call->About(job);
                                              ToProto(job, call->principal(), *response);
                                            });
                                          });
                          });
}

grpc::ServerUnaryReactor* JobServiceImpl::RetryJob(grpc::CallbackServerContext* context,
                                                   const v1::RetryJobRequest* request,
                                                   v1::Job* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.JobService.RetryJob", *request,
                          [this, request, response](const CallPtr& call) {
                            RetryJobInput input{.job = JobOf(request->name()),
                                                .request_id = request->request_id(),
                                                .validate_only = request->validate_only()};
                            roomkeeper::RetryJob(
                                commands_, call->principal(), std::move(input),
                                [call, response](const absl::StatusOr<Job>& result) {
                                  call->End(result, [&](const Job& job) {
                                    call->About(job);
                                    ToProto(job, call->principal(), *response);
                                  });
                                });
                          });
}

}  // namespace roomkeeper
