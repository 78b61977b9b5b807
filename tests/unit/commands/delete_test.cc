#include <string>

#include "lib/commands/rooms/delete_clean_room.h"
#include "lib/model/reasons.h"
#include "lib/model/refusal.h"
#include "tests/unit/commands/world.h"

namespace roomkeeper {
namespace {

using testing::World;

void MakeReady(World& world) {
  const auto job = world.Create(world.Request());
  REQUIRE_OK(job);
  world.Bring(job->id, JobState::kSucceeded, RoomState::kReady);
}

absl::StatusOr<Job> Delete(World& world, bool force = false) {
  return world.Await<Job>([&](auto done) {
    DeleteCleanRoom(world.context, world.acme,
                    {.room = world.room_key, .request_id = "remove", .force = force}, done);
  });
}

TEST_CASE("a room in which something runs is deleted only by force", "[commands]") {
  World world;
  MakeReady(world);
  const std::string active = GENERATE("RUNNING", "QUEUED", "SOMETHING_NEW");
  world.provider.runs.value = {{.name = "match", .life_cycle_state = "TERMINATED"},
                               {.name = "match", .life_cycle_state = active}};

  const auto refused = Delete(world);

  CHECK(ReasonOf(refused.status()) == reason::kRoomInUse);
  CHECK_THAT(std::string(refused.status().message()), Catch::Contains(active));
  CHECK(world.Stored(world.room_key)->state == RoomState::kReady);
  REQUIRE_OK(Delete(world, /*force=*/true));
  CHECK(world.Stored(world.room_key)->state == RoomState::kDeleting);
}

TEST_CASE("a room whose runs have ended is deleted, and the repeat does not look", "[commands]") {
  World world;
  MakeReady(world);
  for (const char* ended : {"TERMINATED", "SKIPPED", "INTERNAL_ERROR", ""}) {
    world.provider.runs.value.push_back({.name = "match", .life_cycle_state = ended});
  }
  const auto job = Delete(world);
  REQUIRE_OK(job);
  const int calls = world.provider.calls;
  CHECK(Delete(world)->id == job->id);
  CHECK(world.provider.calls == calls);
}

TEST_CASE("a room that cannot be asked is not deleted, one that is gone is", "[commands]") {
  World world;
  MakeReady(world);
  world.provider.runs.failure.error = CallError::kUnavailable;
  CHECK(ReasonOf(Delete(world).status()) == reason::kPlatformUnavailable);
  world.provider.runs.failure.error = CallError::kNotFound;
  CHECK_OK(Delete(world));
}

}  // namespace
}  // namespace roomkeeper
