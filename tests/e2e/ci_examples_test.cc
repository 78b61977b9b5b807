// The commands of deploy/ci, taken from the files, against the real programs.
#include <sys/stat.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "lib/yaml/yaml_node.h"
#include "tests/e2e/roomctl_shell.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

constexpr char kInstall[] = "brands/acme/installs/prod";
constexpr char kAtOnce[] = "provisioning: {mean: 0ms, spread: 0ms}\n";

YamlNode ReadExample(const std::string& name) {
  const std::string path = absl::StrCat(RK_SOURCE_DIR, "/deploy/ci/", name);
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  auto document = ParseYaml(text.str(), name);
  REQUIRE_OK(document);
  return *std::move(document);
}

const YamlNode& At(const YamlNode& mapping, const std::string& key) {
  for (std::size_t i = 0; i < mapping.keys.size(); ++i) {
    if (mapping.keys[i].name == key) {
      return mapping.items[i];
    }
  }
  FAIL("no key " << key);
  return mapping;
}

// The entries of one list of a GitLab job, as GitLab runs them: in one shell.
std::string Script(const YamlNode& job, const std::vector<std::string>& keys) {
  std::string script = "set -eo pipefail\n";
  for (const std::string& key : keys) {
    for (const YamlNode& line : At(job, key).items) {
      absl::StrAppend(&script, line.scalar, "\n");
    }
  }
  return script;
}

// A runner: a folder to work in, and what the platform of the CI sets.
class Runner {
 public:
  Runner(const World& world, const RoomctlShell& op)
      : folder_(absl::StrCat(world.folder(), "/runner")), github_env_(folder_ + "/github.env") {
    REQUIRE(mkdir(folder_.c_str(), 0700) == 0);
    std::ofstream(github_env_).flush();
    const std::string key = op.Json({"keys", "create", "--for", kInstall, "--ci-label",
                                     "made-by=ci", "--rooms-max", "5", "--ttl-max", "2h"})["key"];
    environment_ = {absl::StrCat("HOME=", op.home()),
                    absl::StrCat("PATH=", RK_BIN_DIR, ":/usr/bin:/bin"),
                    absl::StrCat("ROOMKEEPER_ADDRESS=", world.grpc_address()),
                    absl::StrCat("ROOMKEEPER_API_KEY=", key),
                    "ROOMKEEPER_API_KEY_FILE=roomkeeper.key",
                    "ROOMKEEPER_INSTALL=",
                    "ROOMKEEPER_CA_FILE=",
                    absl::StrCat("GITHUB_ENV=", github_env_),
                    "GITHUB_RUN_ID=4711",
                    "GITHUB_RUN_ATTEMPT=1",
                    "CI_PIPELINE_ID=4711",
                    "CI_JOB_ID=4712"};
  }

  // As a step: what earlier ones have put into GITHUB_ENV is set. What it wrote.
  std::string Run(const std::string& script) {
    const std::string with_environment =
        absl::StrCat("set -a; . ", github_env_, "; set +a\n", script);
    const auto result = RunCommand({.argv = {"bash", "-eo", "pipefail", "-c", with_environment},
                                    .environment = environment_,
                                    .working_directory = folder_},
                                   absl::Minutes(2));
    REQUIRE_OK(result);
    INFO(script << result->output << result->errors);
    REQUIRE(result->exit_code == 0);
    return result->output;
  }

 private:
  std::string folder_;
  std::string github_env_;
  std::vector<std::string> environment_;
};

nlohmann::json Rooms(const RoomctlShell& op) {
  return op.Json({"rooms", "list", "--show-deleted"})["clean_rooms"];
}

TEST_CASE("the GitHub Actions example makes a room, uses it and deletes it", "[e2e][ci]") {
  World world({.simulator = kAtOnce});
  (void)world.Enroll("acme");
  const RoomctlShell op(world);
  Runner runner(world, op);
  const YamlNode example = ReadExample("github-actions.yaml");
  const YamlNode& job = At(At(example, "jobs"), "clean-room");
  CHECK(At(At(job, "env"), "ROOMKEEPER_API_KEY_FILE").scalar == "roomkeeper.key");
  const std::vector<YamlNode>& steps = At(job, "steps").items;
  REQUIRE(steps.size() == 3);

  (void)runner.Run(At(steps[0], "run").scalar);
  auto rooms = Rooms(op);
  REQUIRE(rooms.size() == 1);
  CHECK(rooms[0]["state"] == "CLEAN_ROOM_STATE_READY");
  CHECK(rooms[0]["labels"]["run"] == "4711");
  CHECK(rooms[0]["labels"]["made-by"] == "ci");
  const std::string expires = rooms[0]["expire_time"];
  (void)runner.Run(At(steps[0], "run").scalar);  // run again, it has the same room
  CHECK(Rooms(op).size() == 1);

  (void)runner.Run(At(steps[1], "run").scalar);
  CHECK(Rooms(op)[0]["expire_time"].get<std::string>() > expires);

  CHECK(At(steps[2], "if").scalar == "always()");
  (void)runner.Run(At(steps[2], "run").scalar);
  const std::string teardown = Rooms(op)[0]["job"];
  CHECK(op.Json({"jobs", "wait", teardown})["state"] == "JOB_STATE_SUCCEEDED");
  CHECK(Rooms(op)[0]["state"] == "CLEAN_ROOM_STATE_AWAITING_BRAND_DELETE");
}

TEST_CASE("the GitLab example makes a room, uses it and deletes it", "[e2e][ci]") {
  World world({.simulator = kAtOnce});
  (void)world.Enroll("acme");
  const RoomctlShell op(world);
  Runner runner(world, op);
  const YamlNode example = ReadExample("gitlab-ci.yaml");
  const YamlNode& job = At(example, "clean-room-tests");

  (void)runner.Run(Script(job, {"before_script", "script"}));
  REQUIRE(Rooms(op).size() == 1);
  CHECK(Rooms(op)[0]["state"] == "CLEAN_ROOM_STATE_READY");

  (void)runner.Run(Script(job, {"after_script"}));
  CHECK(op.Json({"jobs", "wait", Rooms(op)[0]["job"]})["state"] == "JOB_STATE_SUCCEEDED");
  CHECK(Rooms(op)[0]["state"] == "CLEAN_ROOM_STATE_AWAITING_BRAND_DELETE");
  const std::string left =
      runner.Run(Script(At(example, "clean-room-leftovers"), {"before_script", "script"}));
  CHECK_THAT(left, Catch::Contains("WOULD DELETE"));
}

TEST_CASE("a room goes when its time is up, though its runner and the server died", "[e2e][ci]") {
  World world({.simulator = kAtOnce, .daemon = "rooms: {sweep_interval: 100ms}\n"});
  (void)world.Enroll("acme");
  const RoomctlShell app = RoomctlShell(world).As(kInstall);
  const auto made = app.Json({"rooms", "create", "--package", "identity-match", "--ttl", "5s",
                              "--label", "ci=1", "--wait"});
  REQUIRE(made["state"] == "JOB_STATE_SUCCEEDED");
  world.KillDaemon();

  world.StartDaemon();

  CHECK_THAT(world.AwaitAdmin("/metrics", "state=\"AWAITING_BRAND_DELETE\"} 1"),
             Catch::Contains("roomkeeper_rooms"));
}

}  // namespace
}  // namespace roomkeeper::testing
