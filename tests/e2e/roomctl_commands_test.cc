// Every command of the real roomctl against the real servers, in both forms of output.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "tests/e2e/roomctl_shell.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

using nlohmann::json;

constexpr char kInstall[] = "brands/acme/installs/prod";
constexpr char kRoom[] = "brands/acme/installs/prod/cleanRooms/identity-match";
constexpr char kAtOnce[] = "provisioning: {mean: 0ms, spread: 0ms}\n";

std::vector<std::string> Lines(const std::string& text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

TEST_CASE("roomctl brands and keys: an operator makes a brand known and gives its app a key",
          "[e2e][roomctl]") {
  World world({});
  const RoomctlShell op(world);

  CHECK_THAT(op.Table({"brands", "create", "acme", "--display-name", "Acme Inc", "--alias", "acme",
                       "--label", "tier=gold"}),
             Catch::Contains("brand:         brands/acme\n") &&
                 Catch::Contains("display name:  Acme Inc\n"));
  CHECK(op.Json({"brands", "create", "globex"})["collaborator_alias"] == "globex");
  const json& workspace = world.workspace("brands");
  const std::string metastore = workspace["global_metastore_id"];
  const std::vector<std::string> enroll = {"brands",
                                           "enroll",
                                           "acme",
                                           "--install-id",
                                           "prod",
                                           "--metastore",
                                           metastore,
                                           "--workspace-id",
                                           workspace["workspace_id"].dump(),
                                           "--email",
                                           "data@acme.example"};
  CHECK_THAT(op.Table(enroll), Catch::Contains(absl::StrCat("install:   ", kInstall, "\n")));
  const json acme = op.Json({"brands", "get", "acme"});
  CHECK(acme["labels"]["tier"] == "gold");
  CHECK(acme["installs"][0]["invite_recipient_email"] == "data@acme.example");
  CHECK_THAT(op.Table({"brands", "get", "brands/acme"}), Catch::Contains(metastore));
  const auto brands = Lines(op.Table({"brands", "list"}));
  REQUIRE(brands.size() == 3);
  CHECK_THAT(brands[0], Catch::StartsWith("BRAND ") && Catch::Contains("DISPLAY NAME"));
  CHECK_THAT(brands[1], Catch::StartsWith("brands/acme ") && Catch::Contains("Acme Inc"));
  CHECK(op.Json({"brands", "list"})["brands"].size() == 2);
  CHECK_THAT(op.Table({"brands", "export"}),
             Catch::StartsWith("brands:\n  - id: 'acme'\n") && Catch::Contains("'tier': 'gold'") &&
                 Catch::Contains(absl::StrCat("global_metastore_id: '", metastore, "'\n")) &&
                 Catch::Contains("  - id: 'globex'\n"));
  CHECK(op.Json({"brands", "export"})["brands"][0]["installs"] == acme["installs"]);

  const json key = op.Json({"keys", "create", "--for", kInstall, "--expires-in", "1h"});
  CHECK_THAT(key["key"].get<std::string>(), Catch::StartsWith("rk_"));
  CHECK(key["expire_time"].is_string());
  CHECK_THAT(op.Table({"keys", "revoke", key["name"]}), Catch::Contains("revoked:"));
  CHECK(op.Json({"keys", "revoke", key["name"]})["revoke_time"].is_string());

  const RoomctlShell app = op.As(kInstall);
  CHECK_THAT(app.Table({"version"}), Catch::Contains("you are:       brands/acme/installs/prod\n"));
  CHECK(app.Json({"version"})["caller"]["role"] == "ROLE_BRAND");
}

TEST_CASE("roomctl packages and doctor: what can be provisioned, and whether the shards allow it",
          "[e2e][roomctl]") {
  World world({});
  const RoomctlShell op(world);
  const std::string folder = absl::StrCat(RK_SOURCE_DIR, "/deploy/packages/identity-match");

  const auto packages = Lines(op.Table({"packages", "list"}));
  REQUIRE(packages.size() == 2);
  CHECK_THAT(packages[1], Catch::StartsWith("packages/identity-match  1.0.0 "));
  CHECK(op.Json({"packages", "list"})["packages"][0]["latest_version"] == "1.0.0");
  CHECK_THAT(op.Table({"packages", "lint", folder}), Catch::StartsWith("ok       identity-match"));
  CHECK(op.Json({"packages", "lint", folder})["packages"][0]["findings"].empty());
  CHECK(op.Run({"packages", "lint", world.folder()}).exit_code == 1);

  CHECK_THAT(op.Table({"doctor"}), Catch::Contains("ok  main   sharing scope"));
  CHECK(op.Json({"doctor", "--shard", "main"})["checks"][0]["ok"] == true);
  (void)world.Control("POST", "/control",
                      R"({"action":"set_metastore","workspace":"provider",)"
                      R"("delta_sharing_scope":"INTERNAL"})");
  const CommandResult ill = op.Run({"doctor"});
  CHECK(ill.exit_code == 1);
  CHECK_THAT(ill.output, Catch::Contains("!!  main   sharing scope") && Catch::Contains("to do"));
}

TEST_CASE("roomctl rooms, runs and jobs: a room from its plan to its end", "[e2e][roomctl]") {
  World world({.simulator = kAtOnce});
  (void)world.Enroll("acme");
  const RoomctlShell app = RoomctlShell(world).As(kInstall);

  CHECK_THAT(app.Table({"rooms", "plan", "--package", "identity-match"}),
             Catch::Contains("CREATE_ROOM") && Catch::Contains("rooms added:       1"));
  const std::vector<std::string> create = {"rooms",          "create",       "--package",
                                           "identity-match", "--request-id", "click-1"};
  auto dry = create;
  dry.emplace_back("--validate-only");
  CHECK(app.Table(dry) == "valid; nothing was changed\n");
  CHECK(app.Json(dry)["name"] == "");
  auto wait = create;
  wait.emplace_back("--wait");
  const CommandResult made = app.Run(wait);
  INFO(made.output << made.errors);
  REQUIRE(made.exit_code == 0);
  CHECK_THAT(made.errors, Catch::Contains("AWAIT_ACTIVE") && Catch::Contains("job.succeeded"));
  CHECK_THAT(made.output, Catch::Contains("state:      SUCCEEDED") &&
                              Catch::Contains("\nREADY. The brand's app runs:\n") &&
                              Catch::Contains("runner alias:    acme\n"));
  const json job = app.Json(wait);  // the same click: the same job
  CHECK(job["state"] == "JOB_STATE_SUCCEEDED");
  CHECK_THAT(app.Table({"rooms", "plan", "--package", "identity-match"}),
             Catch::StartsWith("nothing to do\n"));

  CHECK_THAT(app.Table({"rooms", "get", "identity-match"}),
             Catch::Contains("state:         READY"));
  CHECK(app.Json({"rooms", "get", kRoom})["job"] == job["name"]);
  CHECK_THAT(app.Table({"rooms", "list", "--state", "READY"}), Catch::Contains(kRoom));
  CHECK(app.Json({"rooms", "list", "--label", "no=such"})["clean_rooms"].empty());
  CHECK_THAT(app.Table({"rooms", "explain", "identity-match"}), Catch::Contains("is READY since"));
  CHECK(app.Json({"rooms", "explain", "identity-match"})["state"] == "CLEAN_ROOM_STATE_READY");
  CHECK_THAT(app.Table({"rooms", "notebook", "identity-match", "--refresh"}),
             Catch::Contains("notebook name:   identity_match\n"));
  CHECK(app.Json({"rooms", "notebook", "identity-match"})["runner_collaborator_alias"] == "acme");
  CHECK_THAT(app.Table({"runs", "list", "identity-match"}), Catch::StartsWith("NOTEBOOK "));
  CHECK(app.Json({"runs", "list", "identity-match"})["task_runs"].empty());

  CHECK_THAT(app.Table({"jobs", "get", job["name"]}), Catch::Contains("VERIFY            DONE"));
  CHECK(app.Json({"jobs", "get", job["name"]})["steps"].size() == 6);
  CHECK_THAT(app.Table({"jobs", "list"}), Catch::Contains(job["name"].get<std::string>()));
  CHECK(app.Json({"jobs", "list", "--state", "FAILED"})["jobs"].empty());
  CHECK(app.Run({"jobs", "wait", job["name"]}).exit_code == 0);
  const auto events =
      Lines(app.Table({"jobs", "watch", job["name"], "--after", "2", "-o", "json"}));
  REQUIRE(events.size() > 3);
  CHECK(json::parse(events.front())["sequence"] == "3");
  CHECK(json::parse(events.back())["type"] == "job.succeeded");

  CHECK(app.Json({"rooms", "delete", "identity-match", "--wait"})["kind"] == "JOB_KIND_TEARDOWN");
  CHECK_THAT(app.Table({"rooms", "confirm-removed", "identity-match"}),
             Catch::Contains("state:         DELETED"));
  CHECK_THAT(app.Table({"rooms", "list", "--show-deleted"}), Catch::Contains("DELETED"));
}

TEST_CASE("roomctl rooms undelete: a removal with a grace period is taken back", "[e2e][roomctl]") {
  World world({.simulator = kAtOnce, .daemon = "rooms: {delete_grace: 1h}\n"});
  (void)world.Enroll("acme");
  const RoomctlShell app = RoomctlShell(world).As(kInstall);
  (void)app.Json({"rooms", "create", "--package", "identity-match", "--wait"});

  const json job = app.Json({"rooms", "delete", "identity-match"});
  CHECK(job["state"] == "JOB_STATE_QUEUED");
  CHECK_THAT(app.Table({"rooms", "get", "identity-match"}), Catch::Contains("removed from:"));
  CHECK_THAT(app.Table({"rooms", "undelete", "identity-match"}), !Catch::Contains("removed from:"));
  CHECK(app.Json({"jobs", "get", job["name"]})["state"] == "JOB_STATE_CANCELLED");
  CHECK(app.Json({"rooms", "undelete", "identity-match"})["state"] == "CLEAN_ROOM_STATE_READY");
  CHECK(app.Json({"rooms", "delete", "identity-match", "--grace", "0s", "--wait"})["state"] ==
        "JOB_STATE_SUCCEEDED");
}

TEST_CASE("roomctl jobs cancel and retry: what was given up is removed, and asked for anew",
          "[e2e][roomctl]") {
  World world({.simulator = kAtOnce});
  (void)world.Control("POST", "/knobs", R"({"provisioning_outcome":"stuck"})");
  (void)world.Enroll("acme");
  const RoomctlShell app = RoomctlShell(world).As(kInstall);
  const std::string job = app.Json({"rooms", "create", "--package", "identity-match"})["name"];

  const json cancelled = app.Json({"jobs", "cancel", job, "--wait"}, 1);
  CHECK(cancelled["state"] == "JOB_STATE_CANCELLED");
  CHECK_THAT(app.Table({"jobs", "list", "--state", "CANCELLED"}), Catch::Contains(job));
  (void)world.Control("POST", "/knobs", R"({"provisioning_outcome":"active"})");

  const json retried = app.Json({"jobs", "retry", job, "--wait"});
  CHECK(retried["state"] == "JOB_STATE_SUCCEEDED");
  CHECK(retried["retry_of"] == job);
}

}  // namespace
}  // namespace roomkeeper::testing
