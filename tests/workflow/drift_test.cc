// Rooms that somebody changes after they were READY: seen, mended if that can be done, told if not.

#include <algorithm>

#include "absl/strings/match.h"

#include "lib/model/reasons.h"
#include "lib/obs/metric_table.h"
#include "tests/support/matchers.h"
#include "tests/workflow/world.h"

namespace roomkeeper::testing {
namespace {

constexpr char kHouseholds[] = "provider.spine.households";
constexpr char kDevices[] = "provider.spine.devices";

// A world that looks for drift.
struct Watched : World {
  explicit Watched(absl::Duration interval = absl::Hours(6)) {
    Crash();
    options.limits.look_interval = interval;
    Boot();
  }

  JobId ReadyRoom(const std::string& clean_room_id = "match") {
    const JobId id = Provision(clean_room_id);
    REQUIRE(RunToEnd(id));
    REQUIRE(GetRoom(id).state == RoomState::kReady);
    return id;
  }
  std::map<std::string, FakeProvider::Asset>& Assets() {
    return platform.rooms.begin()->second.assets;
  }
  std::vector<Job> Repairs() {
    std::vector<Job> repairs = (*memory.NewReader())->ListJobs({.limit = 1000})->jobs;
    std::erase_if(repairs, [](const Job& job) { return job.repair == 0; });
    return repairs;
  }
  int Made() const { return platform.calls("CreateRoom"); }
  int Deleted() const { return platform.calls("DeleteRoom"); }
  double Causes(const char* reason) const {
    return metrics.Value(metric::kDriftCauses, {"shard-1", reason});
  }
  void Apply(WriteOp op) {
    CommitNotice notice;
    std::vector<WriteOp> ops;
    ops.push_back(std::move(op));
    REQUIRE(memory.Apply(std::move(ops), notice).front().ok());
    engine->OnCommit(notice);
  }
};

// What a person does to a room, and what puts it right.
struct Change {
  const char* needs;
  void (*make)(Watched& world);
};

const Change kChanges[] = {
    {"ADD_ASSET provider.spine.households", [](Watched& w) { w.Assets().erase(kHouseholds); }},
    {"UPDATE_ASSET provider.spine.devices",
     [](Watched& w) { w.Assets().at(kDevices).local_name = "prod.identity.other"; }},
    {"ADD_NOTEBOOK match.py", [](Watched& w) { w.Assets().erase("match.py"); }},
    {"UPDATE_NOTEBOOK match.py",
     [](Watched& w) { w.Assets().at("match.py").seen.notebook_content_digest = "sha256:other"; }},
    {"UPDATE_NOTEBOOK match.py",
     [](Watched& w) {
       w.Assets().at("match.py").seen.runner_collaborator_aliases = {{"mallory"}};
     }},
};

TEST_CASE("what somebody changes by hand is put right within a cycle", "[workflow][drift]") {
  for (const Change& change : kChanges) {
    CAPTURE(change.needs);
    Watched world;
    const JobId id = world.ReadyRoom();
    change.make(world);

    world.loop.Advance(absl::Hours(8));

    const CleanRoom room = world.GetRoom(id);
    CHECK(room.state == RoomState::kReady);
    CHECK_FALSE(room.problem.has_value());
    REQUIRE(world.Repairs().size() == 1);
    const Job repair = world.Repairs()[0];
    CHECK(repair.state == JobState::kSucceeded);
    CHECK(absl::EndsWith(world.Events(repair.id).front().message, change.needs));
    CHECK(world.Violations(repair.id) == "");  // and with it that the room is whole
    CHECK(room.notebooks[0].etag == *world.Assets().at("match.py").seen.notebook_etag);
    CHECK(world.Made() == 1);
    CHECK(world.Deleted() == 0);
  }
}

TEST_CASE("one revoked grant is one cause, however many rooms it degrades, and heals",
          "[workflow][drift]") {
  Watched world;
  std::vector<JobId> ids;
  for (int i = 0; i < 20; ++i) {
    ids.push_back(world.ReadyRoom(absl::StrCat("room-", i)));
  }
  int warnings = 0;
  world.log.on_line = [&](LogLevel level, const std::string& message, const ShownLog::Fields&) {
    warnings += level == LogLevel::kWarning && message == "rooms have drifted" ? 1 : 0;
  };
  for (auto& [name, room] : world.platform.rooms) {
    room.assets.at(kHouseholds).seen.status = "PERMISSION_DENIED";
  }

  world.loop.Advance(absl::Hours(8));

  for (const JobId& id : ids) {
    const CleanRoom room = world.GetRoom(id);
    CHECK(room.state == RoomState::kDegraded);
    CHECK(room.move == Move::kProviderOperator);
    REQUIRE(room.problem.has_value());
    CHECK(room.problem->reason == reason::kAssetPermissionDenied);
    const JobEvent last = world.Events(id).back();
    CHECK(last.type == "room.state");
    CHECK(last.room_state == RoomState::kDegraded);
    CHECK(last.move == Move::kProviderOperator);
    CHECK(absl::StartsWith(last.message, "ASSET_PERMISSION_DENIED: "));
    CHECK(world.Violations(id) == "");
  }
  CHECK(world.Repairs().empty());
  CHECK(world.Causes(reason::kAssetPermissionDenied) == 1);
  CHECK(warnings <= 20);
  const int before = warnings;
  world.loop.Advance(absl::Hours(24));
  CHECK(warnings == before);  // told once

  for (auto& [name, room] : world.platform.rooms) {
    room.assets.at(kHouseholds).seen.status = "ACTIVE";
  }
  world.loop.Advance(absl::Minutes(30));

  for (const JobId& id : ids) {
    CHECK(world.GetRoom(id).state == RoomState::kReady);
    CHECK(world.GetRoom(id).move == Move::kNobody);
    CHECK_FALSE(world.GetRoom(id).problem.has_value());
    CHECK(world.Events(id).back().room_state == RoomState::kReady);
  }
  CHECK(world.Causes(reason::kAssetPermissionDenied) == 0);
}

TEST_CASE("a room that is gone is told with whose move it is, and not made again",
          "[workflow][drift]") {
  const bool by_brand = GENERATE(false, true);
  Watched world;
  const JobId id = world.ReadyRoom();
  if (by_brand) {
    world.platform.rooms.begin()->second.seen.status = "DELETED";
  } else {
    world.platform.rooms.clear();
  }

  world.loop.Advance(absl::Hours(8));

  const CleanRoom room = world.GetRoom(id);
  CHECK(room.state == RoomState::kDegraded);
  REQUIRE(room.problem.has_value());
  CHECK(room.problem->reason == reason::kRoomGone);
  CHECK(room.move == (by_brand ? Move::kBrandAdmin : Move::kProviderOperator));
  CHECK(world.Causes(reason::kRoomGone) == 1);
  CHECK(world.Made() == 1);

  const JobId teardown = world.Teardown();
  REQUIRE(world.RunToEnd(teardown));
  CHECK(world.GetJob(teardown).state == JobState::kSucceeded);
  world.loop.Advance(absl::Hours(24));
  CHECK(world.Causes(reason::kRoomGone) == 0);
  CHECK_FALSE(world.GetRoom(id).look_at.has_value());
}

TEST_CASE("a room whose mark was changed is left alone until it is put back", "[workflow][drift]") {
  Watched world;
  const JobId id = world.ReadyRoom();
  std::string& comment = world.platform.rooms.begin()->second.seen.comment;
  const std::string ours = std::exchange(comment, "mine now");
  world.Assets().erase(kHouseholds);

  world.loop.Advance(absl::Hours(8));

  CHECK(world.GetRoom(id).state == RoomState::kDegraded);
  CHECK(world.GetRoom(id).problem->reason == reason::kRoomNotOurs);
  CHECK(world.Repairs().empty());

  comment = ours;
  world.loop.Advance(absl::Minutes(30));
  CHECK(world.GetRoom(id).state == RoomState::kReady);
  CHECK(world.Assets().contains(kHouseholds));
}

TEST_CASE("a frozen room is looked at and not repaired", "[workflow][drift]") {
  Watched world;
  const JobId id = world.ReadyRoom();
  world.Apply(SetFreeze{.freeze = {.scope = kFreezeEverything, .reason = "an incident"}});
  world.Assets().erase(kHouseholds);
  const int adds = world.platform.calls("AddAsset");

  world.loop.Advance(absl::Hours(8));

  CHECK(world.platform.calls("AddAsset") == adds);
  CHECK(world.Repairs().empty());
  const CleanRoom room = world.GetRoom(id);
  CHECK(room.state == RoomState::kDegraded);
  CHECK(room.problem->reason == reason::kRoomDrifted);
  CHECK(room.move == Move::kProviderOperator);
  CHECK(absl::StrContains(room.problem->message, "frozen"));

  world.Apply(LiftFreeze{.scope = kFreezeEverything});
  world.loop.Advance(absl::Minutes(30));
  CHECK(world.GetRoom(id).state == RoomState::kReady);
  CHECK(world.Assets().contains(kHouseholds));
}

TEST_CASE("who changes a room again and again is an operator's to find", "[workflow][drift]") {
  Watched world(absl::Hours(1));
  const JobId id = world.ReadyRoom();
  for (int hour = 0; hour < 12; ++hour) {
    world.Assets().erase(kHouseholds);
    world.loop.Advance(absl::Hours(1.5));
  }

  CHECK(world.Repairs().size() == 3);
  const CleanRoom room = world.GetRoom(id);
  CHECK(room.state == RoomState::kDegraded);
  CHECK(room.problem->reason == reason::kRoomDoesNotSettle);
  CHECK(room.move == Move::kProviderOperator);

  world.loop.Advance(absl::Hours(25));  // the day is over
  CHECK(world.Repairs().size() == 4);
  CHECK(world.GetRoom(id).state == RoomState::kReady);
}

TEST_CASE("repairs can be turned off", "[workflow][drift]") {
  Watched world;
  world.Crash();
  world.options.repairs_per_day_max = 0;
  world.Boot();
  const JobId id = world.ReadyRoom();
  world.Assets().erase(kHouseholds);

  world.loop.Advance(absl::Hours(8));

  CHECK(world.Repairs().empty());
  CHECK(world.GetRoom(id).problem->reason == reason::kRoomDrifted);
  CHECK(world.GetRoom(id).move == Move::kProviderOperator);
}

TEST_CASE("a look that fails says nothing of the room", "[workflow][drift]") {
  const CallError error = GENERATE(CallError::kUnavailable, CallError::kUnauthenticated,
                                   CallError::kDenied, CallError::kRateLimited);
  Watched world;
  const JobId id = world.ReadyRoom();
  const CleanRoom before = world.GetRoom(id);
  world.platform.on_call = [&](int call, const std::string&) {
    world.platform.faults = {{.at_call = call, .error = error}};
  };
  const int calls = world.platform.calls();

  world.loop.Advance(absl::Hours(12));

  CHECK(world.platform.calls() > calls + 10);  // it is asked again sooner than the next cycle
  CleanRoom after = world.GetRoom(id);
  CHECK(after.look_at != before.look_at);
  after.look_at = before.look_at;
  CHECK(after == before);
}

TEST_CASE("looks go on over a restart where they were", "[workflow][drift]") {
  Watched world;
  for (int i = 0; i < 10; ++i) {
    world.ReadyRoom(absl::StrCat("room-", i));
  }
  const int before = world.platform.calls("ObserveRoom");
  world.loop.Advance(absl::Hours(4));
  CHECK(world.platform.calls("ObserveRoom") == before);
  world.Crash();
  world.loop.Advance(absl::Minutes(10));
  world.Boot();

  world.loop.Advance(absl::Hours(3.6));  // 7 h 46 min after the first was READY

  CHECK(world.platform.calls("ObserveRoom") == before + 10);
}

TEST_CASE("looks are slow, few at once, and no more than the cycle asks for", "[workflow][drift]") {
  Watched world;
  for (int i = 0; i < 60; ++i) {
    world.ReadyRoom(absl::StrCat("room-", i));
  }
  constexpr int kCallsOfALook =
      3;  // this platform counts a look at the room with its notebook as 1
  world.Crash();
  world.loop.Advance(absl::Hours(48));  // so that all are due at once
  int before = world.platform.calls();
  world.Boot();

  world.loop.Advance(absl::Minutes(1));
  CHECK(world.platform.calls() - before <= 31 * kCallsOfALook);
  CHECK(world.platform.calls() - before >= 20 * kCallsOfALook);
  world.loop.Advance(absl::Hours(1));
  CHECK(world.platform.calls() - before == 60 * kCallsOfALook);

  before = world.platform.calls();
  world.loop.Advance(absl::Hours(48));
  CHECK(world.platform.calls() - before <= 60 * 11 * kCallsOfALook);  // 4.5 h apart at least
  CHECK(world.platform.calls() - before >= 60 * 6 * kCallsOfALook);

  world.platform.silent = true;  // calls that hang
  before = world.platform.calls();
  world.loop.Advance(absl::Hours(24));
  CHECK(world.platform.calls() - before == 2);
}

TEST_CASE("a repair that cannot be made leaves the room where it is", "[workflow][drift]") {
  Watched world;
  const JobId id = world.ReadyRoom();
  world.Assets().erase(kHouseholds);
  world.platform.on_call = [&](int call, const std::string& name) {
    if (name == "AddAsset") {
      world.platform.faults = {{.at_call = call, .error = CallError::kInvalid}};
    }
  };

  world.loop.Advance(absl::Hours(8));

  REQUIRE_FALSE(world.Repairs().empty());
  const Job repair = world.Repairs().front();
  CHECK(repair.state == JobState::kFailed);
  CHECK(world.Violations(repair.id) == "");
  CHECK(world.Deleted() == 0);
  CHECK(world.platform.rooms.size() == 1);
  CHECK(world.GetRoom(id).state == RoomState::kDegraded);
  CHECK(world.GetRoom(id).problem->reason == reason::kRoomDoesNotSettle);  // it was tried thrice
}

TEST_CASE("a repair can be cancelled at any call, and the room stays", "[workflow][drift]") {
  for (int n = 0; n < 8; ++n) {
    CAPTURE(n);
    Watched world;
    const JobId id = world.ReadyRoom();
    world.Assets().erase(kHouseholds);
    REQUIRE(world.loop.RunUntil([&] { return !world.Repairs().empty(); }));
    const JobId repair = world.Repairs()[0].id;
    const int calls = world.platform.calls();
    REQUIRE(world.loop.RunUntil([&] {
      return world.platform.calls() == calls + n || IsFinal(world.GetJob(repair).state);
    }));

    world.Cancel(repair);
    REQUIRE(world.RunToEnd(repair));

    CHECK((world.GetJob(repair).state == JobState::kCancelled ||
           world.GetJob(repair).state == JobState::kSucceeded));
    CHECK(world.Deleted() == 0);
    CHECK(world.platform.rooms.size() == 1);
    world.loop.Advance(absl::Hours(1));
    CHECK(world.GetRoom(id).state == RoomState::kReady);  // the next look mends it
    CHECK(world.Assets().contains(kHouseholds));
  }
}

TEST_CASE("a crash or a lost commit at any point of a repair leaves the room whole",
          "[workflow][drift]") {
  const bool crash = GENERATE(true, false);
  int commits = 10;
  for (int n = 1; n <= commits; ++n) {
    CAPTURE(n, crash);
    Watched world;
    world.Crash();
    world.options.poll_interval = absl::Hours(24);  // its claims would be counted as commits
    world.Boot();
    const JobId id = world.ReadyRoom();
    world.Assets().erase(kHouseholds);
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

    world.loop.Advance(absl::Hours(9));

    CHECK(world.GetRoom(id).state == RoomState::kReady);
    CHECK(world.Repairs().size() == 1);
    CHECK(world.Violations(world.GetRoom(id).job) == "");
    CHECK(world.Deleted() == 0);
    CHECK(world.Made() == 1);
    commits = std::min(commits, world.flaky.commits - before);
  }
  CHECK(commits >= 4);
}

TEST_CASE("a room that expires while it is repaired is removed", "[workflow][drift]") {
  Watched world;
  world.room_ttl = absl::Hours(8);
  const JobId id = world.ReadyRoom();
  world.Assets().erase(kHouseholds);
  world.platform.preflight_problems = {};
  REQUIRE(world.loop.RunUntil([&] { return !world.Repairs().empty(); }));
  world.platform.silent = true;
  world.loop.Advance(absl::Hours(4));
  world.platform.AnswerAll();
  world.loop.Advance(absl::Hours(1));

  CHECK(world.platform.rooms.empty());
  CHECK(world.GetRoom(id).state == RoomState::kAwaitingBrandDelete);
}

}  // namespace
}  // namespace roomkeeper::testing
