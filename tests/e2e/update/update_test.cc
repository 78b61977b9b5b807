// A person takes a room to another package version and back, with the real roomctl, daemon and
// simulator; what the platform holds is read from the simulator.
#include <set>
#include <string>

#include "absl/strings/str_cat.h"

#include "tests/e2e/roomctl_shell.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

using nlohmann::json;
using Names = std::set<std::string>;

constexpr char kRoom[] = "brands/acme/installs/prod/cleanRooms/two-versions";
constexpr char kAtOnce[] = "provisioning: {mean: 0ms, spread: 0ms}\n";

// What is in the provider's one room; its comment names the version.
Names Inside(World& world, std::string& comment) {
  const json state = world.Control("POST", "/control", R"({"action":"state"})");
  const std::string metastore = world.workspace("provider")["global_metastore_id"];
  const json& rooms = state["metastores"][metastore]["rooms"];
  REQUIRE(rooms.size() == 1);
  Names names;
  comment = rooms[0]["comment"];
  for (const json& asset : rooms[0]["assets"]) {
    names.insert(asset["name"].get<std::string>());
  }
  return names;
}

TEST_CASE("roomctl rooms update: there and back, and what it would do before", "[e2e][roomctl]") {
  World world({.simulator = kAtOnce, .packages = "tests/e2e/update/packages"});
  (void)world.Enroll("acme");
  const RoomctlShell app = RoomctlShell(world).As("brands/acme/installs/prod");
  REQUIRE(app.Run({"rooms", "create", "--package", "two-versions", "--package-version", "1.0.0",
                   "--wait"})
              .exit_code == 0);
  const json before = app.Json({"rooms", "notebook", "two-versions"});
  std::string comment;
  const Names first = {"match", "provider.spine.household", "provider.spine.person"};
  CHECK(Inside(world, comment) == first);

  const std::string plan =
      app.Table({"rooms", "update", "two-versions", "--version", "2.0.0", "--plan"});
  for (const char* line : {"ADD_ASSET        provider.spine.identifier", "UPDATE_NOTEBOOK  match",
                           "ADD_NOTEBOOK     report", "REMOVE_ASSET     provider.spine.household",
                           "UPDATE_ROOM", "rooms added:       0"}) {
    CHECK_THAT(plan, Catch::Contains(line));
  }
  CHECK(Inside(world, comment) == first);
  CHECK(app.Run({"rooms", "update", "two-versions"}).exit_code == 2);
  CHECK_THAT(app.Run({"rooms", "update", "two-versions", "--version", "7.0.0"}).errors,
             Catch::Contains("it has 1.0.0, 2.0.0"));

  const CommandResult there =
      app.Run({"rooms", "update", "two-versions", "--version", "2.0.0", "--wait"});
  INFO(there.output << there.errors);
  REQUIRE(there.exit_code == 0);
  CHECK_THAT(there.output, Catch::Contains("previous version: 1.0.0"));
  CHECK(Inside(world, comment) ==
        Names{"match", "report", "provider.spine.identifier", "provider.spine.person"});
  CHECK_THAT(comment, Catch::Contains("Package two-versions 2.0.0 for acme"));
  const json after = app.Json({"rooms", "notebook", "two-versions"});
  CHECK(after["package_version"] == "2.0.0");
  CHECK(after["etag"] != before["etag"]);
  CHECK(after["clean_room_name"] == before["clean_room_name"]);

  const json back =
      app.Json({"rooms", "update", kRoom, "--version", "1.0.0", "--wait", "--request-id", "back"});
  CHECK(back["state"] == "JOB_STATE_SUCCEEDED");
  CHECK(Inside(world, comment) == first);
  CHECK_THAT(comment, Catch::Contains("Package two-versions 1.0.0 for acme"));
  CHECK(app.Json({"rooms", "notebook", "two-versions"})["content_digest"] ==
        before["content_digest"]);
}

}  // namespace
}  // namespace roomkeeper::testing
