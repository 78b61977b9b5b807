// Removals that wait before they begin: until then nothing is touched and all can be taken back.

#include <algorithm>

#include "tests/support/matchers.h"
#include "tests/workflow/world.h"

namespace roomkeeper::testing {
namespace {

constexpr absl::Duration kGrace = absl::Hours(24);

// The room that the removal `id` is about has not been touched and can be run.
bool IsUntouched(World& world, const JobId& id) {
  return world.platform.rooms.size() == 1 && world.platform.calls("DeleteRoom") == 0 &&
         world.GetRoom(id).state == RoomState::kReady;
}

bool IsRemoved(World& world, const JobId& id) {
  return world.platform.rooms.empty() && world.GetRoom(id).state == RoomState::kAwaitingBrandDelete;
}

absl::StatusOr<WriteResult> TakeBack(World& world, const JobId& id) {
  CommitNotice notice;
  auto results = world.memory.Apply({CancelJob{.id = id,
                                               .now = world.loop.clock().Now(),
                                               .message = "taken back",
                                               .only_in_grace = true}},
                                    notice);
  if (world.engine != nullptr) {
    world.engine->OnCommit(notice);
  }
  return results.front();
}

JobId RemoveLater(World& world) {
  // Without polls: they would be most of what happens in a day, and count as commits.
  world.Crash();
  world.options.poll_interval = absl::Hours(24 * 30);
  world.Boot();
  REQUIRE(world.RunToEnd(world.Provision()));
  return world.TeardownAfter(kGrace);
}

TEST_CASE("a removal begins when its grace is over, and not before", "[workflow]") {
  World world;
  const JobId id = RemoveLater(world);
  const int calls = world.platform.calls();

  world.loop.Advance(kGrace - absl::Seconds(1));

  CHECK(IsUntouched(world, id));
  CHECK(world.platform.calls() == calls);
  CHECK(world.GetJob(id).state == JobState::kQueued);
  world.loop.Advance(absl::Minutes(2));
  CHECK(IsRemoved(world, id));
  CHECK(world.GetJob(id).state == JobState::kSucceeded);
  CHECK(world.GetJob(id).waiting_for.empty());
  CHECK_FALSE(world.GetRoom(id).purge_at.has_value());
  CHECK(world.EventTypes(id) ==
        "job.queued step.started room.state step.finished step.started room.state step.finished "
        "job.succeeded");
  CHECK(world.Violations(id) == "");
}

TEST_CASE("a removal that is taken back never touches the platform", "[workflow]") {
  World world;
  const JobId id = RemoveLater(world);
  world.loop.Advance(kGrace / 2);
  const int calls = world.platform.calls();
  REQUIRE_OK(TakeBack(world, id));
  world.loop.Advance(absl::Minutes(1));
  CHECK(world.engine->counts().parked == 0);  // nothing is kept of it

  world.loop.Advance(2 * kGrace);

  CHECK(IsUntouched(world, id));
  CHECK(world.platform.calls() == calls);
  CHECK(world.GetJob(id).state == JobState::kCancelled);
  CHECK(world.EventTypes(id) == "job.queued job.cancelled");
  CHECK(world.Violations(id) == "");
  const JobId again = world.Teardown();
  REQUIRE(world.RunToEnd(again));
  CHECK(IsRemoved(world, again));
}

TEST_CASE("a removal is taken back or goes through, whenever the two meet", "[workflow]") {
  for (int ms = -40; ms <= 40; ms += 2) {
    CAPTURE(ms);
    World world;
    const JobId id = RemoveLater(world);
    const absl::Time end = *world.GetRoom(id).purge_at;
    world.loop.Advance(end - world.loop.clock().Now() + absl::Milliseconds(ms));

    const bool taken_back = TakeBack(world, id).ok();
    world.loop.Advance(absl::Hours(1));

    CHECK((taken_back ? IsUntouched(world, id) : IsRemoved(world, id)));
    CHECK(IsFinal(world.GetJob(id).state));
    CHECK((world.GetJob(id).state == JobState::kCancelled) == taken_back);
    CHECK(world.Violations(id) == "");
  }
}

TEST_CASE("a crash in the grace changes nothing of it", "[workflow]") {
  const bool taken_back = GENERATE(false, true);
  World world;
  const JobId id = RemoveLater(world);
  world.loop.Advance(absl::Hours(1));
  world.Crash();
  if (taken_back) {
    REQUIRE_OK(TakeBack(world, id));  // another replica serves
  }
  world.loop.Advance(absl::Hours(1));
  world.Boot();
  world.loop.Advance(kGrace - absl::Hours(3));
  CHECK(IsUntouched(world, id));

  world.loop.Advance(absl::Hours(2));

  CHECK((taken_back ? IsUntouched(world, id) : IsRemoved(world, id)));
}

TEST_CASE("a grace that ends while no server runs is over at the next start", "[workflow]") {
  World world;
  const JobId id = RemoveLater(world);
  world.Crash();
  world.loop.Advance(2 * kGrace);
  CHECK(IsUntouched(world, id));

  world.Boot();
  REQUIRE(world.RunToEnd(id));

  CHECK(IsRemoved(world, id));
}

TEST_CASE("a crash or a lost commit at the end of a grace leaves one whole removal", "[workflow]") {
  const bool crash = GENERATE(true, false);
  int commits = 10;
  for (int n = 1; n <= commits; ++n) {
    CAPTURE(n, crash);
    World world;
    const JobId id = RemoveLater(world);
    const int before = world.flaky.commits;
    if (crash) {
      world.flaky.after_commit = [&](int commit) {
        if (commit == before + n) {
          world.CrashSoon(absl::Seconds(20));
        }
      };
    } else {
      world.flaky.fail_at = before + n;
    }

    world.loop.Advance(kGrace + absl::Minutes(10));

    CHECK(IsRemoved(world, id));
    CHECK(world.Violations(id) == "");
    commits = std::min(commits, world.flaky.commits - before);
  }
  CHECK(commits >= 3);
}

TEST_CASE("a grace does not end early because a clock steps back", "[workflow]") {
  World world;
  const JobId id = RemoveLater(world);
  world.loop.Advance(kGrace - absl::Minutes(10));
  world.loop.fake_clock().Step(-absl::Hours(2));

  world.loop.Advance(absl::Minutes(60));
  CHECK(IsUntouched(world, id));
  world.loop.Advance(absl::Minutes(75));
  CHECK(IsRemoved(world, id));
}

TEST_CASE("a grace that ends in a freeze goes on until the thaw, and may be taken back",
          "[workflow]") {
  const bool taken_back = GENERATE(false, true);
  World world;
  const JobId id = RemoveLater(world);
  const auto apply = [&](WriteOp op) {
    CommitNotice notice;
    std::vector<WriteOp> ops;
    ops.push_back(std::move(op));
    const auto applied = world.memory.Apply(std::move(ops), notice);
    REQUIRE_OK(applied.front());
    world.engine->OnCommit(notice);
  };
  apply(SetFreeze{.freeze = {.scope = kFreezeEverything, .reason = "wrong deletes"}});

  world.loop.Advance(3 * kGrace);  // longer than the job's deadline

  CHECK(IsUntouched(world, id));
  CHECK(world.GetJob(id).state == JobState::kQueued);
  if (taken_back) {
    REQUIRE_OK(TakeBack(world, id));
  }
  apply(LiftFreeze{.scope = kFreezeEverything});
  world.loop.Advance(absl::Minutes(2));
  CHECK((taken_back ? IsUntouched(world, id) : IsRemoved(world, id)));
  CHECK(world.Violations(id) == "");
}

}  // namespace
}  // namespace roomkeeper::testing
