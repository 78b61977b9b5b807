#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "tests/e2e/roomctl_shell.h"
#include "tests/e2e/world.h"
#include "tests/support/matchers.h"

// Loss of the store without a backup, with the real programs.

namespace roomkeeper::testing {
namespace {

using nlohmann::json;

constexpr char kAcme[] = "brands/acme/installs/prod/cleanRooms/";
constexpr char kGlobex[] = "brands/globex/installs/prod/cleanRooms/";

CommandResult RunProgram(std::vector<std::string> argv) {
  const auto result = RunCommand({.argv = std::move(argv)});
  REQUIRE_OK(result);
  return *result;
}

// What the provider's people do in their own workspace, by hand.
class Console {
 public:
  explicit Console(World& world) : workspace_(world.workspace("provider")) {
    const json& principal = workspace_["principals"][0];
    const CommandResult answer =
        RunProgram({"curl", "-sS", "--fail-with-body", "-u",
                    absl::StrCat(principal["client_id"].get<std::string>(), ":",
                                 principal["client_secret"].get<std::string>()),
                    "-d", "grant_type=client_credentials&scope=all-apis", Url("/oidc/v1/token")});
    REQUIRE(answer.exit_code == 0);
    token_ = json::parse(answer.output)["access_token"];
  }

  json Call(const std::string& method, const std::string& path, const json& body = {}) const {
    std::vector<std::string> argv = {"curl",
                                     "-sS",
                                     "--fail-with-body",
                                     "-X",
                                     method,
                                     "-H",
                                     absl::StrCat("Authorization: Bearer ", token_)};
    if (!body.is_null()) {
      argv.insert(argv.end(), {"-H", "Content-Type: application/json", "-d", body.dump()});
    }
    argv.push_back(Url(path));
    const CommandResult answer = RunProgram(argv);
    INFO(method << ' ' << path << ": " << answer.output << answer.errors);
    REQUIRE(answer.exit_code == 0);
    return json::parse(answer.output);
  }

  // A room with what `like` has but its name, and any comment.
  void MakeRoom(const std::string& like, const std::string& name,
                const std::string& comment) const {
    const json model = Call("GET", absl::StrCat("/api/2.0/clean-rooms/", like));
    const json& detail = model["remote_detailed_info"];
    json wanted = {{"name", name}, {"comment", comment}};
    for (const char* field : {"cloud_vendor", "region", "package_provider_collaborator_alias",
                              "enable_shared_output", "egress_network_policy"}) {
      if (detail.contains(field)) {
        wanted["remote_detailed_info"][field] = detail[field];
      }
    }
    for (const json& seen : detail["collaborators"]) {
      json collaborator = {{"collaborator_alias", seen["collaborator_alias"]},
                           {"global_metastore_id", seen["global_metastore_id"]}};
      if (seen.value("invite_recipient_email", "") != "") {
        collaborator["invite_recipient_email"] = seen["invite_recipient_email"];
        collaborator["invite_recipient_workspace_id"] = 42;
      }
      wanted["remote_detailed_info"]["collaborators"].push_back(collaborator);
    }
    (void)Call("POST", "/api/2.0/clean-rooms", wanted);
  }

 private:
  std::string Url(const std::string& path) const {
    return absl::StrCat(workspace_["host"].get<std::string>(), path);
  }

  json workspace_;
  std::string token_;
};

struct Disaster {
  Disaster() {
    acme = world.Enroll("acme");
    globex = world.Enroll("globex");
  }

  std::string file(const std::string& name) const {
    return absl::StrCat(world.folder(), "/", name);
  }

  v1::Job Make(const std::string& key, const std::string& id, const std::string& label = "") {
    v1::CreateCleanRoomRequest request;
    request.set_clean_room_id(id);
    request.mutable_clean_room()->set_package("packages/identity-match");
    if (!label.empty()) {
      (*request.mutable_clean_room()->mutable_labels())["use"] = label;
    }
    v1::Job job;
    const auto status = Rooms()->CreateCleanRoom(world.Call(key).get(), request, &job);
    INFO(status.error_message());
    REQUIRE(status.ok());
    job = world.Wait(key, job.name());
    REQUIRE(job.state() == v1::JOB_STATE_SUCCEEDED);
    return job;
  }

