// An operator makes a code, an app enrols itself with it: the real roomctl, twice.
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

using nlohmann::json;

std::string Metastore(const World& world) {
  return world.workspace("brands")["global_metastore_id"];
}

std::vector<std::string> EnrollWords(const World& world, const std::string& code_file,
                                     const std::string& key_file, int workspace) {
  return {"enroll",
          "--code-file",
          code_file,
          "--key-file",
          key_file,
          "--metastore",
          Metastore(world),
          "--workspace-id",
          std::to_string(workspace),
          "--email",
          "ada@acme.example",
          "--install-id",
          absl::StrCat("app-", workspace)};
}

// Nothing that an app without a key could not have.
const std::vector<std::string> kNoKey = {"ROOMKEEPER_API_KEY_FILE="};

TEST_CASE("roomctl codes and enroll: an app gets its key for a code, and only it can read it",
          "[e2e][roomctl]") {
  World world({});
  const RoomctlShell op(world);
  const std::string code_file = world.folder() + "/acme.code";
  const std::string key_file = world.folder() + "/acme.key";
  REQUIRE(op.Run({"brands", "create", "acme"}).exit_code == 0);
  const json code = op.Json({"codes", "create", "acme", "--package", "identity-match",
                             "--rooms-max", "2", "--metastore", Metastore(world), "--email-domain",
                             "acme.example", "--code-file", code_file});
  CHECK(code["code"] == "");
  CHECK_THAT(op.Table({"codes", "list", "--brand", "acme"}),
             Catch::Contains(code["name"].get<std::string>()) && Catch::Contains("0/1"));

  const auto words = EnrollWords(world, code_file, key_file, 7001);
  const CommandResult enrolled = op.Run(words, kNoKey);

  INFO(enrolled.output << enrolled.errors);
  REQUIRE(enrolled.exit_code == 0);
  CHECK_THAT(enrolled.output, Catch::Contains("brands/acme/installs/app-7001"));
  CHECK_THAT(enrolled.output, !Catch::Contains("rk_"));
  struct stat info = {};
  REQUIRE(stat(key_file.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777U) == 0600U);
  CHECK_FALSE(std::filesystem::exists(key_file + ".nonce"));
  const auto as_app = op.Run({"version"}, {"ROOMKEEPER_API_KEY_FILE=" + key_file});
  CHECK_THAT(as_app.output, Catch::Contains("you are:       brands/acme/installs/app-7001\n"));
  CHECK_THAT(op.Run(words, kNoKey).errors, Catch::Contains("the app is enrolled"));
  const auto second = op.Run(EnrollWords(world, code_file, key_file + "2", 7002), kNoKey);
  CHECK(second.exit_code == 4);
  CHECK_THAT(second.errors, Catch::Contains("ENROLLMENT_CODE_USED_UP"));
  CHECK(op.Json({"enrollments", "list"})["enrollments"][0]["install"] ==
        "brands/acme/installs/app-7001");
  CHECK_THAT(op.Table({"codes", "revoke", code["name"]}), Catch::Contains("revoked:"));
  CHECK_THAT(op.Table({"brands", "limits", "acme", "--install-id", "app-7001", "--any-package",
                       "--rooms-max", "9"}),
             Catch::Contains("rooms max: 9") && !Catch::Contains("packages:"));
  CHECK_THAT(op.Table({"brands", "export"}), Catch::Contains("        rooms_max: 9\n"));
}

TEST_CASE("roomctl enrollments: a held app runs the same command again until it is approved",
          "[e2e][roomctl]") {
  World world({});
  const RoomctlShell op(world);
  const std::string code_file = world.folder() + "/acme.code";
  const std::string key_file = world.folder() + "/acme.key";
  REQUIRE(op.Run({"brands", "create", "acme"}).exit_code == 0);
  (void)op.Json({"codes", "create", "acme", "--hold", "--uses-max", "2", "--code-file", code_file});
  const auto words = EnrollWords(world, code_file, key_file, 7001);
  const auto others = EnrollWords(world, code_file, key_file + "2", 7002);
  CHECK(op.Run(words, kNoKey).exit_code == 75);
  CHECK(op.Run(others, kNoKey).exit_code == 75);
  const json held = op.Json({"enrollments", "list", "--held"})["enrollments"];
  REQUIRE(held.size() == 2);

  CHECK_THAT(op.Table({"enrollments", "approve", held[0]["name"]}),
             Catch::Contains("state:     APPROVED"));
  CHECK_THAT(op.Table({"enrollments", "refuse", held[1]["name"]}),
             Catch::Contains("state:     REFUSED"));

  CHECK(op.Run(words, kNoKey).exit_code == 0);
  CHECK(std::filesystem::exists(key_file));
  const CommandResult refused = op.Run(others, kNoKey);
  CHECK(refused.exit_code == 4);
  CHECK_THAT(refused.errors, Catch::Contains("the provider's operator refused"));
}

}  // namespace
}  // namespace roomkeeper::testing
