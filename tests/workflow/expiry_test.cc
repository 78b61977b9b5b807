// Rooms that remove themselves: whoever asked for them may be gone.

#include <algorithm>

#include "absl/strings/match.h"

#include "tests/support/matchers.h"
#include "tests/workflow/world.h"

namespace roomkeeper::testing {
namespace {

std::vector<Job> Jobs(World& world) {
  return (*world.memory.NewReader())->ListJobs({.limit = 1000})->jobs;
}

int Teardowns(World& world) {
  int count = 0;
  for (const Job& job : Jobs(world)) {
    count += job.kind == JobKind::kTeardown ? 1 : 0;
  }
  return count;
}

std::vector<JobEvent> Warnings(World& world, const JobId& id) {
  std::vector<JobEvent> warnings;
  for (const JobEvent& event : world.Events(id)) {
    if (event.type == "room.expiring") {
      warnings.push_back(event);
    }
  }
  return warnings;
}

bool IsRemoved(World& world, const JobId& id) {
  return world.platform.rooms.empty() && world.GetRoom(id).state == RoomState::kAwaitingBrandDelete;
}

TEST_CASE("a room is warned of once, and removed when its time is up", "[workflow]") {
  World world;
  world.room_ttl = absl::Hours(2);
  const absl::Time begin = world.loop.clock().Now();
  const JobId id = world.Provision();
  REQUIRE(world.RunToEnd(id));

  world.loop.Advance(absl::Hours(2) - absl::Minutes(5));

  CHECK(world.GetRoom(id).state == RoomState::kReady);
  const auto warnings = Warnings(world, id);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].at - begin >= absl::Minutes(105));
  CHECK(warnings[0].at - begin <= absl::Minutes(106));
  CHECK(absl::StrContains(warnings[0].message, "RenewCleanRoom"));

  world.loop.Advance(absl::Minutes(10));

  CHECK(IsRemoved(world, id));
  CHECK(Teardowns(world) == 1);
  CHECK(Warnings(world, id).size() == 1);
  const JobId teardown = world.GetRoom(id).job;
  CHECK(absl::StrContains(world.Events(teardown).front().message, "expired at"));
  CHECK(world.Violations(teardown) == "");
}

TEST_CASE("a room that a retry brought back expires all the same", "[workflow]") {
  World world;
  world.room_ttl = absl::Hours(2);
  const JobId cancelled = world.Provision();
  world.Cancel(cancelled);
  REQUIRE(world.RunToEnd(cancelled));
  world.loop.Advance(absl::Hours(3));  // a sweep has met it, and found nothing to remove
  const JobId id = world.Retry(cancelled);
  REQUIRE(world.RunToEnd(id));

  world.loop.Advance(absl::Minutes(5));

  CHECK(IsRemoved(world, id));
}

TEST_CASE("a room expires though the server was down at the time", "[workflow]") {
  World world;
  world.room_ttl = absl::Hours(2);
  const JobId id = world.Provision();
  REQUIRE(world.RunToEnd(id));
  world.Crash();
  world.loop.Advance(absl::Hours(5));
  CHECK(world.platform.rooms.size() == 1);

  world.Boot();
  world.loop.Advance(absl::Minutes(5));

  CHECK(IsRemoved(world, id));
  CHECK(Warnings(world, id).empty());  // it would be of no use any more
}

TEST_CASE("a room that was renewed stays, and is warned of again", "[workflow]") {
  World world;
  world.room_ttl = absl::Hours(2);
  const JobId id = world.Provision();
  REQUIRE(world.RunToEnd(id));
  world.loop.Advance(absl::Minutes(110));
  REQUIRE(Warnings(world, id).size() == 1);
  const CleanRoom room = world.GetRoom(id);
  CommitNotice notice;
  const auto renewed =
      world.memory.Apply({SetExpiry{.key = room.key,
                                    .seen_expires_at = room.expires_at,
                                    .expires_at = *room.expires_at + absl::Hours(3),
                                    .sweep_at = *room.expires_at + absl::Hours(2),
                                    .now = world.loop.clock().Now()}},
                         notice);
  REQUIRE_OK(renewed.front());

  world.loop.Advance(absl::Hours(2));
  CHECK(world.GetRoom(id).state == RoomState::kReady);
  world.loop.Advance(absl::Hours(1));
  CHECK(Warnings(world, id).size() == 2);
  CHECK(world.GetRoom(id).state == RoomState::kReady);
  world.loop.Advance(absl::Minutes(30));
  CHECK(IsRemoved(world, id));
}

TEST_CASE("a room that expires while it is made is cancelled and leaves nothing", "[workflow]") {
  World world;
  world.room_ttl = absl::Minutes(10);
  world.platform.options.provisioning = absl::Minutes(20);
  const JobId id = world.Provision();

  world.loop.Advance(absl::Minutes(45));

  CHECK(world.GetJob(id).state == JobState::kCancelled);
  CHECK(world.platform.rooms.empty());
  CHECK_FALSE(world.GetRoom(id).sweep_at.has_value());
  CHECK(world.Violations(id) == "");
}

TEST_CASE("a room that waits for somebody expires too", "[workflow]") {
  World world;
  world.room_ttl = absl::Hours(1);
  world.platform.preflight_problems = {{.reason = "GRANT_MISSING", .retryable = true}};
  const JobId id = world.Provision();

  world.loop.Advance(absl::Hours(2));

  CHECK(world.GetJob(id).state == JobState::kCancelled);
  CHECK_FALSE(world.GetRoom(id).sweep_at.has_value());
}

TEST_CASE("a room without an expiry is never swept", "[workflow]") {
  World world;
  const JobId id = world.Provision();
  REQUIRE(world.RunToEnd(id));
  world.loop.Advance(absl::Hours(24 * 30));
  CHECK(world.GetRoom(id).state == RoomState::kReady);
  CHECK(Jobs(world).size() == 1);
}

TEST_CASE("a crash or a lost commit at any point of an expiry leaves one teardown", "[workflow]") {
  const bool crash = GENERATE(true, false);
  int commits = 10;
  for (int n = 1; n <= commits; ++n) {
    CAPTURE(n, crash);
    World world;
    world.Crash();
    world.options.poll_interval = absl::Hours(24);  // its claims would be counted as commits
    world.Boot();
    world.room_ttl = absl::Hours(2);
    const JobId id = world.Provision();
    REQUIRE(world.RunToEnd(id));
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

    world.loop.Advance(absl::Minutes(130));

    CHECK(IsRemoved(world, id));
    CHECK(Teardowns(world) == 1);
    CHECK(Warnings(world, id).size() == 1);
    CHECK(world.Violations(world.GetRoom(id).job) == "");
    commits = std::min(commits, world.flaky.commits - before);
  }
  CHECK(commits >= 4);  // warn, submit, and the teardown's own
}

}  // namespace
}  // namespace roomkeeper::testing
