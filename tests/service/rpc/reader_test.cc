#include <functional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/model/reasons.h"
#include "tests/service/rpc/world.h"

namespace roomkeeper {
namespace {

using testing::kAcmeRoom;
using testing::World;
using Jobs = v1::JobService::Stub;
using Rooms = v1::CleanRoomService::Stub;

// What only the operator may read of a trouble.
constexpr char kInside[] = "97 of at most 100 clean rooms exist; GRANT SELECT ON TABLE t TO `sp`";

Problem Trouble(bool retryable) {
  return {.reason = "MISSING_PRIVILEGE",
          .message = kInside,
          .move = Move::kProviderOperator,
          .retryable = retryable};
}

template <typename Request>
Request Named(const std::string& name) {
  Request request;
  request.set_name(name);
  return request;
}

std::string Create(World& world) {
  const auto job =
      world.Call(world.rooms, &Rooms::CreateCleanRoom, World::CreateRequest(), world.acme);
  REQUIRE(job.ok());
  return job.value.name();
}

// The texts of all events up to the first of type `last`, one a line.
std::string Watch(World& world, const std::string& job, const std::string& key,
                  const std::string& last) {
  const auto context = world.NewContext(key);
  const auto stream = world.jobs->WatchJob(context.get(), Named<v1::WatchJobRequest>(job));
  std::string text;
  v1::JobEvent event;
  while (stream->Read(&event)) {
    absl::StrAppend(&text, event.type(), ": ", event.message(), "\n");
    if (event.type() == last) {
      context->TryCancel();
      break;
    }
  }
  stream->Finish();
  return text;
}

void CheckProblem(const v1::Problem& problem, const std::string& message) {
  CHECK(problem.reason() == "MISSING_PRIVILEGE");
  CHECK(problem.move() == v1::MOVE_PROVIDER_OPERATOR);
  CHECK(problem.retryable());
  CHECK(problem.message() == message);
}

struct Reader {
  std::string key = {};
  bool is_operator = false;
};

void CheckWaiting(World& world, const std::string& job, const Reader& reader) {
  const std::string words =
      reader.is_operator
          ? std::string(kInside)
          : absl::StrCat("the provider has to act (reason MISSING_PRIVILEGE); ask them, naming ",
                         job);
  CHECK(absl::StrContains(Watch(world, job, reader.key, "step.retrying"), words));
  const auto got = world.Call(world.jobs, &Jobs::GetJob, Named<v1::GetJobRequest>(job), reader.key);
  CheckProblem(got.value.error(), words);
  CHECK(got.value.waiting_for() ==
        (reader.is_operator ? "the next attempt" : "the provider to act"));
  const auto room = world.Call(world.rooms, &Rooms::GetCleanRoom,
                               Named<v1::GetCleanRoomRequest>(kAcmeRoom), reader.key);
  CheckProblem(room.value.problem(), words);
  const auto said = world.Call(world.rooms, &Rooms::ExplainCleanRoom,
                               Named<v1::ExplainCleanRoomRequest>(kAcmeRoom), reader.key);
  CheckProblem(said.value.problem(), words);
  CHECK(said.value.action() == words + ".");
  CHECK(absl::StrContains(said.value.text(), words));
  const auto jobs = world.Call(world.jobs, &Jobs::ListJobs, v1::ListJobsRequest(), reader.key);
  REQUIRE(jobs.value.jobs_size() == 1);
  CheckProblem(jobs.value.jobs(0).error(), words);
  const auto notebook = world.Call(world.rooms, &Rooms::GetRunnableNotebook,
                                   Named<v1::GetRunnableNotebookRequest>(kAcmeRoom), reader.key);
  CHECK(notebook.reason() == reason::kRoomNotReady);
  CHECK(absl::StrContains(notebook.status.error_message(), words));
  for (const std::string& text :
       {got.value.DebugString(), room.value.DebugString(), said.value.DebugString(),
        jobs.value.DebugString(), notebook.status.error_message(),
        Watch(world, job, reader.key, "step.retrying")}) {
    CAPTURE(text);
    CHECK(absl::StrContains(text, "97 of") == reader.is_operator);
  }
}

TEST_CASE("what a job waits for is told in full to operators only", "[service][reader]") {
  World world;
  world.OnLoop([&] { world.platform->preflight_problems = {Trouble(true)}; });
  const std::string job = Create(world);
  Watch(world, job, world.op, "step.retrying");
  CheckWaiting(world, job, {.key = world.acme});
  CheckWaiting(world, job, {.key = world.op, .is_operator = true});
}

TEST_CASE("what a plan runs into is told in full to operators only", "[service][reader]") {
  World world({.engine = false});
  world.OnLoop([&] { world.platform->preflight_problems = {Trouble(true)}; });
  v1::PlanCleanRoomRequest request;
  request.set_parent("brands/acme/installs/main");
  request.mutable_clean_room()->set_package("packages/identity-match");
  const auto plan = [&](const std::string& key) {
    const auto planned = world.Call(world.rooms, &Rooms::PlanCleanRoom, request, key);
    INFO(planned.status.error_message());
    REQUIRE(planned.ok());
    REQUIRE(planned.value.problems_size() == 1);
    return planned.value.problems(0);
  };
  CheckProblem(plan(world.op), kInside);
  CheckProblem(plan(world.acme), absl::StrCat("the provider has to act (reason "
                                              "MISSING_PRIVILEGE); ask them, naming ",
                                              kAcmeRoom));
}

TEST_CASE("the events of a failure are told in full to operators only", "[service][reader]") {
  World world;
  std::string inside = kInside;
  SECTION("before anything was made") {
    world.OnLoop([&] { world.platform->preflight_problems = {Trouble(false)}; });
  }
  SECTION("after something was made, which is deleted") {
    inside = "could not";
    world.OnLoop([&] {
      world.platform->on_call = [&](int number, const std::string& name) {
        if (name == "AddAsset") {
          world.platform->faults.push_back({.at_call = number, .error = CallError::kInvalid});
        }
      };
    });
  }
  const std::string job = Create(world);
  REQUIRE(world.Wait(job, world.acme).state() == v1::JOB_STATE_FAILED);

  const std::string of_brand = Watch(world, job, world.acme, "");
  const std::string of_operator = Watch(world, job, world.op, "");

  CAPTURE(of_brand, of_operator);
  CHECK_FALSE(absl::StrContains(of_brand, inside));
  CHECK(absl::StrContains(of_operator, inside));
  CHECK(absl::StrContains(of_brand, "job.failed: the provider has to act (reason "));
}

// Fails each call of this name, as the platform would.
void FailCalls(World& world, const std::string& call, CallError error) {
  world.OnLoop([&world, call, error] {
    world.platform->on_call = [&world, call, error](int number, const std::string& name) {
      if (name == call) {
        world.platform->faults.push_back({.at_call = number,
                                          .error = error,
                                          .error_code = "INTERNAL_HOST_7",
                                          .platform_request_id = "platform-request-7"});
      }
    };
  });
}

TEST_CASE("what the platform said of a call is told to operators only", "[service][reader]") {
  World world;
  FailCalls(world, "CreateRoom", CallError::kUnavailable);
  const std::string job = Create(world);
  Watch(world, job, world.op, "step.retrying");
  for (const bool is_operator : {false, true}) {
    const std::string& key = is_operator ? world.op : world.acme;
    const auto got = world.Call(world.jobs, &Jobs::GetJob, Named<v1::GetJobRequest>(job), key);
    CHECK(got.value.error().reason() == reason::kPlatformUnavailable);
    CHECK(got.value.error().move() == v1::MOVE_PLATFORM);
    CHECK(got.value.error().retryable());
    CHECK(got.value.waiting_for() == "the next attempt");
    const auto room = world.Call(world.rooms, &Rooms::GetCleanRoom,
                                 Named<v1::GetCleanRoomRequest>(kAcmeRoom), key);
    const auto said = world.Call(world.rooms, &Rooms::ExplainCleanRoom,
                                 Named<v1::ExplainCleanRoomRequest>(kAcmeRoom), key);
    for (const std::string& text :
         {got.value.error().message(), room.value.problem().message(), said.value.DebugString(),
          Watch(world, job, key, "step.retrying")}) {
      CAPTURE(text, is_operator);
      CHECK(absl::StrContains(text, "INTERNAL_HOST_7") == is_operator);
      CHECK(absl::StrContains(text, "platform-request-7") == is_operator);
      CHECK(absl::StrContains(text, "PLATFORM_UNAVAILABLE); to know more ask the provider") ==
            !is_operator);
    }
  }
}

TEST_CASE("why the platform refused a read is told to operators, its trace to all",
          "[service][reader]") {
  World world;
  world.CreateAndWait(world.acme);
  FailCalls(world, "ListTaskRuns", CallError::kDenied);
  v1::ListTaskRunsRequest request;
  request.set_parent(kAcmeRoom);
  const auto of_brand = world.Call(world.rooms, &Rooms::ListTaskRuns, request, world.acme);
  CHECK(of_brand.reason() == reason::kPlatformRefused);
  CHECK_FALSE(absl::StrContains(of_brand.status.error_message(), "INTERNAL_HOST_7"));
  REQUIRE(of_brand.refusal().metadata.size() == 1);
  CHECK(of_brand.refusal().metadata.at("trace_id").size() == 32);
  const auto of_operator = world.Call(world.rooms, &Rooms::ListTaskRuns, request, world.op);
  CHECK(of_operator.reason() == reason::kPlatformRefused);
  CHECK(absl::StrContains(of_operator.status.error_message(), "INTERNAL_HOST_7"));
  CHECK(of_operator.refusal().metadata.at("error_code") == "INTERNAL_HOST_7");
  CHECK(of_operator.refusal().metadata.at("platform_request_id") == "platform-request-7");
}

TEST_CASE("a brand learns that an operator cancelled, not with which key", "[service][reader]") {
  World world({.engine = false});
  const std::string job = Create(world);
  const auto cancelled =
      world.Call(world.jobs, &Jobs::CancelJob, Named<v1::CancelJobRequest>(job), world.op);
  REQUIRE(cancelled.ok());
  const std::string of_brand = Watch(world, job, world.acme, "job.cancel_requested");
  const std::string of_operator = Watch(world, job, world.op, "job.cancel_requested");
  CHECK(absl::EndsWith(of_brand, "job.cancel_requested: cancel asked for by an operator\n"));
  CHECK(absl::StrContains(of_operator, "cancel asked for by an operator with apiKeys/"));
}

TEST_CASE("a brand learns that an operator took a removal back, not with which key",
          "[service][reader]") {
  World world({.settings = {.delete_grace = absl::Hours(1)}});
  world.CreateAndWait(world.acme);
  const auto removal = world.Call(world.rooms, &Rooms::DeleteCleanRoom,
                                  Named<v1::DeleteCleanRoomRequest>(kAcmeRoom), world.acme);
  REQUIRE(removal.ok());
  REQUIRE(world
              .Call(world.rooms, &Rooms::UndeleteCleanRoom,
                    Named<v1::UndeleteCleanRoomRequest>(kAcmeRoom), world.op)
              .ok());
  const std::string& job = removal.value.name();
  const std::string of_brand = Watch(world, job, world.acme, "job.cancelled");
  const std::string of_operator = Watch(world, job, world.op, "job.cancelled");
  CHECK(absl::EndsWith(of_brand, "job.cancelled: taken back by an operator\n"));
  CHECK(absl::StrContains(of_operator, "taken back by an operator with apiKeys/"));
}

}  // namespace
}  // namespace roomkeeper
