#include "services/databricks_sim/config.h"

#include <stdlib.h>

#include "absl/strings/str_cat.h"

#include "lib/databricks_sim/knobs.h"
#include "lib/databricks_sim/simulator.h"
#include "services/databricks_sim/sim_clock.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_folder.h"

namespace roomkeeper::sim {
namespace {

using testing::StatusIs;
using testing::StatusOf;
using testing::TempFolder;

constexpr char kWorld[] = R"(
metastores: [{global_metastore_id: "aws:us-west-2:a3f1c2d4-5b6e-4f70-8a91-b2c3d4e5f601"}]
workspaces:
  - name: provider
    global_metastore_id: aws:us-west-2:a3f1c2d4-5b6e-4f70-8a91-b2c3d4e5f601
)";

// kWorld with one principal, whose further keys are `keys`.
std::string WithPrincipal(const std::string& keys) {
  return absl::StrCat(kWorld, "    principals: [{name: app, ", keys, "}]\n");
}

std::string ShippedConfig(const std::string& name) {
  return absl::StrCat(RK_SOURCE_DIR "/deploy/config/", name);
}

TEST_CASE("the shipped configs make a world", "[databricks_sim]") {
  const std::string name = GENERATE("databricks-sim.yaml", "databricks-sim.minimal.yaml");
  CAPTURE(name);
  const auto config = LoadConfig(ShippedConfig(name));
  REQUIRE_OK(config);
  SimClock clock;

  CHECK_OK(Simulator::Make(config->world, clock));
}

TEST_CASE("the shipped config holds every knob, each at its default", "[databricks_sim]") {
  const auto config = LoadConfig(ShippedConfig("databricks-sim.yaml"));
  REQUIRE_OK(config);

  CHECK(config->world.knobs == KnobSettings().All());
}

TEST_CASE("the shipped config states the defaults", "[databricks_sim]") {
  const auto shipped = LoadConfig(ShippedConfig("databricks-sim.yaml"));
  const auto empty = ParseConfig(kWorld, "a.yaml");
  REQUIRE_OK(shipped);
  REQUIRE_OK(empty);

  CHECK(shipped->listen_address == empty->listen_address);
  CHECK(shipped->control_port == empty->control_port);
  CHECK(shipped->tls == empty->tls);
  CHECK(shipped->log_level == empty->log_level);
  CHECK(shipped->ready_file == empty->ready_file);
  CHECK(shipped->world.provisioning.mean == empty->world.provisioning.mean);
  CHECK(shipped->world.provisioning.spread == empty->world.provisioning.spread);
  CHECK(shipped->world.latency.mean == empty->world.latency.mean);
  CHECK(shipped->world.run_duration.mean == empty->world.run_duration.mean);
  CHECK(shipped->world.token_lifetime == empty->world.token_lifetime);
  CHECK(shipped->world.request_log_max == empty->world.request_log_max);
  CHECK(shipped->world.seed == empty->world.seed);
}

TEST_CASE("values arrive where they belong", "[databricks_sim]") {
  const auto config = ParseConfig(R"(
control_port: 4001
tls: true
ca_file: out/ca.pem
ready_file: /abs/ready.json
latency: {mean: 50ms, spread: 10ms}
knobs: {duplicate_room: 400}
metastores:
  - global_metastore_id: aws:us-west-2:a3f1c2d4-5b6e-4f70-8a91-b2c3d4e5f601
    clean_rooms_max: 7
    create_clean_room: [app]
    securables:
      - {type: VOLUME, full_name: a.b.c, select: [app], columns: [{name: x, type: INT}]}
workspaces:
  - name: provider
    port: 4002
    workspace_id: 42
    global_metastore_id: aws:us-west-2:a3f1c2d4-5b6e-4f70-8a91-b2c3d4e5f601
    principals: [{name: a@b.example, kind: user, metastore_admin: true, secrets_manager: true, groups: [g]}]
    files: [{path: /Shared/x, html: <p>}]
)",
                                  "dir/sim.yaml");

