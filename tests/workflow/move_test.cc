// A room goes from one version of its package to another, and back: by request, by cancel, because
// the platform says no.

#include <algorithm>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/model/reasons.h"
#include "tests/support/matchers.h"
#include "tests/workflow/world.h"

namespace roomkeeper::testing {
namespace {

constexpr char kHouseholds[] = "provider.spine.households";

// A READY room of version 1.0.0.
struct Moved : World {
  explicit Moved(EngineOptions with = {}) : World(std::move(with)) {
    made = Provision();
    REQUIRE(RunToEnd(made));
    REQUIRE(Room().state == RoomState::kReady);
  }
  CleanRoom Room() { return GetRoom(made); }
  std::string Version() { return Room().spec.package_version; }
  std::map<std::string, FakeProvider::Asset>& Assets() {
    return platform.rooms.begin()->second.assets;
  }
  int Writes() const {
    int writes = 0;
    for (const char* name : {"AddAsset", "UpdateAsset", "RemoveAsset", "AddNotebook",
                             "UpdateNotebook", "UpdateComment", "CreateRoom", "DeleteRoom"}) {
      writes += platform.calls(name);
    }
    return writes;
  }
  // READY with this version, exactly, in the room that was made first.
  void CheckReady(const char* version) {
    CHECK(Room().state == RoomState::kReady);
    CHECK(Version() == version);
    CHECK_FALSE(Room().leaving.has_value());
    CHECK_FALSE(Room().problem.has_value());
    CHECK(Room().notebooks.size() == Room().spec.notebooks.size());
    CHECK(Differences(made) == "");
    CHECK(platform.calls("CreateRoom") == 1);
    CHECK(platform.calls("DeleteRoom") == 0);
  }

