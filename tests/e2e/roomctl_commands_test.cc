// Every command of the real roomctl against the real servers, in both forms of output.
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
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

TEST_CASE("roomctl credentials: a secret is rotated by turns, without a restart",
          "[e2e][roomctl]") {
  World world({.shard = "    client_secret_2_file: second.secret\n"});
  const RoomctlShell op(world);
  const json provider = world.workspace("provider");
  const json first = provider["principals"][0];
  const auto status = [&](int exit_code) {
    std::map<std::string, std::string> states;
    const json answer = op.Json({"credentials", "status"}, exit_code);
    for (const json& it : answer["credentials"]) {
      states[it["name"]] =
          absl::StrCat(it["state"].get<std::string>(), it.value("in_use", false) ? ", in use" : "");
    }
    return states;
  };
  CHECK(status(0) == std::map<std::string, std::string>{{"client_secret", "STATE_ACCEPTED, in use"},
                                                        {"client_secret_2", "STATE_ABSENT"}});

  json action = {{"action", "add_secret"}, {"workspace", "provider"}, {"principal", first["name"]}};
  const json added = world.Control("POST", "/control", action.dump());
  const std::string file = absl::StrCat(world.folder(), "/second.secret");
  std::ofstream(file) << added["secret"].get<std::string>() << "\n";
  REQUIRE(chmod(file.c_str(), 0600) == 0);
  CHECK(status(0)["client_secret_2"] == "STATE_ACCEPTED");

  action["action"] = "remove_secret";
  action["secret"] = first["client_secret"];
  (void)world.Control("POST", "/control", action.dump());
  (void)world.Control("POST", "/control", R"({"action":"expire_tokens","workspace":"provider"})");
  CHECK(op.Run({"doctor"}).exit_code == 0);  // with a token of the other
  CHECK(status(1) ==
        std::map<std::string, std::string>{{"client_secret", "STATE_REFUSED"},
                                           {"client_secret_2", "STATE_ACCEPTED, in use"}});
  CHECK_THAT(op.Run({"credentials", "status"}).output,
             Catch::Contains("main client_secret: the token request was refused: invalid_client"));
  const std::string told =
      absl::StrCat(op.Run({"credentials", "status", "-o", "json"}).output, world.log(),
                   world.AwaitAdmin("/metrics", "credential_dead"));
  CHECK_THAT(told, !Catch::Contains(first["client_secret"].get<std::string>()) &&
                       !Catch::Contains(added["secret"].get<std::string>()));
}

TEST_CASE("a shard without any Databricks secret works by a federation token", "[e2e][roomctl]") {
  World world({.simulator = kAtOnce});
  const json principal = world.workspace("provider")["principals"][0];
  // The identity provider: another workspace, whose app gets a JWT of its own.
  const json idp = world.workspace("brands");
  const json app = idp["principals"][0];
  const auto token =
      RunCommand({.argv = {"curl", "-sS", "-u",
                           absl::StrCat(app["client_id"].get<std::string>(), ":",
                                        app["client_secret"].get<std::string>()),
                           "-d", "grant_type=client_credentials&scope=all-apis",
                           absl::StrCat(idp["host"].get<std::string>(), "/oidc/v1/token")}});
  REQUIRE_OK(token);
  const std::string file = absl::StrCat(world.folder(), "/idp.jwt");
  std::ofstream(file) << json::parse(token->output)["access_token"].get<std::string>();
  REQUIRE(chmod(file.c_str(), 0600) == 0);
  REQUIRE(
      std::system(absl::StrCat("sed -i 's|client_secret_file: .*|federation_token_file: idp.jwt|' ",
                               world.folder(), "/roomkeeperd.yaml")
                      .c_str()) == 0);
  REQUIRE(world.TerminateDaemon() == 0);
  world.StartDaemon();
  const RoomctlShell op(world);
  const json refused = op.Json({"credentials", "status"}, 1)["credentials"];
  CHECK(refused[0]["name"] == "federation_token");
  CHECK(refused[0]["state"] == "STATE_REFUSED");

  const json policy = {{"action", "add_federation_policy"},
                       {"workspace", "provider"},
                       {"principal", principal["name"]},
                       {"issuer", absl::StrCat(idp["host"].get<std::string>(), "/oidc")},
                       {"subject", app["client_id"]}};
  (void)world.Control("POST", "/control", policy.dump());
  const json status = op.Json({"credentials", "status"})["credentials"];
  CHECK(status[0]["state"] == "STATE_ACCEPTED");
  CHECK(status[0]["expire_time"].is_string());
  CHECK(op.Run({"doctor"}).exit_code == 0);
  (void)world.Enroll("acme");
  CHECK(
      op.As(kInstall).Run({"rooms", "create", "--package", "identity-match", "--wait"}).exit_code ==
      0);
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

TEST_CASE("roomctl audit: who did what is listed, exported and checked", "[e2e][roomctl]") {
  World world({.simulator = kAtOnce});
  (void)world.Enroll("acme");
  const RoomctlShell op(world);
  const RoomctlShell app = op.As(kInstall);
  (void)app.Json({"rooms", "create", "--package", "identity-match", "--wait"});
  CHECK(app.Run({"brands", "list"}).exit_code == 4);

  CHECK_THAT(op.Table({"audit", "list", "--outcome", "DENIED"}),
             Catch::Contains(" ListBrands ") && Catch::Contains("DENIED OPERATOR_ONLY"));
  CHECK_THAT(app.Table({"audit", "list"}),
             Catch::Contains(" CreateCleanRoom ") && Catch::Contains(" OPERATOR "));
  CHECK(app.Run({"audit", "verify"}).exit_code == 4);
  const json verdict = op.Json({"audit", "verify"});
  CHECK(verdict["intact"] == true);
  const std::string number = verdict["last_sequence"];
  const std::string hash = verdict["last_hash"];
  CHECK_THAT(op.Table({"audit", "verify", "--known", absl::StrCat(number, ":", hash)}),
             Catch::Contains("yes"));
  CHECK(op.Json({"audit", "verify", "--known", absl::StrCat(number, ":", std::string(64, '0'))},
                1)["intact"] == false);

  const std::string file = absl::StrCat(world.folder(), "/audit.jsonl");
  for (const RoomctlShell* reader : {&op, &app}) {
    const std::string lines = reader->Table({"audit", "export"});
    CHECK(json::parse(Lines(lines).front())["method"].is_string());
    std::ofstream(file) << lines;
    CHECK(op.Json({"audit", "check", file})["intact"] == true);
    std::ofstream(file) << absl::StrReplaceAll(lines, {{"CreateCleanRoom", "RenewCleanRoom"}});
    CHECK_THAT(op.Json({"audit", "check", file}, 1)["problem"].get<std::string>(),
               Catch::Contains("was changed"));
  }
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