  // Removed on both sides.
  void Remove(const std::string& key, const std::string& name) {
    v1::DeleteCleanRoomRequest request;
    request.set_name(name);
    v1::Job job;
    REQUIRE(Rooms()->DeleteCleanRoom(world.Call(key).get(), request, &job).ok());
    REQUIRE(world.Wait(key, job.name()).state() == v1::JOB_STATE_SUCCEEDED);
    v1::ConfirmRoomRemovedRequest confirm;
    confirm.set_name(name);
    v1::CleanRoom removed;
    REQUIRE(Rooms()->ConfirmRoomRemoved(world.Call(key).get(), confirm, &removed).ok());
  }

  std::map<std::string, v1::CleanRoom> List(const std::string& key) {
    v1::ListCleanRoomsResponse answer;
    const auto status =
        Rooms()->ListCleanRooms(world.Call(key).get(), v1::ListCleanRoomsRequest(), &answer);
    INFO(status.error_message());
    REQUIRE(status.ok());
    std::map<std::string, v1::CleanRoom> rooms;
    for (const v1::CleanRoom& room : answer.clean_rooms()) {
      rooms[room.name()] = room;
    }
    return rooms;
  }

  std::unique_ptr<v1::CleanRoomService::Stub> Rooms() const {
    return v1::CleanRoomService::NewStub(world.channel());
  }

  std::vector<std::string> Command() const {
    return {absl::StrCat(RK_BIN_DIR, "/roomkeeperd"),
            "store",
            "rebuild",
            "--config",
            file("roomkeeperd.yaml"),
            "--enrolments",
            file("enrolments.yaml")};
  }
  CommandResult Rebuild(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> argv = Command();
    argv.insert(argv.end(), more.begin(), more.end());
    return RunProgram(argv);
  }

  void LoseStore() const {
    for (const char* suffix : {"", "-wal", "-shm"}) {
      (void)std::remove(absl::StrCat(file("roomkeeper.db"), suffix).c_str());
    }
    (void)std::remove(file("operator.key").c_str());  // of the lost store
  }

  // What the platform has of the provider's metastore, by room.
  std::map<std::string, json> Platform() {
    const json state = world.Control("POST", "/control", R"({"action":"state"})");
    std::map<std::string, json> rooms;
    const std::string metastore = world.workspace("provider")["global_metastore_id"];
    for (const json& room : state["metastores"][metastore]["rooms"]) {
      rooms[room["name"]] = room;
    }
    return rooms;
  }

  // Calls of the provider's service principal that changed something.
  int WritesThatActed() {
    int writes = 0;
    const json log = world.Control("GET", "/requests");
    for (const json& request : log["requests"]) {
      const std::string method = request["method"];
      writes += method != "GET" && request["status"] == 200 &&
                        absl::StrContains(request["route"].get<std::string>(), "clean-rooms")
                    ? 1
                    : 0;
    }
    return writes;
  }

  World world{{.simulator = "provisioning: {mean: 0ms, spread: 0ms}\n"}};
  std::string acme;
  std::string globex;
};

std::vector<std::string> LinesWith(const std::string& text, const std::string& begin) {
  std::vector<std::string> found;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::StartsWith(line, begin)) {
      found.emplace_back(line);
    }
  }
  return found;
}

