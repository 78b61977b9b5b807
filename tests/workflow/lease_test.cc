// What holds when two processes meet at one job table, and when one job follows another on a room.
// Each case was first seen in a simulated run (tests/simulation).

#include "tests/support/matchers.h"
#include "tests/workflow/world.h"

namespace roomkeeper::testing {
namespace {

using Effect = FakeProvider::Effect;

// Another process claims every job.
void TakeAway(World& world) {
  CommitNotice notice;
  const auto results = world.memory.Apply(
      {ClaimJobs{.owner = "other", .now = world.loop.clock().Now(), .n = 100}}, notice);
  REQUIRE_OK(results.front());
}

TEST_CASE("a job that comes back to a process which still has it goes on", "[workflow]") {
  World world;
  world.platform.options.provisioning = absl::Minutes(5);
  const JobId id = world.Provision();
  world.loop.Advance(absl::Seconds(10));
  REQUIRE(world.GetJob(id).step == Step::kAwaitActive);

  TakeAway(world);  // our poll takes it back, at a higher epoch

  REQUIRE(world.RunToEnd(id, absl::Hours(1)));
  CHECK(world.GetJob(id).state == JobState::kSucceeded);
  CHECK(world.Violations(id) == "");
}

TEST_CASE("a process that was frozen and has lost the job sends no write", "[workflow]") {
  World world;
  world.Crash();
  world.options.poll_interval = absl::Hours(1);
  world.Boot();
  world.platform.faults.push_back({.at_call = 2, .error = CallError::kUnknownOutcome});
  world.platform.on_call = [&](int, const std::string& call) {
    if (call == "ObserveRoom") {  // the look after the lost create; its answer will say: not there
      TakeAway(world);
      world.loop.fake_clock().Advance(absl::Minutes(3));
    }
  };

  (void)world.Provision();
  world.loop.Advance(absl::Minutes(10));

  REQUIRE(world.platform.calls("ObserveRoom") == 1);
  CHECK(world.platform.calls("CreateRoom") == 1);
  CHECK(world.platform.rooms.empty());
  CHECK(world.engine->counts().live == 0);
}

TEST_CASE("a store that answers late gives no leave to write", "[workflow]") {
  World world;
  bool slow = true;
  world.flaky.after_commit = [&](int) {
    if (std::exchange(slow, false)) {
      world.loop.fake_clock().Advance(absl::Minutes(3));
    }
  };

  const JobId id = world.Provision();

  REQUIRE(world.RunToEnd(id));
  CHECK(world.GetJob(id).state == JobState::kSucceeded);
  CHECK(world.Violations(id) == "");  // no event was written twice
}

TEST_CASE("a teardown waits out a create of the job before it", "[workflow]") {
  World world;
  world.platform.faults.push_back({.at_call = 2,
                                   .error = CallError::kUnknownOutcome,
                                   .effect = Effect::kLate,
                                   .late_by = absl::Seconds(60)});
  const JobId made = world.Provision();
  REQUIRE(world.RunToEnd(made));
  REQUIRE(world.GetJob(made).state == JobState::kSucceeded);
  REQUIRE(world.loop.clock().Now() - world.GetJob(made).created_at < absl::Seconds(60));

  const JobId id = world.Teardown();
  REQUIRE(world.RunToEnd(id));
  world.loop.Advance(absl::Minutes(5));

  CHECK(world.GetRoom(id).state == RoomState::kAwaitingBrandDelete);
  CHECK(world.platform.rooms.empty());
}

// A create that lands a minute late was under way when the process died. The next one puts the job
// off for a while, and meanwhile it is cancelled: gone is gone all the same.
void CheckCancelWaitsOut(World& world, const JobId& id) {
  world.loop.Advance(absl::Milliseconds(1));
  world.Cancel(id);
  REQUIRE(world.RunToEnd(id));
  world.loop.Advance(absl::Minutes(5));

  CHECK(world.GetJob(id).state == JobState::kCancelled);
  CHECK_FALSE(
      world.platform.See(world.GetRoom(id).spec.room_name, Provider::Depth::kRoom).has_value());
}

TEST_CASE("a cancel waits out a create of a process that died before the clock stepped back",
          "[workflow]") {
  EngineOptions options;
  options.limits.backoff_min = absl::Minutes(2);  // earlier creates are settled by then
  World world(options);
  world.platform.faults = {
      {.at_call = 2, .error = CallError::kUnknownOutcome},
      {.at_call = 4, .error = CallError::kUnknownOutcome},  // then it sleeps; 5 is the look
      {.at_call = 6,
       .error = CallError::kUnknownOutcome,
       .effect = Effect::kLate,
       .late_by = absl::Seconds(60)}};
  const JobId id = world.Provision();
  REQUIRE(world.loop.RunUntil([&] { return world.platform.calls() == 6; }));
  REQUIRE(world.platform.calls("CreateRoom") == 3);

  world.Crash();
  world.loop.fake_clock().Step(-absl::Seconds(10));
  world.Boot();

  CheckCancelWaitsOut(world, id);
}

TEST_CASE("a cancel waits out a create of a process that died, whichever read fails after it",
          "[workflow]") {
  for (int n = 1;; ++n) {
    CAPTURE(n);
    EngineOptions options;
    options.ready_jobs_max = 1;  // the rows of the second job are read when it starts
    World world(options);
    world.platform.options.provisioning = absl::Hours(1);
    (void)world.Provision("first");
    world.loop.Advance(absl::Seconds(1));
    const int before = world.platform.calls();
    world.platform.faults = {{.at_call = before + 2,
                              .error = CallError::kUnknownOutcome,
                              .effect = Effect::kLate,
                              .late_by = absl::Seconds(60)}};
    const JobId id = world.Provision();
    REQUIRE(world.loop.RunUntil([&] { return world.platform.calls() == before + 2; }));

    world.Crash();
    world.flaky.fail_read_at = world.flaky.reads + n;
    world.Boot();

    CheckCancelWaitsOut(world, id);
    if (world.flaky.reads < world.flaky.fail_read_at) {
      CHECK(n > 2);
      break;
    }
  }
}

TEST_CASE("a retry waits out the calls of the job before it", "[workflow]") {
  World world;
  world.platform.options.provisioning = absl::Minutes(5);
  const JobId first = world.Provision();
  world.loop.Advance(absl::Seconds(10));
  const absl::Time settled = world.loop.clock().Now() + absl::Seconds(60);
  AdvanceJob end = {.job = world.GetJob(first), .room = world.GetRoom(first)};
  end.job.state = JobState::kFailed;
  end.job.finished_at = world.loop.clock().Now();
  end.job.progress.settle_until = settled;
  end.room->state = RoomState::kFailed;
  CommitNotice notice;
  const auto ended = world.memory.Apply({end}, notice);
  REQUIRE_OK(ended.front());

  const JobId id = world.Retry(first);
  world.loop.Advance(absl::Seconds(59));
  CHECK(world.GetJob(id).step == Step::kPreflight);
  REQUIRE(world.RunToEnd(id));

  CHECK(world.GetJob(id).state == JobState::kSucceeded);
  CHECK(*world.GetJob(id).finished_at >= settled);
}

}  // namespace
}  // namespace roomkeeper::testing
