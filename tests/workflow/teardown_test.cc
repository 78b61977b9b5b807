#include "lib/obs/metric_table.h"
#include "tests/support/matchers.h"
#include "tests/workflow/world.h"

namespace roomkeeper::testing {
namespace {

TEST_CASE("a READY room is torn down to the brand's move", "[workflow]") {
  World world;
  const JobId made = world.Provision();
  REQUIRE(world.RunToEnd(made));

  const JobId id = world.Teardown();
  REQUIRE(world.RunToEnd(id));

  CHECK(world.GetJob(id).state == JobState::kSucceeded);
  CHECK(world.GetRoom(id).state == RoomState::kAwaitingBrandDelete);
  CHECK(world.GetRoom(id).move == Move::kBrandAdmin);
  CHECK(world.platform.rooms.empty());
  CHECK(world.platform.calls("DeleteRoom") == 1);
  CHECK(world.EventTypes(id) ==
        "job.queued step.started step.finished step.started room.state step.finished "
        "job.succeeded");
  // No write was in doubt: nothing had to be waited out.
  CHECK(*world.GetJob(id).finished_at - world.GetJob(id).created_at < absl::Seconds(1));
}

TEST_CASE("a room that the platform never had is DELETED at once", "[workflow]") {
  World world;
  world.platform.preflight_problems = {{.reason = "TABLE_MISSING", .message = "no such table"}};
  const JobId failed = world.Provision();
  REQUIRE(world.RunToEnd(failed));
  REQUIRE(world.GetRoom(failed).state == RoomState::kFailed);

  const JobId id = world.Teardown();
  REQUIRE(world.RunToEnd(id));

  CHECK(world.GetJob(id).state == JobState::kSucceeded);
  CHECK(world.GetRoom(id).state == RoomState::kDeleted);
  CHECK(world.platform.calls("DeleteRoom") == 0);
}

TEST_CASE("a room that the brand deleted first is DELETED when our tombstone is gone",
          "[workflow]") {
  World world;
  const JobId made = world.Provision();
  REQUIRE(world.RunToEnd(made));
  world.platform.rooms.begin()->second.seen.status = "DELETED";

  const JobId id = world.Teardown();
  REQUIRE(world.RunToEnd(id));

  CHECK(world.GetRoom(id).state == RoomState::kDeleted);
  CHECK(world.platform.rooms.empty());
}

TEST_CASE("R2: a teardown never deletes a room that is not provably ours", "[workflow]") {
  World world;
  const JobId made = world.Provision();
  REQUIRE(world.RunToEnd(made));
  world.platform.rooms.begin()->second.seen.comment = "edited by hand";
  world.platform.rooms.begin()->second.foreign = true;

  const JobId id = world.Teardown();
  REQUIRE(world.RunToEnd(id));

  CHECK(world.GetJob(id).state == JobState::kFailed);
  CHECK(world.GetJob(id).problem->reason == "ROOM_NOT_OURS");
  CHECK(world.GetRoom(id).state == RoomState::kQuarantined);
  CHECK(world.platform.rooms.size() == 1);
  CHECK(world.Violations(id) == "");
}

TEST_CASE("how long a brand lets its tombstone lie is shown until it has confirmed", "[workflow]") {
  World world;
  REQUIRE(world.RunToEnd(world.Provision()));
  const JobId id = world.Teardown();
  REQUIRE(world.RunToEnd(id));

  world.loop.Advance(absl::Hours(30));

  const double waited = world.metrics.Value(metric::kAwaitingBrandDelete, {"shard-1"});
  CHECK(waited > 29.9 * 3600);
  CHECK(waited < 30.1 * 3600);
  CommitNotice notice;
  const auto moved = world.memory.Apply(
      {MoveRoom{.key = world.GetRoom(id).key, .now = world.loop.clock().Now()}}, notice);
  REQUIRE_OK(moved.front());
  world.loop.Advance(absl::Minutes(1));
  CHECK(world.metrics.Value(metric::kAwaitingBrandDelete, {"shard-1"}) == 0);
}

TEST_CASE("a teardown can not be cancelled", "[workflow]") {
  World world;
  const JobId made = world.Provision();
  REQUIRE(world.RunToEnd(made));
  JobId id;
  world.platform.on_call = [&](int, const std::string&) {
    world.loop.Post([&] { world.Cancel(id); });
  };
  id = world.Teardown();

  REQUIRE(world.RunToEnd(id));

  CHECK(world.GetJob(id).state == JobState::kSucceeded);
  CHECK(world.GetRoom(id).state == RoomState::kAwaitingBrandDelete);
}

TEST_CASE("a teardown that is refused to its deadline says what is left", "[workflow]") {
  World world;
  const JobId made = world.Provision();
  REQUIRE(world.RunToEnd(made));
  const int before = world.platform.calls();
  for (int call = before + 1; call < before + 5000; ++call) {
    world.platform.faults.push_back({.at_call = call, .error = CallError::kDenied});
  }

  const JobId id = world.Teardown();
  REQUIRE(world.RunToEnd(id));

  CHECK(world.GetJob(id).state == JobState::kFailed);
  CHECK(world.GetRoom(id).state == RoomState::kFailed);
  CHECK(world.GetRoom(id).move == Move::kProviderOperator);
  CHECK(world.Violations(id) == "");

  world.platform.faults.clear();
  const JobId again = world.Teardown();
  REQUIRE(world.RunToEnd(again));
  CHECK(world.GetRoom(again).state == RoomState::kAwaitingBrandDelete);
}

}  // namespace
}  // namespace roomkeeper::testing
