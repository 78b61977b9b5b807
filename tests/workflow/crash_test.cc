// What fault_matrix_test.cc leaves out: refusals for good, short and long downtimes, two crashes,
// and cancels at any point. Whatever happens, there is one room at most, the job ends, and what it
// says is true.

#include "absl/strings/str_cat.h"

#include "tests/support/matchers.h"
#include "tests/workflow/world.h"

namespace roomkeeper::testing {
namespace {

using Effect = FakeProvider::Effect;

int RoomsOnPlatform(const World& world) {
  return static_cast<int>(world.platform.rooms.size());
}

TEST_CASE("a provision whose n-th call is refused for good fails and leaves nothing",
          "[workflow]") {
  int n = 1;
  for (;; ++n) {
    CAPTURE(n);
    World world;
    world.platform.faults = {{.at_call = n, .error = CallError::kInvalid}};
    const JobId id = world.Provision();

    REQUIRE(world.RunToEnd(id));

    if (world.platform.faults_fired() == 0) {
      break;
    }
    const Job job = world.GetJob(id);
    CAPTURE(world.EventTypes(id));
    REQUIRE(job.state == JobState::kFailed);
    REQUIRE(job.problem.has_value());
    REQUIRE(job.problem->reason == "PLATFORM_REFUSED_REQUEST");
    REQUIRE(world.GetRoom(id).state == RoomState::kFailed);
    REQUIRE(world.Violations(id) == "");
    REQUIRE(RoomsOnPlatform(world) == 0);
  }
  CHECK(n == 8);
}

TEST_CASE("a process that dies at the n-th call resumes to one READY room", "[workflow]") {
  const absl::Duration down = GENERATE(absl::Milliseconds(1), absl::Seconds(1), absl::Minutes(30));
  for (int n = 1;; ++n) {
    CAPTURE(n);
    World world;
    bool died = false;
    world.platform.on_call = [&](int call, const std::string&) {
      if (call == n && !died) {
        died = true;
        world.CrashSoon(down);
      }
    };
    const JobId id = world.Provision();

    REQUIRE(world.RunToEnd(id));

    if (!died) {
      CHECK(n == 8);
      break;
    }
    CAPTURE(world.EventTypes(id));
    REQUIRE(world.GetRoom(id).state == RoomState::kReady);
    REQUIRE(world.Violations(id) == "");
    REQUIRE(world.platform.calls("CreateRoom") == 1);
    REQUIRE(RoomsOnPlatform(world) == 1);
    // Nothing that was in flight is sent again blindly.
    REQUIRE(world.platform.calls("AddAsset") <= 2 + (down < absl::Milliseconds(25) ? 1 : 0));
  }
}

TEST_CASE("a process that dies after the n-th commit resumes to one READY room", "[workflow]") {
  for (int n = 1;; ++n) {
    for (int m = n + 1; m < n + 6; ++m) {
      CAPTURE(n, m);
      World world;
      int deaths = 0;
      world.flaky.commits = 0;
      world.flaky.after_commit = [&](int commit) {
        if (commit == n || commit == m) {
          ++deaths;
          world.CrashSoon(absl::Seconds(1));
        }
      };
      const JobId id = world.Provision();

      REQUIRE(world.RunToEnd(id));

      CAPTURE(world.EventTypes(id));
      REQUIRE(world.GetRoom(id).state == RoomState::kReady);
      REQUIRE(world.Violations(id) == "");
      REQUIRE(world.platform.calls("CreateRoom") == 1);
      REQUIRE(RoomsOnPlatform(world) == 1);
      if (deaths == 0) {
        CHECK(n > 7);
        return;
      }
    }
  }
}

TEST_CASE("a provision cancelled at any point leaves nothing, or is READY already", "[workflow]") {
  for (int n = 1;; ++n) {
    CAPTURE(n);
    World world;
    bool cancelled = false;
    JobId id;
    world.platform.on_call = [&](int call, const std::string&) {
      if (call == n && !cancelled) {
        cancelled = true;
        world.loop.Post([&] { world.Cancel(id); });
      }
    };
    id = world.Provision();

    REQUIRE(world.RunToEnd(id));

    if (!cancelled) {
      CHECK(n == 8);
      break;
    }
    CAPTURE(world.EventTypes(id));
    REQUIRE(world.GetJob(id).state == JobState::kCancelled);
    REQUIRE(world.GetRoom(id).state == RoomState::kDeleted);
    REQUIRE(world.Violations(id) == "");
    REQUIRE(RoomsOnPlatform(world) == 0);
  }
}

TEST_CASE("a cancelled provision that dies at any call of its own still leaves nothing",
          "[workflow]") {
  for (int n = 1; n <= 7; ++n) {
    for (int m = 1;; ++m) {
      CAPTURE(n, m);
      World world;
      bool cancelled = false;
      bool died = false;
      JobId id;
      world.platform.on_call = [&](int call, const std::string&) {
        if (call == n && !cancelled) {
          cancelled = true;
          world.loop.Post([&] { world.Cancel(id); });
        } else if (call == n + m && !died) {
          died = true;
          world.CrashSoon(absl::Milliseconds(1));
        }
      };
      id = world.Provision();

      REQUIRE(world.RunToEnd(id));

      world.loop.Advance(absl::Minutes(5));
      CAPTURE(world.EventTypes(id));
      REQUIRE(world.GetJob(id).state == JobState::kCancelled);
      REQUIRE(world.Violations(id) == "");
      REQUIRE(RoomsOnPlatform(world) == 0);
      if (!died) {
        break;
      }
    }
  }
}

TEST_CASE("a late create does not survive the cancel that followed it", "[workflow]") {
  World world;
  JobId id;
  world.platform.faults = {{.at_call = 2,
                            .error = CallError::kUnknownOutcome,
                            .effect = Effect::kLate,
                            .late_by = absl::Seconds(60)}};
  world.platform.on_call = [&](int call, const std::string&) {
    if (call == 3) {  // the look after the lost answer
      world.loop.Post([&] { world.Cancel(id); });
    }
  };
  id = world.Provision();

  REQUIRE(world.RunToEnd(id));

  CHECK(world.loop.clock().Now() - world.GetJob(id).created_at > absl::Seconds(60));
  CHECK(world.GetJob(id).state == JobState::kCancelled);
  CHECK(RoomsOnPlatform(world) == 0);
  world.loop.Advance(absl::Minutes(5));
  CHECK(RoomsOnPlatform(world) == 0);
}

}  // namespace
}  // namespace roomkeeper::testing
