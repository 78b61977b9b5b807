// What the world can do to a provision, one story each.

#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "tests/support/matchers.h"
#include "tests/workflow/world.h"

namespace roomkeeper::testing {
namespace {

// The room as the platform would hold it had we made it.
FakeProvider::Room OurRoom(const RoomSpec& spec) {
  FakeProvider::Room room;
  room.seen = AsDesired(spec);
  room.seen.has_assets = false;
  room.seen.assets.clear();
  return room;
}

// Runs with the spec before the job's first call is answered.
JobId ProvisionInto(World& world, const std::function<void(const RoomSpec&)>& prepare) {
  const JobId id = world.Provision();
  prepare(world.GetRoom(id).spec);
  return id;
}

TEST_CASE("a room of ours that is there already is adopted and filled", "[workflow]") {
  World world;
  const JobId id = ProvisionInto(
      world, [&](const RoomSpec& spec) { world.platform.rooms[spec.room_name] = OurRoom(spec); });

  REQUIRE(world.RunToEnd(id));

  CHECK(world.GetRoom(id).state == RoomState::kReady);
  CHECK(world.Violations(id) == "");
  CHECK(world.platform.rooms.size() == 1);
  CHECK(world.platform.calls("CreateRoom") == 1);  // answered "taken", then looked at
}

TEST_CASE("what an adopted room holds is compared, and repaired where it differs", "[workflow]") {
  World world;
  const JobId id = ProvisionInto(world, [&](const RoomSpec& spec) {
    FakeProvider::Room room = OurRoom(spec);
    FakeProvider::Asset asset;
    asset.seen = {.name = spec.assets[0].name, .asset_type = "TABLE", .status = "ACTIVE"};
    asset.local_name = "another.local.table";
    room.assets[asset.seen.name] = asset;
    asset.seen.name = spec.assets[1].name;
    asset.seen.asset_type = "VIEW";
    asset.local_name = spec.assets[1].local_name;
    room.assets[asset.seen.name] = asset;
    FakeProvider::Asset notebook;
    notebook.seen = {
        .name = spec.notebooks[0].name, .asset_type = "NOTEBOOK_FILE", .status = "ACTIVE"};
    notebook.seen.notebook_content_digest = "sha256:old";
    notebook.seen.runner_collaborator_aliases = {{"acme_brand"}};
    room.assets[notebook.seen.name] = notebook;
    world.platform.rooms[spec.room_name] = room;
  });

  REQUIRE(world.RunToEnd(id));

  CHECK(world.GetRoom(id).state == RoomState::kReady);
  CHECK(world.Violations(id) == "");
  CHECK(world.platform.calls("UpdateAsset") == 1);
  CHECK(world.platform.calls("UpdateNotebook") == 1);
}

TEST_CASE("a room that is not provably ours, or can not become as wanted, is left alone",
          "[workflow]") {
  struct Case {
    const char* reason;
    std::function<void(FakeProvider::Room&)> change;
  };
  const auto c = GENERATE(
      Case{"ROOM_NOT_OURS", [](FakeProvider::Room& room) { room.seen.comment = "by hand"; }},
      Case{"ROOM_NOT_OURS",
           [](FakeProvider::Room& room) {
             room.seen.comment = "[roomkeeper:v1 rk-test job-1 d s]";
           }},
      Case{"ROOM_DIFFERS", [](FakeProvider::Room& room) { room.seen.region = "eu-west-1"; }},
      Case{"ROOM_DIFFERS", [](FakeProvider::Room& room) { room.seen.collaborators.pop_back(); }});
  CAPTURE(c.reason);
  World world;
  const JobId id = ProvisionInto(world, [&](const RoomSpec& spec) {
    FakeProvider::Room room = OurRoom(spec);
    c.change(room);
    room.foreign = true;
    world.platform.rooms[spec.room_name] = room;
  });

  REQUIRE(world.RunToEnd(id));

  const Job job = world.GetJob(id);
  CHECK(job.state == JobState::kFailed);
  REQUIRE(job.problem.has_value());
  CHECK(job.problem->reason == c.reason);
  CHECK(world.GetRoom(id).state == RoomState::kQuarantined);
  CHECK(world.GetRoom(id).move == Move::kProviderOperator);
  CHECK(world.Violations(id) == "");
  CHECK(world.platform.rooms.size() == 1);
}

TEST_CASE("provisioning that fails or hangs is remade within the budget", "[workflow]") {
  struct Case {
    const char* name;
    int failing;
    int hanging;
    bool ready;
  };
  const auto c = GENERATE(Case{"one fails", 1, 0, true}, Case{"two fail", 2, 0, true},
                          Case{"three fail", 3, 0, false}, Case{"two hang", 0, 2, true},
                          Case{"three hang", 0, 3, false});
  CAPTURE(c.name);
  World world;
  world.platform.options.provisionings_to_fail = c.failing;
  world.platform.options.provisionings_to_hang = c.hanging;
  const JobId id = world.Provision();

  REQUIRE(world.RunToEnd(id));

  CAPTURE(world.EventTypes(id));
  CHECK(world.Violations(id) == "");
  if (c.ready) {
    CHECK(world.GetRoom(id).state == RoomState::kReady);
    CHECK(world.platform.calls("CreateRoom") == c.failing + c.hanging + 1);
  } else {
    CHECK(world.GetRoom(id).state == RoomState::kFailed);
    REQUIRE(world.GetJob(id).problem.has_value());
    CHECK(world.GetJob(id).problem->reason ==
          (c.failing > 0 ? "ROOM_PROVISIONING_FAILED" : "ROOM_PROVISIONING_TIMED_OUT"));
    CHECK(world.platform.calls("CreateRoom") == 3);
    CHECK(world.platform.rooms.empty());
  }
}

TEST_CASE("a slow room is waited for as long as it may take, in few events", "[workflow]") {
  World world;
  world.platform.options.provisioning = absl::Minutes(24);
  const JobId id = world.Provision();

  REQUIRE(world.RunToEnd(id));

  CHECK(world.GetRoom(id).state == RoomState::kReady);
  CHECK(world.Events(id).size() == 17);
  CHECK(world.platform.calls() == 7);
  CHECK(world.GetJob(id).progress.platform_time > absl::Minutes(24));
}

TEST_CASE("the time of a wait counts as the platform's across a restart", "[workflow]") {
  World world;
  world.platform.options.provisioning = absl::Minutes(10);
  const JobId id = world.Provision();
  world.loop.Advance(absl::Minutes(4));
  world.Crash();
  world.loop.Advance(absl::Minutes(1));
  world.Boot();

  REQUIRE(world.RunToEnd(id));

  CHECK(world.GetRoom(id).state == RoomState::kReady);
  CHECK(world.GetJob(id).progress.platform_time > absl::Minutes(10));
  CHECK(world.GetJob(id).progress.our_time < absl::Seconds(1));
}

TEST_CASE("a fatal finding of preflight fails the job before anything is made", "[workflow]") {
  World world;
  world.platform.preflight_problems = {
      {.reason = "TABLE_MISSING", .message = "no such table", .move = Move::kProviderOperator},
      {.reason = "ROOM_LIMIT_REACHED", .message = "full", .retryable = true}};
  const JobId id = world.Provision();

  REQUIRE(world.RunToEnd(id));

  const Job job = world.GetJob(id);
  CHECK(job.state == JobState::kFailed);
  CHECK(job.problem->reason == "TABLE_MISSING");
  CHECK(job.problem->message == "no such table; full");
  CHECK(world.GetRoom(id).state == RoomState::kFailed);
  CHECK(world.platform.calls() == 1);
  CHECK(world.Violations(id) == "");
}

TEST_CASE("a finding that can heal is waited for, with the move on the one who must act",
          "[workflow]") {
  World world;
  world.platform.preflight_problems = {{.reason = "GRANT_MISSING",
                                        .message = "no SELECT",
                                        .move = Move::kProviderOperator,
                                        .retryable = true}};
  const JobId id = world.Provision();
  world.loop.Advance(absl::Hours(3));

  const Job waiting = world.GetJob(id);
  CHECK(waiting.state == JobState::kWaiting);
  CHECK(waiting.move == Move::kProviderOperator);
  CHECK(waiting.problem->reason == "GRANT_MISSING");
  CHECK(world.GetRoom(id).move == Move::kProviderOperator);
  CHECK(world.Events(id).size() < 12);  // folded
  CHECK(world.platform.calls() > 15);

  world.platform.preflight_problems.clear();
  REQUIRE(world.RunToEnd(id));
  CHECK(world.GetRoom(id).state == RoomState::kReady);
  CHECK(!world.GetRoom(id).problem.has_value());
  CHECK(world.Violations(id) == "");
}

TEST_CASE("what does not heal by the deadline fails with the last reason", "[workflow]") {
  World world;
  world.platform.options.rooms_max = 0;
  const JobId id = world.Provision();

  REQUIRE(world.RunToEnd(id));

  const Job job = world.GetJob(id);
  CHECK(job.state == JobState::kFailed);
  CHECK(job.problem->reason == "DEADLINE_EXCEEDED");
  CHECK(absl::StrContains(job.problem->message, "PLATFORM_LIMIT_REACHED"));
  CHECK(job.problem->move == Move::kProviderOperator);
  CHECK(*job.finished_at - job.created_at < absl::Hours(24) + absl::Minutes(1));
  CHECK(world.platform.calls("CreateRoom") < 24 * 6 + 2);  // a slow wake, not a storm
  CHECK(world.Violations(id) == "");
}

TEST_CASE("assets that are PENDING are waited for, and READY is true then", "[workflow]") {
  World world;
  world.platform.options.asset_pending = absl::Seconds(40);
  const JobId id = world.Provision();

  REQUIRE(world.RunToEnd(id));

  CHECK(world.GetRoom(id).state == RoomState::kReady);
  CHECK(world.Violations(id) == "");
  CHECK(world.platform.calls("ObserveRoom") < 12);
}

TEST_CASE("a grant that is revoked meanwhile is the operator's move, and heals", "[workflow]") {
  World world;
  world.platform.options.asset_pending = absl::Seconds(5);
  const JobId id = world.Provision();
  const std::string name = world.GetRoom(id).spec.room_name;
  REQUIRE(world.loop.RunUntil([&] { return world.GetJob(id).step == Step::kVerify; }));
  for (auto& [key, asset] : world.platform.rooms[name].assets) {
    asset.seen.status = "PERMISSION_DENIED";
  }
  world.loop.Advance(absl::Hours(1));

  CHECK(world.GetJob(id).state == JobState::kWaiting);
  CHECK(world.GetJob(id).move == Move::kProviderOperator);
  CHECK(world.GetJob(id).problem->reason == "ASSET_PERMISSION_DENIED");

  for (auto& [key, asset] : world.platform.rooms[name].assets) {
    asset.seen.status = "ACTIVE";
  }
  REQUIRE(world.RunToEnd(id));
  CHECK(world.GetRoom(id).state == RoomState::kReady);
  CHECK(world.platform.calls("AddAsset") == 2);
}

TEST_CASE("what is changed by hand before verify is found and repaired", "[workflow]") {
  struct Case {
    const char* name;
    std::function<void(FakeProvider&, const std::string&)> change;
  };
  const auto c = GENERATE(
      Case{"an asset removed",
           [](FakeProvider& platform, const std::string& room) {
             platform.rooms[room].assets.erase("provider.spine.devices");
           }},
      Case{"another runner",
           [](FakeProvider& platform, const std::string& room) {
             platform.rooms[room].assets["match.py"].seen.runner_collaborator_aliases = {{"x"}};
           }},
      Case{"the room deleted",
           [](FakeProvider& platform, const std::string& room) { platform.rooms.erase(room); }},
      Case{"the room failed", [](FakeProvider& platform, const std::string& room) {
             platform.rooms[room].seen.status = "FAILED";
           }});
  CAPTURE(c.name);
  World world;
  const JobId id = world.Provision();
  const std::string name = world.GetRoom(id).spec.room_name;
  REQUIRE(world.loop.RunUntil([&] { return world.GetJob(id).step == Step::kVerify; }));
  c.change(world.platform, name);

  REQUIRE(world.RunToEnd(id));

  CAPTURE(world.EventTypes(id));
  CHECK(world.GetRoom(id).state == RoomState::kReady);
  CHECK(world.Violations(id) == "");
}

TEST_CASE("a room that is spoiled again and again fails instead of looping", "[workflow]") {
  World world;
  const JobId id = world.Provision();
  const std::string name = world.GetRoom(id).spec.room_name;
  world.platform.on_call = [&](int, const std::string& call) {
    if (call == "ObserveRoom" && world.GetJob(id).step == Step::kVerify) {
      world.platform.rooms[name].assets.erase("provider.spine.devices");
    }
  };

  REQUIRE(world.RunToEnd(id));

  CHECK(world.GetJob(id).state == JobState::kFailed);
  CHECK(world.GetJob(id).problem->reason == "ROOM_DOES_NOT_SETTLE");
  CHECK(world.platform.rooms.empty());
  CHECK(world.Violations(id) == "");
}

TEST_CASE("notebook content that is missing is waited for, not failed", "[workflow]") {
  World world;
  world.packages.empty = true;
  const JobId id = world.Provision();
  world.loop.Advance(absl::Hours(2));

  CHECK(world.GetJob(id).state == JobState::kWaiting);
  CHECK(world.GetJob(id).problem->reason == "PACKAGE_CONTENT_UNAVAILABLE");
  CHECK(world.GetJob(id).move == Move::kProviderOperator);

  world.packages.empty = false;
  REQUIRE(world.RunToEnd(id));
  CHECK(world.GetRoom(id).state == RoomState::kReady);
}

TEST_CASE("a failed job can be retried, and goes on from what is there", "[workflow]") {
  World world;
  world.platform.faults = {{.at_call = 6, .error = CallError::kInvalid}};
  const JobId failed = world.Provision();
  REQUIRE(world.RunToEnd(failed));
  REQUIRE(world.GetJob(failed).state == JobState::kFailed);

  const JobId again = world.Retry(failed);
  REQUIRE(world.RunToEnd(again));

  CHECK(world.GetRoom(again).state == RoomState::kReady);
  CHECK(world.Violations(again) == "");
  CHECK(world.platform.rooms.size() == 1);
}

TEST_CASE("a compensation that can not delete says what is left and whose move it is",
          "[workflow]") {
  World world;
  world.platform.faults = {{.at_call = 6, .error = CallError::kInvalid}};
  for (int call = 7; call < 2000; ++call) {
    world.platform.faults.push_back({.at_call = call, .error = CallError::kDenied});
  }
  const JobId id = world.Provision();

  REQUIRE(world.RunToEnd(id));

  const CleanRoom room = world.GetRoom(id);
  CHECK(world.GetJob(id).state == JobState::kFailed);
  CHECK(room.state == RoomState::kFailed);
  CHECK(room.move == Move::kProviderOperator);
  REQUIRE(room.problem.has_value());
  CHECK(absl::StrContains(room.problem->message, room.spec.room_name));
  CHECK(world.Violations(id) == "");
  CHECK(*world.GetJob(id).finished_at - world.GetJob(id).created_at < absl::Hours(2));
}

}  // namespace
}  // namespace roomkeeper::testing
