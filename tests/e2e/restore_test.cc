#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "lib/base/mutex.h"
#include "tests/e2e/roomctl_shell.h"
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

// A brand's app that has one room made after the other until it is stopped.
class BusyApp {
 public:
  BusyApp(const World& world, std::string key)
      : world_(world), key_(std::move(key)), thread_([this] { Run(); }) {}
  ~BusyApp() { Stop(); }

  void AwaitRooms(std::size_t n) {
    const MutexLock lock(mu_);
    while (made_.size() < n) {
      more_.Wait(mu_);
    }
  }
  // Ids of the rooms that were acknowledged so far.
  std::vector<std::string> made() {
    const MutexLock lock(mu_);
    return made_;
  }
  void Stop() {
    stop_ = true;
    if (thread_.joinable()) {
      thread_.join();
    }
  }

 private:
  void Run() {
    const auto stub = v1::CleanRoomService::NewStub(world_.channel());
    const auto jobs = v1::JobService::NewStub(world_.channel());
    for (int i = 0; !stop_; ++i) {
      v1::CreateCleanRoomRequest request;
      request.set_clean_room_id(absl::StrCat("room-", i));
      request.mutable_clean_room()->set_package("packages/identity-match");
      v1::WaitJobRequest wait;
      v1::Job job;
      if (!stub->CreateCleanRoom(world_.Call(key_).get(), request, &job).ok()) {
        continue;
      }
      {
        const MutexLock lock(mu_);
        made_.push_back(request.clean_room_id());
        more_.NotifyAll();
      }
      wait.set_name(job.name());
      (void)jobs->WaitJob(world_.Call(key_).get(), wait, &job);
    }
  }

  const World& world_;
  const std::string key_;
  std::atomic<bool> stop_ = false;
  Mutex mu_;
  CondVar more_;
  std::vector<std::string> made_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;
};

TEST_CASE("roomctl backup copies a store under load, and a server goes on from the copy", "[e2e]") {
  World world(
      {.simulator = "provisioning: {mean: 0ms, spread: 0ms}\n", .store = ", backup_dir: ."});
  const std::string key = world.Enroll("acme");
  BusyApp app(world, key);
  app.AwaitRooms(20);

  const std::vector<std::string> before = app.made();
  const nlohmann::json backup = RoomctlShell(world).Json({"backup"});
  const std::size_t meanwhile = app.made().size();
  app.AwaitRooms(meanwhile + 5);
  app.Stop();

  const std::string copy = backup["path"];
  CHECK_THAT(copy, Catch::StartsWith(world.folder()) && Catch::Contains("/roomkeeper-2"));
  CHECK(std::stoll(backup["size_bytes"].get<std::string>()) > 10'000);
  CHECK_THAT(world.AwaitAdmin("/metrics", "roomkeeper_backup_last_success_timestamp_seconds "),
             Catch::Contains("roomkeeper_backup_last_success_timestamp_seconds "));
  world.KillDaemon();
  const CommandResult restored = RunStore(world, {"restore", copy});
  INFO(restored.errors);
  REQUIRE(restored.exit_code == 0);
  world.StartDaemon();

  const auto stub = v1::CleanRoomService::NewStub(world.channel());
  for (const std::string& id : before) {
    v1::GetCleanRoomRequest get;
    get.set_name(absl::StrCat("brands/acme/installs/prod/cleanRooms/", id));
    v1::CleanRoom room;
    CAPTURE(id);
    CHECK(stub->GetCleanRoom(world.Call(key).get(), get, &room).ok());
    CHECK(world.Wait(key, room.job()).state() == v1::JOB_STATE_SUCCEEDED);
  }
}

}  // namespace
}  // namespace roomkeeper::testing
