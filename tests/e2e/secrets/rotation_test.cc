// The provider's own secret is replaced by the real programs.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "tests/e2e/roomctl_shell.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

using nlohmann::json;

std::string ReadText(const std::string& file) {
  std::ifstream in(file);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

struct Rotating {
  World world{{.shard = "    client_secret_2_file: second.secret\n"}};
  std::string first = absl::StrCat(world.folder(), "/secrets/provider.roomkeeper.secret");
  std::string second = absl::StrCat(world.folder(), "/second.secret");

  // Of the principal, on the platform.
  static std::size_t Secrets(const RoomctlShell& op) {
    return op.Json({"credentials", "rotate", "--plan"})["rotations"][0]["secrets"].size();
  }
  void CheckRotated(const RoomctlShell& op, const std::string& before) const {
    CHECK(ReadText(first) == ReadText(second));
    CHECK(ReadText(first) != before);
    CHECK(Secrets(op) == 1);
    const json status = op.Json({"credentials", "status"});
    CHECK(status["credentials"][0]["state"] == "STATE_ACCEPTED");
    CHECK(status["credentials"][1]["state"] == "STATE_ACCEPTED");
  }
};

TEST_CASE("roomctl credentials rotate: a secret is replaced by itself, without a restart",
          "[e2e][rotation]") {
  Rotating t;
  const RoomctlShell op(t.world);
  const std::string before = ReadText(t.first);
  CHECK_THAT(op.Table({"credentials", "rotate", "--plan"}),
             Catch::StartsWith("main: would be rotated so\n  make a secret"));
  CHECK(ReadText(t.first) == before);

  const json rotated = op.Json({"credentials", "rotate", "--shard", "main"})["rotations"][0];

  CHECK(rotated["outcome"] == "OUTCOME_ROTATED");
  CHECK(rotated["steps"].size() == 3);
  t.CheckRotated(op, before);
  (void)t.world.Control("POST", "/control", R"({"action":"expire_tokens","workspace":"provider"})");
  CHECK(op.Run({"doctor"}).exit_code == 0);
  const std::string value = ReadText(t.first).substr(0, 36);
  CHECK_FALSE(absl::StrContains(t.world.log() + rotated.dump(), value));
  CHECK_THAT(op.Table({"audit", "list", "--method", "RotateCredentials"}),
             Catch::Contains("DONE") && Catch::Contains("shards/main"));
}

TEST_CASE(
    "roomctl credentials rotate: a secret is replaced by itself, also when the daemon is killed "
    "meanwhile",
    "[e2e][rotation]") {
  // The answer to this request never comes; whether it took effect, nobody knows.
  const std::string pattern = GENERATE("POST /api/2.0/accounts/*", "DELETE /api/2.0/accounts/*");
  const bool after_effect = GENERATE(true, false);
  CAPTURE(pattern, after_effect);
  Rotating t;
  const std::string before = ReadText(t.first);
  const json fault = {{"pattern", pattern}, {"ending", "hang"}, {"after_effect", after_effect}};
  (void)t.world.Control("POST", "/faults", fault.dump());
  const auto rotate = Subprocess::Start(
      {.argv = {absl::StrCat(RK_BIN_DIR, "/roomctl"), "credentials", "rotate"},
       .environment = {
           absl::StrCat("ROOMKEEPER_ADDRESS=", t.world.grpc_address()),
           absl::StrCat("ROOMKEEPER_API_KEY_FILE=", t.world.folder(), "/operator.key")}});
  REQUIRE_OK(rotate);
  bool hit = false;
  for (int i = 0; i < 2000 && !hit; ++i) {  // each turn is a process and a request
    hit = absl::StrContains(t.world.Control("GET", "/requests").dump(), pattern);
  }
  REQUIRE(hit);

  t.world.KillDaemon();
  t.world.StartDaemon();

  const RoomctlShell op(t.world);
  CHECK(op.Run({"credentials", "rotate"}).exit_code == 0);
  t.CheckRotated(op, before);
}

}  // namespace
}  // namespace roomkeeper::testing