TEST_CASE("a store that was lost with all backups is made anew from the platform", "[e2e]") {
  Disaster disaster;
  World& world = disaster.world;
  disaster.Make(disaster.acme, "identity-match");
  disaster.Make(disaster.acme, "second", "tests");
  disaster.Make(disaster.acme, "remade");
  disaster.Remove(disaster.acme, absl::StrCat(kAcme, "remade"));
  disaster.Make(disaster.acme, "remade");
  disaster.Make(disaster.acme, "by-hand");
  disaster.Make(disaster.globex, "identity-match");
  auto before = disaster.List(world.operator_key());
  REQUIRE(before.size() == 5);

  // Somebody removes one of our rooms, makes one of his own, and one that pretends to be ours.
  const std::string removed = before[absl::StrCat(kAcme, "by-hand")].clean_room_name();
  (void)world.Control(
      "POST", "/control",
      absl::StrCat(R"({"action":"delete_room","workspace":"provider","room":")", removed, "\"}"));
  const std::string ours = before[absl::StrCat(kAcme, "second")].clean_room_name();
  const Console console(world);
  const std::string mark = disaster.Platform()[ours]["comment"];
  console.MakeRoom(ours, "stranger", "made by hand");
  console.MakeRoom(ours, "rk_acme_third_0123456789abcdef0123", mark);
  const CommandResult exported = RoomctlShell(world).Run({"brands", "export"});
  REQUIRE(exported.exit_code == 0);
  std::ofstream(disaster.file("enrolments.yaml")) << exported.output;

  // While a server runs it may be tried, not done.
  const CommandResult tried = disaster.Rebuild({"--dry-run"});
  INFO(tried.output << tried.errors);
  CHECK(tried.exit_code == 0);
  CHECK(LinesWith(tried.output, "REBUILT").size() == 4);
  CHECK_THAT(tried.output, Catch::Contains("nothing was written"));
  CHECK_THAT(disaster.Rebuild().errors, Catch::Contains("in use by another process"));
  world.KillDaemon();
  CHECK_THAT(disaster.Rebuild().errors, Catch::Contains("is not empty"));
  disaster.LoseStore();
  const std::string key = disaster.file("roomkeeper.db.provenance-key");
  REQUIRE(std::rename(key.c_str(), disaster.file("kept").c_str()) == 0);
  const CommandResult keyless = disaster.Rebuild();
  CHECK(keyless.exit_code == 1);
  CHECK_THAT(keyless.errors, Catch::Contains("put the key of the lost store back"));
  REQUIRE(std::rename(disaster.file("kept").c_str(), key.c_str()) == 0);
  const auto platform = disaster.Platform();
  const int writes = disaster.WritesThatActed();

  const CommandResult rebuilt = disaster.Rebuild();
  INFO(rebuilt.output << rebuilt.errors);
  REQUIRE(rebuilt.exit_code == 0);
  CHECK(LinesWith(rebuilt.output, "REBUILT") == LinesWith(tried.output, "REBUILT"));
  const auto strangers = LinesWith(rebuilt.output, "NOT OURS");
  REQUIRE(strangers.size() == 2);
  CHECK_THAT(strangers[0], Catch::Contains("rk_acme_third_") && Catch::Contains("signature"));
  CHECK_THAT(strangers[1], Catch::Contains("stranger") && Catch::Contains("no mark"));
  CHECK_THAT(rebuilt.output, !Catch::Contains(removed) && Catch::Contains("generation 2"));

  world.StartDaemon();
  auto after = disaster.List(world.operator_key());
  before.erase(absl::StrCat(kAcme, "by-hand"));
  REQUIRE(after.size() == before.size());
  for (const auto& [name, room] : before) {
    CAPTURE(name);
    CHECK(world.Wait(world.operator_key(), after[name].job()).state() == v1::JOB_STATE_SUCCEEDED);
  }
  after = disaster.List(world.operator_key());
  for (const auto& [name, room] : before) {
    CAPTURE(name);
    CHECK(after[name].state() == v1::CLEAN_ROOM_STATE_READY);
    CHECK(after[name].clean_room_name() == room.clean_room_name());
    CHECK(after[name].generation() == room.generation());
    CHECK(after[name].central_clean_room_id() == room.central_clean_room_id());
    REQUIRE(after[name].notebooks_size() == 1);
    CHECK(after[name].notebooks(0).etag() == room.notebooks(0).etag());
  }
  CHECK(disaster.Platform() == platform);
  CHECK(disaster.WritesThatActed() == writes);

  // The brands go on with new keys.
  v1::CleanRoom seen;
  v1::GetCleanRoomRequest get;
  get.set_name(absl::StrCat(kGlobex, "identity-match"));
  CHECK(
      disaster.Rooms()->GetCleanRoom(world.Call(disaster.globex).get(), get, &seen).error_code() ==
      grpc::StatusCode::UNAUTHENTICATED);
  v1::CreateApiKeyRequest request;
  request.set_parent("brands/globex/installs/prod");
  v1::ApiKey fresh;
  REQUIRE(v1::BrandService::NewStub(world.channel())
              ->CreateApiKey(world.Call(world.operator_key()).get(), request, &fresh)
              .ok());
  CHECK(disaster.Rooms()->GetCleanRoom(world.Call(fresh.key()).get(), get, &seen).ok());
  CHECK(seen.state() == v1::CLEAN_ROOM_STATE_READY);
}

