#include "tests/support/matchers.h"
#include "tests/workflow/world.h"

namespace roomkeeper::testing {
namespace {

TEST_CASE("a provision ends with a READY room, in the fewest calls", "[workflow]") {
  World world;
  const JobId id = world.Provision();

  REQUIRE(world.RunToEnd(id));

  const Job job = world.GetJob(id);
  CHECK(job.state == JobState::kSucceeded);
  CHECK(world.GetRoom(id).state == RoomState::kReady);
  CHECK(world.Violations(id) == "");
  // Preflight, create, wait, two assets, one notebook, one look at it all.
  CHECK(world.platform.calls() == 7);
  CHECK(job.progress.platform_calls == 7);
  CHECK(job.progress.platform_time >= absl::Seconds(20));
  CHECK(job.progress.our_time < absl::Milliseconds(1));
  CHECK(world.EventTypes(id) ==
        "job.queued step.started step.finished step.started "     // preflight → ensure_room
        "room.state step.finished step.started "                  // → await_active
        "room.state step.finished step.started "                  // → ensure_assets
        "step.finished step.started step.finished step.started "  // → notebooks → verify
        "room.state step.finished job.succeeded");
}

}  // namespace
}  // namespace roomkeeper::testing
