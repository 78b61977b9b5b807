// What scripts rely on of the real roomctl: exit codes, where it finds its server and key, and the
// completion script.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "tests/e2e/roomctl_shell.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

constexpr char kInstall[] = "brands/acme/installs/prod";
constexpr char kNobodyListens[] = "127.0.0.1:1";

std::vector<std::string> Create(const std::string& id) {
  return {"rooms", "create", "--package", "identity-match", "--id", id};
}

std::vector<std::string> CreateAndWait(const std::string& id, const std::string& timeout) {
  auto words = Create(id);
  words.insert(words.end(), {"--wait", "--timeout", timeout});
  return words;
}

TEST_CASE("the exit codes of roomctl tell a script whose fault it was", "[e2e][roomctl]") {
  World world({.simulator = "provisioning: {mean: 0ms, spread: 0ms}\n"});
  (void)world.Enroll("acme");
  const RoomctlShell op(world);
  const RoomctlShell app = op.As(kInstall);

  CHECK(app.Run(CreateAndWait("one", "1m")).exit_code == 0);

  const CommandResult exists = app.Run(Create("one"));
  CHECK(exists.exit_code == 1);
  CHECK(exists.output.empty());
  CHECK_THAT(exists.errors, Catch::Contains("reason: ROOM_EXISTS"));

  CHECK(app.Run({"rooms", "get"}).exit_code == 2);
  CHECK(app.Run({"rooms", "get", "one", "--colour"}).exit_code == 2);

  const CommandResult missing = app.Run({"rooms", "get", "two"});
  CHECK(missing.exit_code == 3);
  CHECK_THAT(missing.errors, Catch::Contains("reason: RESOURCE_NOT_FOUND"));

  const CommandResult denied = app.Run({"doctor"});
  CHECK(denied.exit_code == 4);
  CHECK_THAT(denied.errors, Catch::Contains("reason: OPERATOR_ONLY"));

  (void)world.Control("POST", "/knobs", R"({"provisioning_outcome":"stuck"})");
  const CommandResult late = app.Run(CreateAndWait("three", "500ms"));
  CHECK(late.exit_code == 124);
  CHECK_THAT(late.errors, Catch::Contains("the job goes on: roomctl jobs wait jobs/"));

  CHECK(world.TerminateDaemon() == 0);
  const CommandResult away = app.Run(Create("four"));
  CHECK(away.exit_code == 75);
  CHECK_THAT(away.errors, Catch::StartsWith("roomctl: cannot reach 127.0.0.1:") &&
                              Catch::Contains("repeat the command with --request-id "));
}

TEST_CASE("roomctl ends with 5 when the provider's set-up must change first", "[e2e][roomctl]") {
  World world({});
  (void)world.Control("POST", "/control",
                      R"({"action":"remove_securable","workspace":"provider",)"
                      R"("securable":"identity.spine.household"})");
  (void)world.Enroll("acme");
  const RoomctlShell app = RoomctlShell(world).As(kInstall);

  const CommandResult failed = app.Run(CreateAndWait("one", "1m"));

  INFO(failed.errors);
  CHECK(failed.exit_code == 5);
  CHECK_THAT(failed.output, Catch::Contains("ASSET_NOT_FOUND"));
}

TEST_CASE("roomctl ends with 75 when the platform failed and a retry may help", "[e2e][roomctl]") {
  World world({.simulator = "provisioning: {mean: 0ms, spread: 0ms}\n"
                            "knobs: {provisioning_outcome: failed}\n",
               .daemon = "engine: {room_attempts_max: 1}\n"});
  (void)world.Enroll("acme");
  const RoomctlShell app = RoomctlShell(world).As(kInstall);

  const CommandResult failed = app.Run(CreateAndWait("one", "1m"));

  INFO(failed.errors);
  CHECK(failed.exit_code == 75);
  CHECK_THAT(failed.output, Catch::Contains("ROOM_PROVISIONING_FAILED"));
}