  JobId made;
};

TEST_CASE("a room moves to another version and back, in place", "[workflow][move]") {
  Moved world;
  const std::string etag = world.Room().notebooks[0].etag;
  const absl::Time ready = world.loop.clock().Now();
  world.loop.Advance(absl::Hours(1));

  const JobId there = world.MoveTo(OtherPackage());
  CHECK(world.Room().state == RoomState::kConfiguring);
  REQUIRE(world.RunToEnd(there));

  CHECK(world.GetJob(there).state == JobState::kSucceeded);
  CHECK(world.GetJob(there).moves_from == "1.0.0");
  CHECK(world.Violations(there) == "");
  world.CheckReady("2.0.0");
  const std::string newer = world.Room().notebooks[0].etag;
  CHECK(newer != etag);
  CHECK(VersionAt(world.Room(), "match.py", etag, ready) == "1.0.0");
  CHECK(VersionAt(world.Room(), "match.py", newer, world.loop.clock().Now()) == "2.0.0");

  const JobId back = world.MoveTo(SamplePackage());
  REQUIRE(world.RunToEnd(back));
  CHECK(world.GetJob(back).state == JobState::kSucceeded);
  CHECK(world.Violations(back) == "");
  world.CheckReady("1.0.0");
  CHECK(VersionAt(world.Room(), "match.py", newer, world.loop.clock().Now()) == "2.0.0");
}

TEST_CASE("a notebook that is the same in both versions keeps its etag, which stands for both",
          "[workflow][move]") {
  Moved world;
  const std::string etag = world.Room().notebooks[0].etag;
  const absl::Time before = world.loop.clock().Now();
  PackageVersion package = OtherPackage();
  package.notebooks = SamplePackage().notebooks;

  world.loop.Advance(absl::Hours(1));
  REQUIRE(world.RunToEnd(world.MoveTo(package)));

  world.CheckReady("2.0.0");
  CHECK(world.Room().notebooks[0].etag == etag);
  CHECK(world.platform.calls("UpdateNotebook") == 0);
  CHECK(VersionAt(world.Room(), "match.py", etag, before) == "1.0.0");
  CHECK(VersionAt(world.Room(), "match.py", etag, world.loop.clock().Now()) == "2.0.0");
}

// What a version can change, one at a time: applied to SamplePackage.
struct Change {
  const char* name;
  void (*make)(PackageVersion& package);
};

PackageAsset Extra(AssetType type) {
  return {.type = type, .shared_name = "spine.extra", .local_name = "prod.identity.extra"};
}

const Change kChanges[] = {
    {"table added", [](PackageVersion& p) { p.assets.push_back(Extra(AssetType::kTable)); }},
    {"view added", [](PackageVersion& p) { p.assets.push_back(Extra(AssetType::kView)); }},
    {"volume added", [](PackageVersion& p) { p.assets.push_back(Extra(AssetType::kVolume)); }},
    {"foreign table added",
     [](PackageVersion& p) { p.assets.push_back(Extra(AssetType::kForeignTable)); }},
    {"table changed",
     [](PackageVersion& p) { p.assets[0].local_name = "prod.identity.households_2"; }},
    {"view changed", [](PackageVersion& p) { p.assets[1].local_name = "prod.identity.devices_2"; }},
    {"partitions changed",
     [](PackageVersion& p) {
       p.assets[0].partitions = {{{.name = "country", .op = "EQUAL", .value = "US"}}};
     }},
    {"type changed", [](PackageVersion& p) { p.assets[0].type = AssetType::kForeignTable; }},
    {"table removed", [](PackageVersion& p) { p.assets.erase(p.assets.begin()); }},
    {"view removed", [](PackageVersion& p) { p.assets.pop_back(); }},
    {"notebook added",
     [](PackageVersion& p) {
       p.notebooks.push_back(p.notebooks[0]);
       p.notebooks[1].name = "report.py";
     }},
    {"notebook changed",
     [](PackageVersion& p) { p.notebooks[0].content_digest = "sha256:changed"; }},
    {"notebook's description changed",
     [](PackageVersion& p) { p.notebooks[0].description = "Matches better"; }},
    {"notebook's environment changed",
     [](PackageVersion& p) { p.notebooks[0].environment_version = "3"; }},
    {"notebook renamed", [](PackageVersion& p) { p.notebooks[0].name = "match_2.py"; }},
    {"nothing changed but the number", [](PackageVersion&) {}},
};

TEST_CASE("each thing that a version can change is changed, and changed back", "[workflow][move]") {
  for (const Change& change : kChanges) {
    CAPTURE(change.name);
    Moved world;
    PackageVersion package = SamplePackage();
    package.version = "1.1.0";
    change.make(package);

    const JobId there = world.MoveTo(package);
    REQUIRE(world.RunToEnd(there));
    CHECK(world.GetJob(there).state == JobState::kSucceeded);
    world.CheckReady("1.1.0");

    const JobId back = world.MoveTo(SamplePackage());
    REQUIRE(world.RunToEnd(back));
    CHECK(world.GetJob(back).state == JobState::kSucceeded);
    world.CheckReady("1.0.0");
  }
}

TEST_CASE("what others put into the room stays, whatever its version", "[workflow][move]") {
  Moved world;
  FakeProvider::Asset theirs;
  theirs.seen.name = "acme_brand.crm.customers";
  theirs.seen.asset_type = "TABLE";
  theirs.seen.status = "ACTIVE";
  world.Assets()[theirs.seen.name] = theirs;

  REQUIRE(world.RunToEnd(world.MoveTo(OtherPackage())));
  CHECK(world.Version() == "2.0.0");
  CHECK(world.Assets().contains(theirs.seen.name));
  REQUIRE(world.RunToEnd(world.MoveTo(SamplePackage())));
  CHECK(world.Version() == "1.0.0");
  CHECK(world.Assets().contains(theirs.seen.name));
}

TEST_CASE("cancelled at any call, the room is READY with the version it had", "[workflow][move]") {
  for (int n = 0;; ++n) {
    CAPTURE(n);
    Moved world;
    const JobId id = world.MoveTo(OtherPackage());
    const int first = world.platform.calls();
    bool cancelled = n == 0;
    if (cancelled) {
      world.Cancel(id);
    }
    world.platform.on_call = [&](int call, const std::string&) {
      if (call == first + n && !cancelled) {
        cancelled = true;
        world.Cancel(id);
      }
    };
    REQUIRE(world.RunToEnd(id));
    CHECK(world.Violations(id) == "");
    if (!cancelled) {
      CHECK(n > 8);  // so many calls it takes at least
      break;
    }
    CHECK(world.GetJob(id).state == JobState::kCancelled);
    world.CheckReady("1.0.0");
  }
}

TEST_CASE("refused by the platform at any call, it goes back and says why", "[workflow][move]") {
  int refused = 0;
  for (int n = 1;; ++n) {
    CAPTURE(n);
    Moved world;
    const JobId id = world.MoveTo(OtherPackage());
    world.platform.faults = {{.at_call = world.platform.calls() + n, .error = CallError::kInvalid}};
    REQUIRE(world.RunToEnd(id));
    CHECK(world.Violations(id) == "");
    if (world.platform.faults_fired() == 0) {
      break;
    }
    ++refused;
    const Job job = world.GetJob(id);
    CHECK(job.state == JobState::kFailed);
    REQUIRE(job.problem.has_value());
    CHECK(job.problem->reason == reason::kPlatformRefusedRequest);
    CHECK(absl::StrContains(world.Events(id).back().message, "READY with version 1.0.0"));
    world.CheckReady("1.0.0");
  }
  CHECK(refused > 8);
}

TEST_CASE("a write that lands long after it was given up does not spoil the way back",
          "[workflow][move]") {
  for (int n = 1;; ++n) {
    CAPTURE(n);
    Moved world;
    const JobId id = world.MoveTo(OtherPackage());
    const int at = world.platform.calls() + n;
    world.platform.faults = {{.at_call = at,
                              .error = CallError::kUnknownOutcome,
                              .effect = FakeProvider::Effect::kLate}};
    world.platform.on_call = [&](int call, const std::string&) {
      if (call == at) {
        world.Cancel(id);
      }
    };
    REQUIRE(world.RunToEnd(id));
    if (world.platform.faults_fired() == 0) {
      break;
    }
    world.loop.Advance(absl::Minutes(5));
    CHECK(world.GetJob(id).state == JobState::kCancelled);
    CHECK(world.Violations(id) == "");
    world.CheckReady("1.0.0");
  }
}

TEST_CASE("what preflight finds ends a move before anything is written", "[workflow][move]") {
  Moved world;
  const int writes = world.Writes();
  world.platform.preflight_problems = {{.reason = reason::kAssetNotFound,
                                        .message = "no such table",
                                        .move = Move::kProviderOperator,
                                        .retryable = true}};
  const JobId id = world.MoveTo(OtherPackage());
  REQUIRE(world.RunToEnd(id));
  CHECK(world.GetJob(id).state == JobState::kFailed);
  CHECK(world.GetJob(id).problem->reason == reason::kAssetNotFound);
  CHECK(world.Writes() == writes);
  world.CheckReady("1.0.0");
}

TEST_CASE("a full metastore does not keep a room from moving", "[workflow][move]") {
  Moved world;
  world.platform.preflight_problems = {
      {.reason = reason::kRoomLimitReached, .message = "full", .retryable = true}};
  REQUIRE(world.RunToEnd(world.MoveTo(OtherPackage())));
  world.CheckReady("2.0.0");
}

// Every write from the n-th call on is refused for want of a privilege.
void DenyWrites(Moved& world, int from) {
  for (int n = from; n < from + 2000; ++n) {
    world.platform.faults.push_back({.at_call = n, .error = CallError::kDenied});
  }
}

TEST_CASE("what can be neither done nor undone is told, and mended once it can be",
          "[workflow][move]") {
  EngineOptions options;
  options.limits.look_interval = absl::Hours(6);
  Moved world(options);
  const JobId id = world.MoveTo(OtherPackage());
  REQUIRE(world.loop.RunUntil([&] { return world.platform.calls("RemoveAsset") > 0; }));
  DenyWrites(world, world.platform.calls() + 2);
  REQUIRE(world.RunToEnd(id));

  CHECK(world.GetJob(id).state == JobState::kFailed);
  const CleanRoom left = world.Room();
  CHECK(left.state == RoomState::kDegraded);
  CHECK(left.move == Move::kProviderOperator);
  CHECK(left.spec.package_version == "1.0.0");
  REQUIRE(left.leaving.has_value());
  CHECK(left.leaving->package_version == "2.0.0");
  CHECK(left.notebooks.empty());  // of none it is known which version the platform shows
  CHECK(absl::StrContains(left.problem->message, "parts of version 2.0.0 beside version 1.0.0"));
  CHECK(world.Violations(id) == "");
  CHECK(world.Differences(id) != "");

  world.platform.faults.clear();
  world.loop.Advance(absl::Hours(2));
  world.CheckReady("1.0.0");
}

TEST_CASE("a room that is gone in the middle of a move is told, and not made again",
          "[workflow][move]") {
  Moved world;
  const JobId id = world.MoveTo(OtherPackage());
  REQUIRE(world.loop.RunUntil([&] { return world.platform.calls("RemoveAsset") > 0; }));
  world.platform.rooms.clear();
  REQUIRE(world.RunToEnd(id));
  CHECK(world.GetJob(id).problem->reason == reason::kRoomGone);
  CHECK(world.Room().state == RoomState::kDegraded);
  CHECK(world.Version() == "1.0.0");
  CHECK(world.platform.calls("CreateRoom") == 1);
}

TEST_CASE("a freeze holds a move where it is, and it goes on when thawed", "[workflow][move]") {
  Moved world;
  const auto apply = [&](WriteOp op) {
    CommitNotice notice;
    REQUIRE(world.memory.Apply({std::move(op)}, notice).front().ok());
    world.engine->OnCommit(notice);
  };
  const JobId id = world.MoveTo(OtherPackage());
  REQUIRE(world.loop.RunUntil([&] { return world.platform.calls("AddAsset") > 2; }));
  const int writes = world.Writes();
  apply(SetFreeze{.freeze = {.scope = "everything", .reason = "audit", .by = "me"}});
  world.loop.Advance(absl::Hours(5));
  CHECK(world.Writes() <= writes + 1);
  CHECK(world.Room().state == RoomState::kConfiguring);

  apply(LiftFreeze{.scope = "everything"});
  REQUIRE(world.RunToEnd(id));
  world.CheckReady("2.0.0");
}

TEST_CASE("a degraded room moves, and is READY if the new version is whole", "[workflow][move]") {
  EngineOptions options;
  options.limits.look_interval = absl::Hours(6);
  Moved world(options);
  world.Assets().at("provider.spine.devices").seen.status = "PERMISSION_DENIED";
  world.loop.Advance(absl::Hours(8));
  REQUIRE(world.Room().state == RoomState::kDegraded);

  REQUIRE(world.RunToEnd(world.MoveTo(OtherPackage())));  // which has no devices
  world.CheckReady("2.0.0");
}

TEST_CASE("an asset that stays PERMISSION_DENIED takes the room back", "[workflow][move]") {
  Moved world;
  world.platform.on_call = [&](int, const std::string&) {
    if (const auto regions = world.Assets().find("provider.spine.regions");
        regions != world.Assets().end()) {
      regions->second.seen.status = "PERMISSION_DENIED";
    }
  };
  const JobId id = world.MoveTo(OtherPackage());
  REQUIRE(world.RunToEnd(id));
  CHECK(world.GetJob(id).problem->reason == reason::kAssetPermissionDenied);
  world.CheckReady("1.0.0");
  CHECK(world.Assets().contains(kHouseholds));
}

}  // namespace
}  // namespace roomkeeper::testing
