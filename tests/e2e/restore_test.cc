#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "tests/e2e/world.h"
#include "tests/support/matchers.h"

// Backup, loss and restore of the store with the real programs.

namespace roomkeeper::testing {
namespace {

CommandResult RunStore(const World& world, std::vector<std::string> arguments) {
  std::vector<std::string> argv = {absl::StrCat(RK_BIN_DIR, "/roomkeeperd"), "store"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  argv.insert(argv.end(), {"--config", absl::StrCat(world.folder(), "/roomkeeperd.yaml")});
  const auto result = RunCommand({.argv = argv});
  REQUIRE_OK(result);
  return *result;
}

v1::Job MakeRoom(World& world, const std::string& key, const std::string& id) {
  const auto stub = v1::CleanRoomService::NewStub(world.channel());
  v1::CreateCleanRoomRequest request;
  request.set_clean_room_id(id);
  request.mutable_clean_room()->set_package("packages/identity-match");
  v1::Job job;
  const auto status = stub->CreateCleanRoom(world.Call(key).get(), request, &job);
  INFO(status.error_message());
  REQUIRE(status.ok());
  return world.Wait(key, job.name());
}

TEST_CASE("a store that was destroyed is restored, and what came after the backup is adopted",
          "[e2e]") {
  World world({});
  const std::string key = world.Enroll("acme");
  const std::string store = absl::StrCat(world.folder(), "/roomkeeper.db");
  const std::string backup = absl::StrCat(world.folder(), "/backup.db");
  const v1::Job before = MakeRoom(world, key, "before");
  REQUIRE(before.state() == v1::JOB_STATE_SUCCEEDED);

  const CommandResult taken = RunStore(world, {"backup", backup});
  CHECK(taken.exit_code == 0);
  CHECK_THAT(taken.output, Catch::Contains("provenance key"));
  REQUIRE(MakeRoom(world, key, "after").state() == v1::JOB_STATE_SUCCEEDED);
  const CommandResult refused = RunStore(world, {"restore", backup});
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.errors, Catch::Contains("in use by another process"));
  CHECK_THAT(RunStore(world, {"migrate"}).errors, Catch::Contains("in use by another process"));

  world.KillDaemon();
  std::ofstream(store) << std::string(100'000, 'x');
  const CommandResult restored = RunStore(world, {"restore", backup});
  INFO(restored.errors);
  REQUIRE(restored.exit_code == 0);
  CHECK_THAT(RunStore(world, {"migrate"}).output, Catch::Contains("already"));
  world.StartDaemon();

  CHECK(world.Wait(key, before.name()).state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(MakeRoom(world, key, "after").state() == v1::JOB_STATE_SUCCEEDED);
  const nlohmann::json requests = world.Control("GET", "/requests");
  int created = 0;
  for (const auto& request : requests["requests"]) {
    created += request["route"] == "POST /api/2.0/clean-rooms" && request["status"] == 200 ? 1 : 0;
  }
  CHECK(created == 2);
}

}  // namespace
}  // namespace roomkeeper::testing
