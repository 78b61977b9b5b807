#include <csignal>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "tests/e2e/world.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

std::string DaemonConfig(const World& world) {
  std::ostringstream text;
  text << std::ifstream(absl::StrCat(world.folder(), "/roomkeeperd.yaml")).rdbuf();
  return text.str();
}

// Runs a daemon that is to refuse to start.
CommandResult RunDaemon(const World& world, const std::string& config) {
  const std::string file = absl::StrCat(world.folder(), "/other.yaml");
  std::ofstream(file) << config;
  const auto result =
      RunCommand({.argv = {absl::StrCat(RK_BIN_DIR, "/roomkeeperd"), "--config", file}});
  REQUIRE_OK(result);
  return *result;
}

TEST_CASE("a second daemon on the same store refuses to start and says why", "[e2e]") {
  const World world({});

  const CommandResult second = RunDaemon(world, DaemonConfig(world));

  CHECK(second.exit_code == 1);
  CHECK_THAT(second.errors, Catch::Contains("roomkeeper.db") && Catch::Contains("in use"));
}

TEST_CASE("a port that is taken is named, and the daemon ends", "[e2e]") {
  const World world({});
  const std::string taken = absl::StrReplaceAll(world.admin_url(), {{"http://", ""}});

  const CommandResult second = RunDaemon(
      world,
      absl::StrReplaceAll(DaemonConfig(world), {{"grpc: {address: \"127.0.0.1:0\"}",
                                                 absl::StrCat("grpc: {address: \"", taken, "\"}")},
                                                {"roomkeeper.db", "other.db"}}));

  CHECK(second.exit_code == 1);
  CHECK_THAT(second.errors, Catch::Contains(taken));
}

TEST_CASE("a store that cannot be made is named, and the daemon ends", "[e2e]") {
  const World world({});

  const CommandResult second = RunDaemon(
      world,
      absl::StrReplaceAll(DaemonConfig(world), {{"/roomkeeper.db", "/no/such/roomkeeper.db"}}));

  CHECK(second.exit_code == 1);
  CHECK_THAT(second.errors, Catch::Contains("/no/such"));
}

TEST_CASE("a wrong config is refused with its line, and nothing is served", "[e2e]") {
  const World world({});

  const CommandResult second = RunDaemon(world, absl::StrCat(DaemonConfig(world), "colour: red\n"));

  CHECK(second.exit_code == 1);
  CHECK_THAT(second.errors, Catch::Contains("other.yaml:") && Catch::Contains("colour"));
}

TEST_CASE("an unreachable workspace: it serves, is not ready, and heals by itself", "[e2e]") {
  World world({});
  world.KillDaemon();
  (void)world.Control("POST", "/faults",
                      R"({"pattern":"* *","workspace":"provider","ending":"reset","times":-1})");

  world.StartDaemon();
  const std::string key = world.Enroll("acme");
  CHECK_THAT(world.AwaitAdmin("/readyz", "\n503\n"), Catch::Contains("main"));
  const auto stub = v1::CleanRoomService::NewStub(world.channel());
  v1::CreateCleanRoomRequest request;
  request.mutable_clean_room()->set_package("packages/identity-match");
  v1::Job job;
  REQUIRE(stub->CreateCleanRoom(world.Call(key).get(), request, &job).ok());
  (void)world.Control("DELETE", "/faults");

  (void)world.AwaitAdmin("/readyz", "\n200\n");
  CHECK(world.Wait(key, job.name()).state() == v1::JOB_STATE_SUCCEEDED);
}

TEST_CASE("a secret that the platform refuses is the operator's move, and nothing is made",
          "[e2e]") {
  World world({});
  world.KillDaemon();
  const std::string file = absl::StrCat(world.folder(), "/secrets/provider.roomkeeper.secret");
  std::ofstream(file, std::ios::trunc) << "wrong\n";
  world.StartDaemon();
  const std::string key = world.Enroll("acme");
  const auto stub = v1::CleanRoomService::NewStub(world.channel());
  v1::CreateCleanRoomRequest request;
  request.mutable_clean_room()->set_package("packages/identity-match");
  v1::Job job;
  REQUIRE(stub->CreateCleanRoom(world.Call(key).get(), request, &job).ok());

  CHECK_THAT(world.AwaitAdmin("/readyz", "invalid_client"), Catch::Contains("\n503\n"));
  const auto jobs = v1::JobService::NewStub(world.channel());
  v1::WatchJobRequest watch;
  watch.set_name(job.name());
  const auto call = world.Call(key);
  const auto stream = jobs->WatchJob(call.get(), watch);
  v1::JobEvent event;
  while (stream->Read(&event) && event.move() != v1::MOVE_PROVIDER_OPERATOR) {
  }
  CHECK(event.move() == v1::MOVE_PROVIDER_OPERATOR);
  call->TryCancel();
  CHECK(world.Control("GET", "/requests/counts").dump().find("POST /api/2.0/clean-rooms") ==
        std::string::npos);
  CHECK_THAT(world.log(), !Catch::Contains("wrong\""));
}

TEST_CASE("a second SIGTERM does not wait for the drain, and does no harm", "[e2e]") {
  World world({});
  const std::string key = world.Enroll("acme");
  (void)world.Control("POST", "/faults",
                      R"({"pattern":"* *","workspace":"provider","ending":"hang","times":-1})");
  const auto stub = v1::CleanRoomService::NewStub(world.channel());
  v1::CreateCleanRoomRequest request;
  request.mutable_clean_room()->set_package("packages/identity-match");
  v1::Job job;
  REQUIRE(stub->CreateCleanRoom(world.Call(key).get(), request, &job).ok());
  v1::PlanCleanRoomRequest plan;
  *plan.mutable_clean_room() = request.clean_room();
  plan.set_clean_room_id("other");
  const auto context = world.Call(key);
  v1::CleanRoomPlan planned;
  grpc::CompletionQueue queue;  // the answer does not matter: the call holds up the drain
  grpc::Status status;
  const auto call = stub->AsyncPlanCleanRoom(context.get(), plan, &queue);
  call->Finish(&planned, &status, nullptr);

  world.daemon().Signal(SIGTERM);
  absl::StatusOr<int> code = absl::UnavailableError("");
  while (!code.ok()) {  // two that are sent at once count as one
    world.daemon().Signal(SIGTERM);
    code = world.daemon().Wait(absl::Milliseconds(100));
  }
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);

  CHECK(*code == 128 + SIGTERM);
  (void)world.Control("DELETE", "/faults");
  world.StartDaemon();
  CHECK(world.Wait(key, job.name()).state() == v1::JOB_STATE_SUCCEEDED);
}

}  // namespace
}  // namespace roomkeeper::testing