TEST_CASE("a platform that cannot be read leaves no store behind", "[e2e]") {
  Disaster disaster;
  disaster.Make(disaster.acme, "identity-match");
  const CommandResult exported = RoomctlShell(disaster.world).Run({"brands", "export"});
  std::ofstream(disaster.file("enrolments.yaml")) << exported.output;
  disaster.world.KillDaemon();
  disaster.LoseStore();
  (void)disaster.world.Control("POST", "/faults",
                               R"({"pattern":"GET /api/2.0/clean-rooms/*","status":400})");

  const CommandResult refused = disaster.Rebuild();

  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.errors, Catch::Contains("shard main: rk_acme_identity_match_") &&
                                 Catch::Contains("nothing was written, try again"));
  CHECK_FALSE(std::filesystem::exists(disaster.file("roomkeeper.db")));
  CHECK_FALSE(std::filesystem::exists(disaster.file("roomkeeper.db.rebuilding")));
  (void)disaster.world.Control("DELETE", "/faults");
  CHECK(disaster.Rebuild().exit_code == 0);
  CHECK(disaster.Rebuild({"--enrolments", disaster.file("no.yaml")}).exit_code == 1);
}

TEST_CASE("a rebuild that is killed leaves no half store, and is run again", "[e2e]") {
  Disaster disaster;
  disaster.Make(disaster.acme, "identity-match");
  const CommandResult exported = RoomctlShell(disaster.world).Run({"brands", "export"});
  std::ofstream(disaster.file("enrolments.yaml")) << exported.output;
  disaster.world.KillDaemon();
  disaster.LoseStore();
  (void)disaster.world.Control("POST", "/faults",
                               R"({"pattern":"GET /api/2.0/clean-rooms/*","ending":"hang"})");
  (void)disaster.world.Control("DELETE", "/requests");
  auto program = Subprocess::Start({.argv = disaster.Command()});
  REQUIRE_OK(program);
  while (disaster.world.Control("GET", "/requests/counts")["counts"].count(
             "GET /api/2.0/clean-rooms/{room}") == 0) {
    // The pause between two questions ends with the program.
    const auto ended = (*program)->Wait(absl::Milliseconds(50));
    REQUIRE(ended.status().code() == absl::StatusCode::kDeadlineExceeded);
  }
  CHECK_THAT(disaster.Rebuild().errors, Catch::Contains("in use by another process"));

  (*program)->Signal(SIGKILL);
  REQUIRE_OK((*program)->Wait());

  CHECK(std::filesystem::file_size(disaster.file("roomkeeper.db")) == 0);
  (void)disaster.world.Control("DELETE", "/faults");
  CHECK(disaster.Rebuild().exit_code == 0);
  disaster.world.StartDaemon();
  CHECK(disaster.List(disaster.world.operator_key()).size() == 1);
}

TEST_CASE("store rebuild without its enrolments is a wrong command line", "[e2e]") {
  const std::string program = absl::StrCat(RK_BIN_DIR, "/roomkeeperd");

  CHECK(RunProgram({program, "store", "rebuild", "--config", "any.yaml"}).exit_code == 2);
  CHECK(RunProgram({program, "--config", "any.yaml", "--dry-run"}).exit_code == 2);
}

}  // namespace
}  // namespace roomkeeper::testing
