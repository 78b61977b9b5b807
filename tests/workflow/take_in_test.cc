// Rooms that are on the platform and get a record: by AdoptCleanRoom, or when a store is rebuilt.
// Brands use them, so nothing that happens to the job may cost one.

#include <algorithm>
#include <map>
#include <string>

#include "lib/model/reasons.h"
#include "tests/support/matchers.h"
#include "tests/workflow/world.h"

namespace roomkeeper::testing {
namespace {

using Effect = FakeProvider::Effect;

// What a server whose store is lost left on the platform.
std::map<std::string, FakeProvider::Room> RoomsOfALostStore() {
  World lost;
  REQUIRE(lost.RunToEnd(lost.Provision()));
  auto rooms = lost.platform.rooms;
  for (auto& [name, room] : rooms) {
    room.active_at = absl::InfinitePast();
    for (auto& [key, asset] : room.assets) {
      asset.active_at = absl::InfinitePast();
    }
  }
  return rooms;
}

// A room of ours that no record claims, and a server that looks for drift.
struct Found : World {
  // `whole`: it was READY when the record was lost; else its assets were not there yet.
  explicit Found(bool whole = true) {
    Crash();
    options.limits.look_interval = absl::Hours(6);
    options.poll_interval = absl::Hours(24);  // its claims would be counted as commits
    Boot();
    platform.rooms = RoomsOfALostStore();
    if (!whole) {
      Room().assets.clear();
    }
  }