  REQUIRE_OK(config);
  CHECK(config->control_port == 4001);
  CHECK(config->ca_file == "dir/out/ca.pem");
  CHECK(config->ready_file == "/abs/ready.json");
  CHECK(config->ports.at("provider") == 4002);
  CHECK(config->world.latency.spread == absl::Milliseconds(10));
  CHECK(config->world.knobs.at("duplicate_room") == "400");
  const MetastoreConfig& metastore = config->world.metastores.at(0);
  CHECK(metastore.clean_rooms_max == 7);
  CHECK(metastore.create_clean_room == std::vector<std::string>{"app"});
  CHECK(metastore.securables.at(0).type == "VOLUME");
  CHECK(metastore.securables.at(0).columns.at(0).type_text == "INT");
  CHECK(metastore.securables.at(0).select_principals == std::vector<std::string>{"app"});
  const WorkspaceConfig& workspace = config->world.workspaces.at(0);
  CHECK(workspace.workspace_id == 42);
  CHECK(workspace.principals.at(0).kind == Principal::Kind::kUser);
  CHECK(workspace.principals.at(0).metastore_admin);
  CHECK(workspace.principals.at(0).secrets_manager);
  CHECK(workspace.principals.at(0).groups == std::vector<std::string>{"g"});
  CHECK(workspace.files.at(0).html == "<p>");
}

TEST_CASE("all problems of a file are told at once, with their lines", "[databricks_sim]") {
  const auto config = ParseConfig(R"(frob: 1
control_port: high
latency: {mean: 50}
knobs: {duplicate_room: 500, no_such_knob: 1}
workspaces:
  - name: a/b
    port: 65536
    principals: [{kind: robot}]
)",
                                  "a.yaml");

  const absl::Status& status = StatusOf(config);
  CHECK_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, "a.yaml:1: frob is an unknown"));
  CHECK_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, "a.yaml:2: control_port must"));
  CHECK_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, "a.yaml:3: latency.mean must"));
  CHECK_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, "allowed: 409, 400"));
  CHECK_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, "\"no_such_knob\""));
  CHECK_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, "a.yaml:6: workspaces[0].name"));
  CHECK_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, "a.yaml:7: workspaces[0].port"));
  CHECK_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, "principals[0].name is missing"));
  CHECK_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, "service_principal, user"));
}

TEST_CASE("a secret comes from a private file or the environment, never from the config",
          "[databricks_sim]") {
  const TempFolder folder;
  const std::string file = folder.path("sim.yaml");
  folder.Write("good", "from-file\n", 0600);
  folder.Write("open", "from-file\n", 0644);
  REQUIRE(setenv("RK_TEST_SIM_SECRET", "from-env", 1) == 0);

  const auto from_file = ParseConfig(WithPrincipal("client_secret_file: good"), file);
  const auto from_env = ParseConfig(WithPrincipal("client_secret_env: RK_TEST_SIM_SECRET"), file);
  REQUIRE_OK(from_file);
  REQUIRE_OK(from_env);
  CHECK(from_file->world.workspaces[0].principals[0].client_secret == "from-file");
  CHECK(from_env->world.workspaces[0].principals[0].client_secret == "from-env");

  CHECK_THAT(StatusOf(ParseConfig(WithPrincipal("client_secret_file: open"), file)),
             StatusIs(absl::StatusCode::kInvalidArgument, "chmod 600"));
  CHECK_THAT(StatusOf(ParseConfig(WithPrincipal("client_secret_file: absent"), file)),
             StatusIs(absl::StatusCode::kInvalidArgument, "client_secret_file is refused"));
  CHECK_THAT(StatusOf(ParseConfig(WithPrincipal("client_secret_env: RK_NOT_SET"), file)),
             StatusIs(absl::StatusCode::kInvalidArgument, "RK_NOT_SET"));
  const auto inline_secret = ParseConfig(WithPrincipal("client_secret: hunter2"), file);
  CHECK_THAT(StatusOf(inline_secret),
             StatusIs(absl::StatusCode::kInvalidArgument, "must not be in this file"));
  CHECK_THAT(std::string(inline_secret.status().message()), !Catch::Contains("hunter2"));
}

}  // namespace
}  // namespace roomkeeper::sim
