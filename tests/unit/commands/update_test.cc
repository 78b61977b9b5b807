#include <string>

#include "lib/commands/jobs/retry_job.h"
#include "lib/commands/moves/update_clean_room.h"
#include "lib/commands/rooms/get_runnable_notebook.h"
#include "lib/commands/rooms/plan_clean_room.h"
#include "lib/model/reasons.h"
#include "lib/model/refusal.h"
#include "tests/unit/commands/world.h"

namespace roomkeeper {
namespace {

using testing::World;

// READY, with version 1.0.0.
void MakeReady(World& world) {
  CreateCleanRoomInput input = world.Request();
  input.package_version = "1.0.0";
  const auto job = world.Create(input);
  REQUIRE_OK(job);
  world.Bring(job->id, JobState::kSucceeded, RoomState::kReady);
}

absl::StatusOr<Job> Update(World& world, UpdateCleanRoomInput input) {
  input.room = world.room_key;
  return world.Await<Job>(
      [&](auto done) { UpdateCleanRoom(world.context, world.acme, input, done); });
}

TEST_CASE("a READY room is taken to another version, and the repeat answers the same job",
          "[commands]") {
  World world;
  MakeReady(world);
  const RoomSpec before = world.Stored(world.room_key)->spec;

  const auto job = Update(world, {.package_version = "1.1.0", .request_id = "up"});

  REQUIRE_OK(job);
  CHECK(job->moves_from == "1.0.0");
  CHECK(job->step == Step::kPreflight);
  CHECK(job->deadline_at - job->created_at == absl::Hours(1));
  const CleanRoom room = *world.Stored(world.room_key);
  CHECK(room.state == RoomState::kConfiguring);
  CHECK(room.spec.package_version == "1.1.0");
  CHECK(room.leaving == before);
  CHECK(Update(world, {.package_version = "1.1.0", .request_id = "up"})->id == job->id);
  CHECK(ReasonOf(Update(world, {.package_version = "1.0.0", .request_id = "up"}).status()) ==
        reason::kRequestIdReused);
  CHECK(ReasonOf(Update(world, {.package_version = "1.0.0"}).status()) == reason::kRoomNotReady);
}

TEST_CASE("asked for the version it has, the room is looked at and stays as it is", "[commands]") {
  World world;
  MakeReady(world);

  const auto job = Update(world, {.package_version = "1.0.0", .request_id = "look"});

  REQUIRE_OK(job);
  CHECK(job->moves_from.empty());
  CHECK(job->step == Step::kVerify);
  CHECK(job->repair == 1);
  CHECK(world.Stored(world.room_key)->state == RoomState::kReady);
  CHECK_FALSE(world.Stored(world.room_key)->leaving.has_value());
  CHECK(ReasonOf(Update(world, {.package_version = "1.1.0"}).status()) == reason::kRoomBusy);
}

TEST_CASE("what an update needs is checked, and validated without a change", "[commands]") {
  World world;
  CHECK(ReasonOf(Update(world, {.package_version = "1.1.0"}).status()) == reason::kNotFound);
  MakeReady(world);
  const CleanRoom before = *world.Stored(world.room_key);

  CHECK(ReasonOf(Update(world, {.package_version = "9.0.0"}).status()) == reason::kPackageNotFound);
  CHECK(ReasonOf(Update(world, {.package_version = "1.1.0", .revision = 1}).status()) ==
        reason::kEtagMismatch);
  CHECK(ReasonOf(Update(world, {.package_version = "1.1.0", .revision = 1, .validate_only = true})
                     .status()) == reason::kEtagMismatch);
  const auto valid = Update(world, {.package_version = "1.1.0", .validate_only = true});
  REQUIRE_OK(valid);
  CHECK(valid->id.empty());
  CHECK(*world.Stored(world.room_key) == before);
}

TEST_CASE("a version that needs another room is refused up front, also by the plan", "[commands]") {
  World world;
  MakeReady(world);
  PackageVersion shared = *testing::SamplePackage("2.0.0");
  shared.enable_shared_output = true;
  world.packages.packages.push_back(std::make_shared<const PackageVersion>(shared));

  const auto refused = Update(world, {.package_version = "2.0.0"});
  CHECK(ReasonOf(refused.status()) == reason::kRoomDiffers);
  CHECK_THAT(
      std::string(refused.status().message()),
      Catch::Contains("enable_shared_output is false") && Catch::Contains("delete the clean room"));
  CreateCleanRoomInput input = world.Request();
  input.package_version = "2.0.0";
  const auto planned = world.Await<CleanRoomPlanned>(
      [&](auto done) { PlanCleanRoom(world.context, world.acme, input, done); });
  CHECK(ReasonOf(planned.status()) == reason::kRoomDiffers);
}

TEST_CASE("while a room moves its notebook is not runnable, and the job is not retried",
          "[commands]") {
  World world;
  MakeReady(world);
  const auto job = Update(world, {.package_version = "1.1.0"});
  REQUIRE_OK(job);
  const auto run = world.Await<RunnableNotebook>([&](auto done) {
    GetRunnableNotebook(world.context, world.acme, {.room = world.room_key}, done);
  });
  CHECK(ReasonOf(run.status()) == reason::kRoomNotReady);
  CHECK_THAT(std::string(run.status().message()),
             Catch::Contains("It is taken from version 1.0.0 to version 1.1.0."));

  world.Bring(job->id, JobState::kFailed, RoomState::kDegraded);
  const auto retried = world.Await<Job>(
      [&](auto done) { RetryJob(world.context, world.acme, {.job = job->id}, done); });
  CHECK(ReasonOf(retried.status()) == reason::kJobNotRetryable);
  CHECK_THAT(std::string(retried.status().message()), Catch::Contains("UpdateCleanRoom"));
  // Left between two versions, it takes one of these.
  world.packages.packages.push_back(testing::SamplePackage("3.0.0"));
  CHECK(ReasonOf(Update(world, {.package_version = "3.0.0"}).status()) == reason::kRoomNotReady);
  CHECK_OK(Update(world, {.package_version = "1.0.0"}));
}

}  // namespace
}  // namespace roomkeeper