  FakeProvider::Room& Room() { return platform.rooms.begin()->second; }
  // The room is where it was, whatever became of the job.
  std::string Harm(const JobId& id) {
    std::string harm = Violations(id);
    if (platform.rooms.size() != 1 || platform.calls("DeleteRoom") > 0 ||
        platform.calls("CreateRoom") > 0) {
      harm += "; the room was removed or made again";
    }
    return harm;
  }
};

TEST_CASE("a room that is whole is READY without a write", "[workflow][take_in]") {
  Found world;

  const JobId id = world.TakeIn();
  REQUIRE(world.RunToEnd(id));

  CHECK(world.GetJob(id).state == JobState::kSucceeded);
  CHECK(world.GetRoom(id).state == RoomState::kReady);
  CHECK(world.GetRoom(id).ready_at.has_value());
  CHECK(world.GetRoom(id).notebooks.size() == 1);
  CHECK(world.GetRoom(id).central_clean_room_id == world.Room().seen.central_clean_room_id);
  for (const char* write : {"AddAsset", "UpdateAsset", "AddNotebook", "UpdateNotebook"}) {
    CAPTURE(write);
    CHECK(world.platform.calls(write) == 0);
  }
  CHECK(world.Harm(id) == "");
}

TEST_CASE("what a room that is taken in lacks is added once, whatever is lost on the way",
          "[workflow][take_in]") {
  for (const bool crash : {false, true}) {
    int commits = 10;
    for (int n = 1; n <= commits; ++n) {
      CAPTURE(crash, n);
      Found world(/*whole=*/false);
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

      const JobId id = world.TakeIn();
      REQUIRE(world.RunToEnd(id));

      CHECK(world.GetRoom(id).state == RoomState::kReady);
      CHECK(world.platform.effects("AddAsset") == 2);
      CHECK(world.Harm(id) == "");
      commits = std::min(commits, world.flaky.commits - before);
    }
    CHECK(commits >= 3);
  }
}

TEST_CASE("cancelled at any call, the room stays and the next look sees it whole",
          "[workflow][take_in]") {
  const bool whole = GENERATE(true, false);
  for (int n = 0; n < 6; ++n) {
    CAPTURE(whole, n);
    Found world(whole);
    const JobId id = world.TakeIn();
    REQUIRE(world.loop.RunUntil(
        [&] { return world.platform.calls() == n || IsFinal(world.GetJob(id).state); }));

    world.Cancel(id);
    REQUIRE(world.RunToEnd(id));

    const CleanRoom room = world.GetRoom(id);
    if (world.GetJob(id).state == JobState::kCancelled) {
      CHECK(room.state == RoomState::kDegraded);
      CHECK(room.problem->reason == reason::kRoomNotChecked);
    } else {
      CHECK(world.GetJob(id).state == JobState::kSucceeded);
    }
    world.loop.Advance(absl::Hours(1));
    CHECK(world.GetRoom(id).state == RoomState::kReady);
    CHECK(world.GetRoom(id).notebooks.size() == 1);
    CHECK(world.Harm(id) == "");
  }
}

TEST_CASE("cancelled before it began, the job ends and the record stays", "[workflow][take_in]") {
  Found world;
  world.Crash();
  const JobId id = world.TakeIn();
  world.Cancel(id);
  world.Boot();
  REQUIRE(world.RunToEnd(id));

  CHECK(world.GetJob(id).state == JobState::kCancelled);
  CHECK(world.GetRoom(id).problem->reason == reason::kRoomNotChecked);
  CHECK(world.Harm(id) == "");
}

TEST_CASE("refused for good at any call, the room stays, and a retry goes on from there",
          "[workflow][take_in]") {
  for (const CallError error : {CallError::kInvalid, CallError::kNotFound, CallError::kDenied}) {
    for (int n = 1; n < 6; ++n) {
      CAPTURE(static_cast<int>(error), n);
      Found world(/*whole=*/false);
      world.platform.faults = {{.at_call = n, .error = error}};

      const JobId id = world.TakeIn();
      REQUIRE(world.RunToEnd(id));

      CHECK(world.Harm(id) == "");
      if (world.GetJob(id).state == JobState::kSucceeded) {
        continue;
      }
      CHECK(world.GetJob(id).state == JobState::kFailed);
      CHECK(world.GetRoom(id).state == RoomState::kDegraded);
      const JobId again = world.Retry(id);
      REQUIRE(world.RunToEnd(again));
      CHECK(world.GetJob(again).state == JobState::kSucceeded);
      CHECK(world.GetRoom(id).state == RoomState::kReady);
      CHECK(world.Harm(again) == "");
    }
  }
}

TEST_CASE("a room that is still being made is waited for", "[workflow][take_in]") {
  Found world(/*whole=*/false);
  world.Room().active_at = world.loop.clock().Now() + absl::Minutes(5);

  const JobId id = world.TakeIn();
  world.loop.Advance(absl::Minutes(1));
  CHECK(world.GetRoom(id).state == RoomState::kConfiguring);
  REQUIRE(world.RunToEnd(id));

  CHECK(world.GetRoom(id).state == RoomState::kReady);
  CHECK(world.Harm(id) == "");
}

TEST_CASE("a room that ends as FAILED, or goes while it is taken in, is told and not made again",
          "[workflow][take_in]") {
  const bool goes = GENERATE(true, false);
  CAPTURE(goes);
  Found world(/*whole=*/false);
  world.Room().active_at = world.loop.clock().Now() + absl::Minutes(5);
  world.Room().fails = !goes;
  const JobId id = world.TakeIn();
  world.loop.Advance(absl::Minutes(1));
  if (goes) {
    world.platform.rooms.clear();  // by hand
  }
  REQUIRE(world.RunToEnd(id));

  const CleanRoom room = world.GetRoom(id);
  CHECK(world.GetJob(id).state == JobState::kFailed);
  CHECK(room.state == RoomState::kDegraded);
  CHECK(room.problem->reason == (goes ? reason::kRoomGone : reason::kRoomProvisioningFailed));
  CHECK(world.platform.calls("DeleteRoom") == 0);
  CHECK(world.platform.calls("CreateRoom") == 0);
}

TEST_CASE("a room that is not provably ours any more is told and left alone",
          "[workflow][take_in]") {
  Found world;
  const JobId id = world.TakeIn();
  world.Room().seen.comment = "mine";
  world.Room().foreign = true;
  REQUIRE(world.RunToEnd(id));

  CHECK(world.GetJob(id).state == JobState::kFailed);
  CHECK(world.GetRoom(id).problem->reason == reason::kRoomNotOurs);
  CHECK(world.Harm(id) == "");
}

}  // namespace
}  // namespace roomkeeper::testing
