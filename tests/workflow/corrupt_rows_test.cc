// Rooms whose stored row cannot be read any more: they wait for an operator, the others do not.

#include "lib/obs/metric_table.h"
#include "lib/store/sqlite/sqlite_db.h"
#include "tests/support/matchers.h"
#include "tests/unit/store/store_file.h"
#include "tests/workflow/world.h"

namespace roomkeeper::testing {
namespace {

EngineOptions LooksEach(absl::Duration interval) {
  EngineOptions options;
  options.limits.look_interval = interval;
  return options;
}

// Over a real file, which can be spoilt behind the engine's back.
struct OnDisk : StoreFile {
  explicit OnDisk(EngineOptions options) {
    REQUIRE_OK(Open());
    world.emplace(std::move(options), engine.get());
  }
  void Execute(const char* sql) {
    auto db = SqliteDb::Open(path(), SqliteDb::Mode::kReadWrite);
    REQUIRE_OK(db);
    REQUIRE_OK((*db)->Execute(sql));
  }
  JobId ReadyRoom(const std::string& id) {
    const JobId job = world->Provision(id);
    REQUIRE(world->RunToEnd(job));
    return job;
  }

  std::optional<World> world;
};

TEST_CASE("a room whose row is corrupt stops neither expiry nor looks, and pages someone once",
          "[workflow]") {
  OnDisk disk(LooksEach(absl::Minutes(20)));
  World& world = *disk.world;
  world.room_ttl = absl::Hours(2);
  (void)disk.ReadyRoom("broken");  // first: it is due before the other
  const JobId sound = disk.ReadyRoom("sound");
  const std::string name = world.GetRoom(sound).spec.room_name;
  std::vector<std::string> paged;
  world.log.on_line = [&](LogLevel level, const std::string& message,
                          const ShownLog::Fields& fields) {
    if (level == LogLevel::kError) {
      paged.push_back(absl::StrCat(message, " ", fields.at("clean_room"), " ", fields.at("scan")));
    }
  };
  disk.Execute("UPDATE room SET labels = 'x' WHERE id = 'broken'");
  world.platform.rooms.at(name).assets.erase("match.py");

  world.loop.Advance(absl::Hours(1));

  CHECK(world.platform.rooms.at(name).assets.contains("match.py"));

  world.loop.Advance(absl::Hours(2));

  CHECK(world.GetRoom(sound).state == RoomState::kAwaitingBrandDelete);
  CHECK(world.platform.rooms.size() == 1);  // the broken one: nobody knows what it is
  const std::string broken = "clean room is corrupt brands/acme/installs/prod/cleanRooms/broken";
  CHECK(paged == std::vector<std::string>{broken + " drift", broken + " expiry"});
  CHECK(world.metrics.Value(metric::kBugs, {"corrupt_row"}) == 2);
}

TEST_CASE("a corrupt row among drifted rooms hides no cause", "[workflow][drift]") {
  OnDisk disk(LooksEach(absl::Minutes(20)));
  World& world = *disk.world;
  (void)disk.ReadyRoom("broken");
  const JobId sound = disk.ReadyRoom("sound");
  for (auto& [name, room] : world.platform.rooms) {
    room.assets.at("provider.spine.households").seen.status = "PERMISSION_DENIED";
  }
  world.loop.Advance(absl::Hours(1));
  REQUIRE(world.GetRoom(sound).state == RoomState::kDegraded);
  const auto causes = [&] {
    return world.metrics.Value(metric::kDriftCauses, {"shard-1", "ASSET_PERMISSION_DENIED"});
  };
  REQUIRE(causes() == 1);
  disk.Execute("UPDATE room SET labels = 'x' WHERE id = 'broken'");

  world.loop.Advance(absl::Hours(1));
  CHECK(causes() == 1);
  world.platform.rooms.at(world.GetRoom(sound).spec.room_name)
      .assets.at("provider.spine.households")
      .seen.status = "ACTIVE";
  world.loop.Advance(absl::Hours(1));

  CHECK(world.GetRoom(sound).state == RoomState::kReady);
  CHECK(causes() == 0);
}

}  // namespace
}  // namespace roomkeeper::testing
