// What the engine's shell promises: caps, turns, sleep, leases, stops.

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"

#include "lib/obs/metric_table.h"
#include "tests/support/matchers.h"
#include "tests/workflow/world.h"

namespace roomkeeper::testing {
namespace {

TEST_CASE("no job starts beyond the cap, and all get done", "[workflow]") {
  World world;
  world.Crash();
  world.options.active_jobs_max = 3;
  world.Boot();
  std::vector<JobId> ids;
  for (int i = 0; i < 20; ++i) {
    ids.push_back(world.Provision(absl::StrCat("room-", i)));
  }
  std::size_t active_max = 0;
  world.platform.on_call = [&](int, const std::string& call) {
    if (call == "Preflight") {
      active_max = std::max(active_max, world.engine->counts().active);
    }
  };

  for (const JobId& id : ids) {
    REQUIRE(world.RunToEnd(id));
    CHECK(world.GetRoom(id).state == RoomState::kReady);
  }

  CHECK(active_max == 3);
  CHECK(world.engine->counts().live == 0);
  CHECK(world.engine->counts().active == 0);
}

TEST_CASE("jobs that wait for ACTIVE hold no place", "[workflow]") {
  World world;
  world.Crash();
  world.options.active_jobs_max = 1;
  world.platform.options.provisioning = absl::Minutes(20);
  world.Boot();
  for (int i = 0; i < 5; ++i) {
    (void)world.Provision(absl::StrCat("room-", i));
  }

  world.loop.Advance(absl::Minutes(1));

  CHECK(world.platform.rooms.size() == 5);
}

TEST_CASE("a brand with many jobs delays another by one job at a time", "[workflow]") {
  World world;
  world.Crash();
  world.options.active_jobs_max = 1;
  world.Boot();
  for (int i = 0; i < 50; ++i) {
    (void)world.Provision(absl::StrCat("room-", i), "busy");
  }
  const JobId small = world.Provision("only", "quiet");

  REQUIRE(world.loop.RunUntil([&] { return world.GetJob(small).step == Step::kAwaitActive; }));

  CHECK(world.platform.calls("CreateRoom") <= 3);
}

TEST_CASE("a brand may not have more jobs active than its cap", "[workflow]") {
  World world;
  world.Crash();
  world.options.active_jobs_per_brand_max = 2;
  world.Boot();
  for (int i = 0; i < 6; ++i) {
    (void)world.Provision(absl::StrCat("room-", i), "busy");
  }
  (void)world.Provision("only", "quiet");

  world.loop.Advance(absl::Milliseconds(10));

  CHECK(world.engine->counts().active == 3);
}

TEST_CASE("a stranger takes the job over, and the old hand's write changes nothing", "[workflow]") {
  World world;
  world.Crash();
  world.options.poll_interval = absl::Hours(1);  // we do not take it back
  world.Boot();
  const JobId id = world.Provision();
  REQUIRE(world.loop.RunUntil([&] { return world.GetJob(id).step == Step::kEnsureAssets; }));
  CommitNotice notice;
  (void)world.memory.Apply(
      {ClaimJobs{.owner = "stranger", .now = world.loop.clock().Now(), .n = 10}}, notice);
  const Job taken = world.GetJob(id);

  world.loop.Advance(absl::Minutes(10));

  CHECK(world.GetJob(id).last_seq == taken.last_seq);
  CHECK(world.GetJob(id).epoch == taken.epoch);
  CHECK(world.engine->counts().live == 0);
}

TEST_CASE("jobs that nobody claimed are found by the poll, and after a restart", "[workflow]") {
  World world;
  world.Crash();
  std::vector<JobId> ids;
  for (int i = 0; i < 30; ++i) {
    ids.push_back(world.Provision(absl::StrCat("room-", i)));
  }
  world.options.claim_batch = 4;
  world.options.ready_jobs_max = 8;
  world.options.active_jobs_max = 2;
  world.Boot();

  for (const JobId& id : ids) {
    REQUIRE(world.RunToEnd(id));
    CHECK(world.GetRoom(id).state == RoomState::kReady);
  }
}

TEST_CASE("sleeping jobs are small, survive a restart and wake on time", "[workflow]") {
  World world;
  world.platform.preflight_problems = {{.reason = "GRANT_MISSING", .retryable = true}};
  std::vector<JobId> ids;
  for (int i = 0; i < 10; ++i) {
    ids.push_back(world.Provision(absl::StrCat("room-", i)));
  }
  world.loop.Advance(absl::Hours(1));
  CHECK(world.engine->counts().parked == 10);
  CHECK(world.engine->counts().live == 0);

  world.Crash();
  world.Boot();
  world.loop.RunPosted();
  CHECK(world.engine->counts().parked == 10);
  CHECK(world.platform.calls("CreateRoom") == 0);

  world.platform.preflight_problems.clear();
  for (const JobId& id : ids) {
    REQUIRE(world.RunToEnd(id));
    CHECK(world.GetRoom(id).state == RoomState::kReady);
  }
}

TEST_CASE("a job that waits its turn is cancelled at once", "[workflow]") {
  World world;
  world.Crash();
  world.options.active_jobs_max = 1;
  world.Boot();
  for (int i = 0; i < 3; ++i) {
    (void)world.Provision(absl::StrCat("room-", i));
  }
  const JobId last = world.Provision("last");
  world.loop.RunPosted();
  REQUIRE(world.GetJob(last).state == JobState::kQueued);

  world.Cancel(last);
  world.loop.RunPosted();

  CHECK(world.GetJob(last).state == JobState::kCancelled);
  CHECK(world.GetRoom(last).state == RoomState::kDeleted);
  CHECK(world.Violations(last) == "");
}

TEST_CASE("a sleeping job is cancelled without waiting for its wake", "[workflow]") {
  World world;
  world.platform.preflight_problems = {{.reason = "GRANT_MISSING", .retryable = true}};
  const JobId id = world.Provision();
  world.loop.Advance(absl::Hours(2));
  REQUIRE(world.engine->counts().parked == 1);

  world.Cancel(id);
  world.loop.Advance(absl::Seconds(1));

  CHECK(world.GetJob(id).state == JobState::kCancelled);
  CHECK(world.engine->counts().parked == 0);
}

TEST_CASE("a cancel that only the store heard of is noticed at the next commit", "[workflow]") {
  World world;
  const JobId id = world.Provision();
  REQUIRE(world.loop.RunUntil([&] { return world.GetJob(id).step == Step::kAwaitActive; }));
  CommitNotice lost;
  (void)world.memory.Apply({CancelJob{.id = id, .now = world.loop.clock().Now()}}, lost);

  REQUIRE(world.RunToEnd(id));

  CHECK(world.GetJob(id).state == JobState::kCancelled);
  CHECK(world.platform.rooms.empty());
}

TEST_CASE("a stop waits for the write in flight and its commit, and sends nothing more",
          "[workflow]") {
  World world;
  const JobId id = world.Provision();
  REQUIRE(world.loop.RunUntil([&] { return world.platform.calls("CreateRoom") == 1; }));
  const JobId waiting = world.Provision("other");
  bool stopped = false;

  world.engine->Stop(absl::Seconds(5), [&] { stopped = true; });
  const int calls = world.platform.calls();
  CHECK_FALSE(stopped);
  world.loop.Advance(absl::Milliseconds(100));

  CHECK(stopped);
  CHECK(world.GetJob(id).step == Step::kAwaitActive);
  CHECK(world.platform.calls() == calls);
  CHECK(world.engine->counts().live == 0);

  world.Crash();
  world.Boot();
  REQUIRE(world.RunToEnd(id));
  REQUIRE(world.RunToEnd(waiting));
  CHECK(world.GetRoom(id).state == RoomState::kReady);
  CHECK(world.platform.calls("CreateRoom") == 2);
}

TEST_CASE("a stop gives up on a write that does not end", "[workflow]") {
  World world;
  world.platform.options.latency = absl::Hours(1);
  (void)world.Provision();
  REQUIRE(world.loop.RunUntil([&] { return world.platform.calls("CreateRoom") == 1; }));
  bool stopped = false;

  world.engine->Stop(absl::Seconds(5), [&] { stopped = true; });
  world.loop.Advance(absl::Seconds(4));
  CHECK_FALSE(stopped);
  world.loop.Advance(absl::Seconds(1));
  CHECK(stopped);
}

TEST_CASE("an engine with nothing to do stops at once", "[workflow]") {
  World world;
  bool stopped = false;
  world.engine->Stop(absl::Seconds(5), [&] { stopped = true; });
  CHECK(stopped);
}

TEST_CASE("a room's writes run side by side up to its writers", "[workflow]") {
  struct Case {
    int writers;
    absl::Duration ready_by;
  };
  // Latency 1 s: preflight, create, look; two assets together or one after the other; notebook;
  // verify.
  const auto c = GENERATE(Case{1, absl::Seconds(7)}, Case{4, absl::Seconds(6)});
  CAPTURE(c.writers);
  World world;
  world.Crash();
  world.options.limits.writers_per_room = c.writers;
  world.platform.options.latency = absl::Seconds(1);
  world.platform.options.provisioning = absl::ZeroDuration();
  world.Boot();
  const JobId id = world.Provision();

  REQUIRE(world.RunToEnd(id));

  CHECK(world.GetRoom(id).state == RoomState::kReady);
  CHECK(*world.GetJob(id).finished_at - world.GetJob(id).created_at == c.ready_by);
}

TEST_CASE("with writes side by side any of them may fail", "[workflow]") {
  for (const CallError error :
       {CallError::kUnknownOutcome, CallError::kUnavailable, CallError::kAlreadyExists}) {
    for (int n = 4; n <= 6; ++n) {
      for (int m = n; m <= 6; ++m) {
        CAPTURE(n, m);
        World world;
        world.Crash();
        world.options.limits.writers_per_room = 4;
        world.Boot();
        world.platform.faults = {{.at_call = n, .error = error}, {.at_call = m, .error = error}};
        const JobId id = world.Provision();

        REQUIRE(world.RunToEnd(id));

        CHECK(world.GetRoom(id).state == RoomState::kReady);
        CHECK(world.Violations(id) == "");
      }
    }
  }
}

TEST_CASE("finished jobs, steps and time to READY are counted", "[workflow]") {
  World world;
  const JobId id = world.Provision();
  REQUIRE(world.RunToEnd(id));
  world.loop.Advance(absl::Seconds(30));

  Metrics& metrics = world.metrics;
  CHECK(metrics.Value(metric::kJobsFinished, {"PROVISION", "SUCCEEDED", ""}) == 1);
  CHECK(metrics.Value(metric::kReadySeconds, {"total"}) == 1);
  CHECK(metrics.Value(metric::kRooms, {"shard-1", "READY"}) == 1);
  CHECK(metrics.Value(metric::kJobs, {"QUEUED"}) == 0);
  CHECK(metrics.Value(metric::kBugs, {"engine_commit"}) == 0);
  for (const char* step : {"PREFLIGHT", "ENSURE_ROOM", "AWAIT_ACTIVE", "ENSURE_ASSETS",
                           "ENSURE_NOTEBOOKS", "VERIFY"}) {
    CAPTURE(step);
    CHECK(metrics.Value(metric::kStepSeconds, {"PROVISION", step}) == 1);
  }
}

TEST_CASE("a job whose rows are corrupt pages someone and holds up no other", "[workflow]") {
  World world;
  world.Crash();
  const JobId corrupt = world.Provision("broken");
  const JobId sound = world.Provision("sound");
  world.flaky.corrupt = corrupt;
  std::string paged;
  world.log.on_line = [&](LogLevel level, const std::string& message,
                          const ShownLog::Fields& fields) {
    if (level == LogLevel::kError) {
      absl::StrAppend(&paged, message, ": ", fields.at("job"), " ", fields.at("error"));
    }
  };
  world.Boot();

  REQUIRE(world.RunToEnd(sound));

  CHECK(world.GetRoom(sound).state == RoomState::kReady);
  CHECK(world.GetJob(corrupt).state == JobState::kQueued);
  CHECK(paged == absl::StrCat("job is corrupt: ", corrupt.value(), " injected"));
  CHECK(world.metrics.Value(metric::kBugs, {"corrupt_row"}) == 1);
}

TEST_CASE("each committed event of a job is one line in the log that says whose it is",
          "[workflow]") {
  World world;
  world.platform.faults = {{.at_call = 1, .error = CallError::kDenied}};
  world.flaky.fail_at = 4;          // a commit that is tried again is not told twice
  std::string told = "job.queued";  // written by the command, not by the engine
  std::map<std::string, LogLevel> levels;
  world.log.on_line = [&](LogLevel level, const std::string& message,
                          const ShownLog::Fields& fields) {
    if (message != "job event") {
      return;
    }
    const std::string& event = fields.at("event");
    absl::StrAppend(&told, " ", event);
    levels[event] = level;
    CHECK(fields.at("job") == "job-1");
    CHECK(fields.at("brand") == "acme");
    CHECK(fields.at("clean_room") == "match");
    CHECK(fields.at("shard") == "shard-1");
    CHECK(fields.at("step") != "");
    if (event == "step.retrying") {
      CHECK_THAT(fields.at("detail"), Catch::StartsWith("MISSING_PRIVILEGE: "));
    }
  };
  const JobId id = world.Provision();

  REQUIRE(world.RunToEnd(id));
  world.loop.Advance(absl::Seconds(1));

  CHECK(told == world.EventTypes(id));
  CHECK(levels["step.retrying"] == LogLevel::kWarning);
  CHECK(levels["step.started"] == LogLevel::kDebug);
  CHECK(levels["step.finished"] == LogLevel::kDebug);
  CHECK(levels["room.state"] == LogLevel::kInfo);
  CHECK(levels["job.succeeded"] == LogLevel::kInfo);
}

TEST_CASE("a wall clock that steps does not hold a sleeping job for long", "[workflow]") {
  World world;
  world.platform.preflight_problems = {{.reason = "GRANT_MISSING", .retryable = true}};
  const JobId id = world.Provision();
  world.loop.Advance(absl::Hours(1));
  world.platform.preflight_problems.clear();
  world.loop.fake_clock().Step(absl::Hours(1));

  world.loop.Advance(absl::Minutes(2));

  CHECK(world.GetRoom(id).state == RoomState::kReady);
}

}  // namespace
}  // namespace roomkeeper::testing