TEST_CASE("a flag goes before the environment, and that before the profile", "[e2e][roomctl]") {
  World world({});
  (void)world.Enroll("acme");
  (void)world.Enroll("globex");
  const RoomctlShell op(world);
  const RoomctlShell acme = op.As(kInstall);
  const RoomctlShell globex = op.As("brands/globex/installs/prod");
  const auto profile = [&](const std::string& path, const std::string& address) {
    std::ofstream(path) << "address: " << address << "\napi_key_file: " << acme.key_file()
                        << "\ninstall: brands/acme/installs/of-the-profile\n";
    return path;
  };
  std::filesystem::create_directories(absl::StrCat(op.home(), "/.config/roomkeeper"));
  (void)profile(absl::StrCat(op.home(), "/.config/roomkeeper/profile.yaml"), world.grpc_address());
  const std::string no_key = "ROOMKEEPER_API_KEY_FILE=";
  const std::string no_address = "ROOMKEEPER_ADDRESS=";

  // The key: the profile's, the environment's, the flag's.
  CHECK_THAT(op.Run({"version"}, {no_key, no_address}).output,
             Catch::Contains("you are:       brands/acme/installs/prod"));
  CHECK_THAT(globex.Run({"version"}, {no_address}).output,
             Catch::Contains("you are:       brands/globex/installs/prod"));
  CHECK_THAT(globex.Run({"version", "--api-key-file", op.key_file()}).output,
             Catch::Contains("you are:       an operator"));
  // The address.
  const std::string wrong = absl::StrCat("ROOMKEEPER_ADDRESS=", kNobodyListens);
  CHECK(op.Run({"version"}, {wrong}).exit_code == 75);
  CHECK(op.Run({"version", "--address", world.grpc_address()}, {wrong}).exit_code == 0);
  const std::string other = profile(absl::StrCat(world.folder(), "/other.yaml"), kNobodyListens);
  CHECK(op.Run({"version", "--profile", other}, {no_address}).exit_code == 75);
  // The install.
  const std::string env = "ROOMKEEPER_INSTALL=brands/acme/installs/of-the-environment";
  CHECK_THAT(acme.Run({"rooms", "get", "r"}).errors,
             Catch::Contains("of-the-profile/cleanRooms/r"));
  CHECK_THAT(acme.Run({"rooms", "get", "r"}, {env}).errors,
             Catch::Contains("of-the-environment/cleanRooms/r"));
  CHECK_THAT(acme.Run({"rooms", "get", "r", "--install", "brands/acme/installs/of-the-flag"}, {env})
                 .errors,
             Catch::Contains("of-the-flag/cleanRooms/r"));
  // A profile that is wrong is no profile to guess around.
  std::ofstream(other) << "adress: typo\n";
  const CommandResult typo = op.Run({"version", "--profile", other}, {no_key, no_address});
  CHECK_THAT(typo.errors, Catch::Contains("adress"));
}

TEST_CASE("a key file that others can read is refused, with what mends it", "[e2e][roomctl]") {
  World world({});
  const RoomctlShell op(world);
  REQUIRE(chmod(op.key_file().c_str(), 0640) == 0);

  const CommandResult refused = op.Run({"doctor"});

  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.errors, Catch::Contains(absl::StrCat("run chmod 600 ", op.key_file())));
  REQUIRE(chmod(op.key_file().c_str(), 0600) == 0);
  CHECK(op.Run({"doctor"}).exit_code == 0);
}

TEST_CASE("bash completes commands and flags with the script of roomctl", "[e2e][roomctl]") {
  const auto complete = [](const std::string& words, int at) {
    const std::string script = absl::StrCat(
        "set -eu; source <(", RK_BIN_DIR, "/roomctl completion bash); COMP_WORDS=(", words,
        "); COMP_CWORD=", at, "; $(complete -p roomctl | sed 's/.*-F \\([^ ]*\\).*/\\1/'); ",
        "echo \"${COMPREPLY[*]}\"");
    const auto result = RunCommand({.argv = {"bash", "-c", script}});
    REQUIRE_OK(result);
    INFO(result->errors);
    REQUIRE(result->exit_code == 0);
    return result->output;
  };

  CHECK(complete("roomctl ro", 1) == "rooms\n");
  CHECK(complete("roomctl rooms c", 2) == "create confirm-removed\n");
  CHECK(complete("roomctl rooms create --pack", 3) == "--package --package-version\n");
  CHECK(complete("roomctl doctor --sh", 2) == "--shard\n");
  CHECK(complete("roomctl completion ''", 2) == "bash\n");
}

}  // namespace
}  // namespace roomkeeper::testing
