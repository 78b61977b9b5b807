#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "lib/model/reasons.h"
#include "lib/obs/metric_table.h"
#include "services/roomkeeperd/rpc/watch_reactor.h"
#include "tests/service/rpc/world.h"

namespace roomkeeper {
namespace {

using testing::kAcmeRoom;
using testing::World;
using Jobs = v1::JobService::Stub;
using Rooms = v1::CleanRoomService::Stub;

std::string Create(World& world) {
  const auto job =
      world.Call(world.rooms, &Rooms::CreateCleanRoom, World::CreateRequest(), world.acme);
  REQUIRE(job.ok());
  return job.value.name();
}

struct Watched {
  std::vector<std::int64_t> sequences = {};
  std::vector<std::string> types = {};
  grpc::Status status = {};
  std::string resume = {};
};

// Reads at most `limit` events, then goes away.
Watched Watch(World& world, const std::string& job, std::int64_t after, std::size_t limit = 1000) {
  v1::WatchJobRequest request;
  request.set_name(job);
  request.set_after_sequence(after);
  const auto context = world.NewContext(world.acme);
  const auto stream = world.jobs->WatchJob(context.get(), request);
  Watched watched;
  v1::JobEvent event;
  while (watched.sequences.size() < limit && stream->Read(&event)) {
    watched.sequences.push_back(event.sequence());
    watched.types.push_back(event.type());
  }
  if (watched.sequences.size() == limit) {
    context->TryCancel();
  }
  watched.status = stream->Finish();
  const auto& trailing = context->GetServerTrailingMetadata();
  if (const auto found = trailing.find(kResumeMetadata); found != trailing.end()) {
    watched.resume = std::string(found->second.data(), found->second.size());
  }
  return watched;
}

TEST_CASE("a watch shows a job from its first event to its last", "[service][jobs]") {
  World world;
  const std::string job = Create(world);

  const Watched watched = Watch(world, job, 0);

  CHECK(watched.status.ok());
  REQUIRE_FALSE(watched.sequences.empty());
  for (std::size_t i = 0; i < watched.sequences.size(); ++i) {
    CHECK(watched.sequences[i] == static_cast<std::int64_t>(i) + 1);
  }
  CHECK(watched.types.front() == "job.queued");
  CHECK(watched.types.back() == "job.succeeded");
  CHECK(world.Stored(job).last_seq == watched.sequences.back());
}

TEST_CASE("a watch that is broken off anywhere goes on without gap or duplicate",
          "[service][jobs]") {
  World world;
  const std::string job = Create(world);
  const std::int64_t last = world.Wait(job, world.acme).last_sequence();
  for (std::int64_t cut = 1; cut < last; cut += 3) {
    CAPTURE(cut);
    const Watched first = Watch(world, job, 0, static_cast<std::size_t>(cut));
    const Watched rest = Watch(world, job, first.sequences.back());
    CHECK(rest.status.ok());
    REQUIRE_FALSE(rest.sequences.empty());
    CHECK(rest.sequences.front() == cut + 1);
    CHECK(rest.sequences.back() == last);
  }
  CHECK(Watch(world, job, last).sequences.empty());
  const Watched future = Watch(world, job, last + 1);
  CHECK(World::Details(future.status).reason == reason::kInvalidRequest);
}

TEST_CASE("a wait answers with the job as it is when its time is up", "[service][jobs]") {
  World world({.engine = false});
  v1::WaitJobRequest request;
  request.set_name(Create(world));
  request.mutable_timeout()->set_nanos(1000000);
  const auto waited = world.Call(world.jobs, &Jobs::WaitJob, request, world.acme);
  REQUIRE(waited.ok());
  CHECK(waited.value.state() == v1::JOB_STATE_QUEUED);
  CHECK(waited.value.steps(0).state() == v1::JobStepProgress::STATE_PENDING);

  request.mutable_timeout()->set_seconds(3600);
  CHECK(world.Call(world.jobs, &Jobs::WaitJob, request, world.acme).reason() ==
        reason::kInvalidRequest);
  request.clear_timeout();
  request.set_name("jobs/0000000000000000");
  CHECK(world.Call(world.jobs, &Jobs::WaitJob, request, world.acme).reason() == reason::kNotFound);
}

TEST_CASE("a wait respects the caller's own deadline", "[service][jobs]") {
  World world({.engine = false});
  v1::WaitJobRequest request;
  request.set_name(Create(world));
  auto context = world.NewContext(world.acme);
  context->set_deadline(absl::ToChronoTime(world.clock.Now() + absl::Seconds(2)));
  v1::Job job;

  const grpc::Status status = world.jobs->WaitJob(context.get(), request, &job);

  CHECK(status.ok());
  CHECK(job.state() == v1::JOB_STATE_QUEUED);
}

TEST_CASE("a job that waits is cancelled, and a final one never changes", "[service][jobs]") {
  World world({.provisioning = absl::Hours(1)});
  const std::string name = Create(world);
  v1::CancelJobRequest request;
  request.set_name(name);

  const auto cancelled = world.Call(world.jobs, &Jobs::CancelJob, request, world.acme);

  REQUIRE(cancelled.ok());
  CHECK(cancelled.value.cancel_requested());
  CHECK(world.Wait(name, world.acme).state() == v1::JOB_STATE_CANCELLED);
  const auto again = world.Call(world.jobs, &Jobs::CancelJob, request, world.acme);
  CHECK(again.status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  CHECK(again.reason() == reason::kJobFinal);
  request.set_name("jobs/0000000000000000");
  CHECK(world.Call(world.jobs, &Jobs::CancelJob, request, world.acme).reason() ==
        reason::kNotFound);
}

TEST_CASE("a removal is not cancelled: it says so instead of going on in silence",
          "[service][jobs]") {
  World world;
  world.CreateAndWait(world.acme);
  world.OnLoop([&] {
    world.platform->faults.push_back(
        {.at_call = world.platform->calls() + 1, .error = CallError::kDenied});
  });
  v1::DeleteCleanRoomRequest remove;
  remove.set_name(kAcmeRoom);
  remove.set_force(true);  // the platform is first asked by the job
  const auto job = world.Call(world.rooms, &Rooms::DeleteCleanRoom, remove, world.acme);
  REQUIRE(job.ok());
  v1::CancelJobRequest request;
  request.set_name(job.value.name());

  const auto cancelled = world.Call(world.jobs, &Jobs::CancelJob, request, world.acme);

  CHECK(cancelled.status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  CHECK(cancelled.reason() == reason::kJobNotCancellable);
  CHECK_FALSE(world.Stored(job.value.name()).cancel_requested);
}

TEST_CASE("a failed job is retried as a new one, once per request", "[service][jobs]") {
  World world;
  world.OnLoop([&] {
    world.platform->preflight_problems = {{.reason = "ASSET_NOT_FOUND",
                                           .message = "table is missing",
                                           .move = Move::kProviderOperator}};
  });
  const std::string failed = Create(world);
  const v1::Job job = world.Wait(failed, world.acme);
  REQUIRE(job.state() == v1::JOB_STATE_FAILED);
  CHECK(job.error().reason() == "ASSET_NOT_FOUND");
  CHECK(job.steps(0).state() == v1::JobStepProgress::STATE_FAILED);
  world.OnLoop([&] { world.platform->preflight_problems.clear(); });
  v1::RetryJobRequest request;
  request.set_name(failed);
  request.set_request_id("retry-1");

  const auto retried = world.Call(world.jobs, &Jobs::RetryJob, request, world.acme);

  INFO(retried.status.error_message());
  REQUIRE(retried.ok());
  CHECK(retried.value.name() != failed);
  CHECK(retried.value.retry_of() == failed);
  CHECK(world.Wait(retried.value.name(), world.acme).state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(world.Call(world.jobs, &Jobs::RetryJob, request, world.acme).value.name() ==
        retried.value.name());
  request.set_request_id("retry-2");
  CHECK(world.Call(world.jobs, &Jobs::RetryJob, request, world.acme).reason() ==
        reason::kJobNotRetryable);
  request.set_name(retried.value.name());
  CHECK(world.Call(world.jobs, &Jobs::RetryJob, request, world.acme).reason() ==
        reason::kJobNotRetryable);
}

TEST_CASE("a cancelled provision is retried under the next generation", "[service][jobs]") {
  World world({.provisioning = absl::Hours(1)});
  const std::string name = Create(world);
  v1::CancelJobRequest cancel;
  cancel.set_name(name);
  REQUIRE(world.Call(world.jobs, &Jobs::CancelJob, cancel, world.acme).ok());
  REQUIRE(world.Wait(name, world.acme).state() == v1::JOB_STATE_CANCELLED);
  world.OnLoop([&] { world.platform->options.provisioning = absl::ZeroDuration(); });
  v1::RetryJobRequest request;
  request.set_name(name);
  request.set_validate_only(true);
  CHECK(world.Call(world.jobs, &Jobs::RetryJob, request, world.acme).value.name().empty());
  request.set_validate_only(false);

  const auto retried = world.Call(world.jobs, &Jobs::RetryJob, request, world.acme);

  INFO(retried.status.error_message());
  REQUIRE(retried.ok());
  CHECK(world.Wait(retried.value.name(), world.acme).state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(world.StoredRoom(kAcmeRoom).state == RoomState::kReady);
}

TEST_CASE("jobs are listed by parent and state, in pages", "[service][jobs]") {
  World world({.engine = false});
  for (const std::string id : {"a", "b", "c"}) {
    auto request = World::CreateRequest();
    request.set_clean_room_id(id);
    REQUIRE(world.Call(world.rooms, &Rooms::CreateCleanRoom, request, world.acme).ok());
  }
  v1::ListJobsRequest request;
  request.set_page_size(2);
  const auto first = world.Call(world.jobs, &Jobs::ListJobs, request, world.acme);
  REQUIRE(first.value.jobs_size() == 2);
  request.set_page_token(first.value.next_page_token());
  CHECK(world.Call(world.jobs, &Jobs::ListJobs, request, world.acme).value.jobs_size() == 1);
  CHECK(world.Call(world.jobs, &Jobs::ListJobs, request, world.zeta).reason() ==
        reason::kInvalidRequest);
  v1::ListJobsRequest of_room;
  of_room.set_parent("brands/acme/installs/main/cleanRooms/b");
  CHECK(world.Call(world.jobs, &Jobs::ListJobs, of_room, world.acme).value.jobs_size() == 1);
  of_room.set_state(v1::JOB_STATE_FAILED);
  CHECK(world.Call(world.jobs, &Jobs::ListJobs, of_room, world.acme).value.jobs_size() == 0);
  CHECK(world.Call(world.jobs, &Jobs::ListJobs, of_room, world.zeta).reason() == reason::kNotFound);
  CHECK(world.Call(world.jobs, &Jobs::ListJobs, v1::ListJobsRequest(), world.zeta)
            .value.jobs_size() == 0);
}

TEST_CASE("shutting down ends watches and waits with the place to resume", "[service][jobs]") {
  World world({.engine = false});
  const std::string job = Create(world);
  v1::WatchJobRequest request;
  request.set_name(job);
  const auto context = world.NewContext(world.acme);
  const auto stream = world.jobs->WatchJob(context.get(), request);
  v1::JobEvent event;
  REQUIRE(stream->Read(&event));
  v1::WaitJobRequest wait;
  wait.set_name(job);
  World::Answer<v1::Job> waited;
  std::thread waiter([&] { waited = world.Call(world.jobs, &Jobs::WaitJob, wait, world.acme); });
  while (world.metrics.Value(metric::kWatchers, {}) < 2) {
    std::this_thread::yield();
  }

  world.server->ShutDown(absl::Seconds(30));

  waiter.join();
  CHECK(waited.status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(waited.reason() == reason::kShuttingDown);
  CHECK_FALSE(stream->Read(&event));
  const grpc::Status status = stream->Finish();
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(World::Details(status).reason == reason::kShuttingDown);
  const auto& trailing = context->GetServerTrailingMetadata();
  const auto found = trailing.find(kResumeMetadata);
  REQUIRE(found != trailing.end());
  CHECK(std::string(found->second.data(), found->second.size()) == "1");
  CHECK(world.metrics.Value(metric::kWatchers, {}) == 0);
}

}  // namespace
}  // namespace roomkeeper
