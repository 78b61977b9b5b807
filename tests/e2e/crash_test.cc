#include <signal.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "tests/e2e/world.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

constexpr int kRooms = 12;

// Every request is asked again after each kill with its own request_id, as an app does that lost
// the answer.
std::vector<std::string> AskForRooms(World& world, const std::string& key) {
  const auto stub = v1::CleanRoomService::NewStub(world.channel());
  std::vector<std::string> jobs;
  for (int i = 0; i < kRooms; ++i) {
    v1::CreateCleanRoomRequest request;
    request.set_clean_room_id(absl::StrCat("room-", i));
    request.set_request_id(absl::StrCat("request-", i));
    request.mutable_clean_room()->set_package("packages/identity-match");
    v1::Job job;
    const auto status = stub->CreateCleanRoom(world.Call(key).get(), request, &job);
    INFO(status.error_message());
    REQUIRE(status.ok());
    jobs.push_back(job.name());
  }
  return jobs;
}

// Events of a job after `last`: gapless, and ending with success.
void CheckHistory(World& world, const std::string& key, const std::string& job,
                  std::int64_t last = 0) {
  const auto stub = v1::JobService::NewStub(world.channel());
  v1::WatchJobRequest request;
  request.set_name(job);
  request.set_after_sequence(last);
  const auto call = world.Call(key);
  const auto stream = stub->WatchJob(call.get(), request);
  v1::JobEvent event;
  while (stream->Read(&event)) {
    CHECK(event.sequence() == last + 1);
    last = event.sequence();
  }
  CHECK(stream->Finish().ok());
  CHECK(event.type() == "job.succeeded");
}

TEST_CASE("R1 R3: rooms asked for are made once each, whenever the daemon is killed", "[e2e]") {
  const unsigned seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937 random(seed);
  World world(
      {.simulator =
           "latency: {mean: 15ms, spread: 10ms}\nprovisioning: {mean: 400ms, spread: 300ms}\n"
           "asset_pending: {mean: 30ms, spread: 30ms}\n",
       .daemon = ""});
  const std::string key = world.Enroll("acme");
  const std::vector<std::string> jobs = AskForRooms(world, key);

  for (int kill = 0; kill < 8; ++kill) {
    // Not a wait for something to be done: any instant is as good, and all must be survived.
    const auto stub = v1::JobService::NewStub(world.channel());
    v1::WaitJobRequest wait;
    wait.set_name(jobs.back());
    wait.mutable_timeout()->set_nanos(static_cast<std::int32_t>(random() % 400) * 1000000 +
                                      1000000);
    v1::Job job;
    (void)stub->WaitJob(world.Call(key).get(), wait, &job);
    world.KillDaemon();
    world.StartDaemon();
    CHECK(AskForRooms(world, key) == jobs);
  }

  for (const std::string& name : jobs) {
    const v1::Job job = world.Wait(key, name);
    INFO(job.DebugString());
    CHECK(job.state() == v1::JOB_STATE_SUCCEEDED);
    CheckHistory(world, key, name);
  }
  // The platform's own truth: a room made once each, and each thing in it written once.
  const nlohmann::json requests = world.Control("GET", "/requests");
  int created = 0;
  for (const auto& request : requests["requests"]) {
    created += request["route"] == "POST /api/2.0/clean-rooms" && request["status"] == 200 ? 1 : 0;
  }
  CHECK(created == kRooms);
  const nlohmann::json state = world.Control("POST", "/control", R"({"action":"state"})");
  std::map<std::string, int> statuses;
  const auto metastore = world.workspace("provider")["global_metastore_id"].get<std::string>();
  for (const auto& room : state.at("metastores").at(metastore).at("rooms")) {
    ++statuses[room.at("status").get<std::string>()];
    CHECK(room.at("assets").size() == 4);  // three tables and the notebook
    for (const auto& asset : room.at("assets")) {
      CHECK(asset.value("revisions", 1) == 1);
    }
  }
  CHECK(statuses == std::map<std::string, int>{{"ACTIVE", kRooms}});
}

TEST_CASE("SIGTERM drains and exits 0, and the next start goes on", "[e2e]") {
  World world({.simulator = "provisioning: {mean: 500ms}\n", .daemon = ""});
  const std::string key = world.Enroll("acme");
  const std::vector<std::string> jobs = AskForRooms(world, key);

  CHECK(world.TerminateDaemon() == 0);
  world.StartDaemon();

  for (const std::string& name : jobs) {
    CHECK(world.Wait(key, name).state() == v1::JOB_STATE_SUCCEEDED);
  }
}

TEST_CASE("R12: SIGTERM ends a watch with the place from which the next server goes on", "[e2e]") {
  World world({});
  const std::string key = world.Enroll("acme");
  (void)world.Control("POST", "/faults",
                      R"({"pattern":"* *","workspace":"provider","ending":"hang","times":-1})");
  const std::string job = AskForRooms(world, key).back();
  v1::WatchJobRequest request;
  request.set_name(job);
  const auto call = world.Call(key);
  const auto stub = v1::JobService::NewStub(world.channel());
  const auto stream = stub->WatchJob(call.get(), request);
  v1::JobEvent event;
  REQUIRE(stream->Read(&event));

  world.daemon().Signal(SIGTERM);
  std::int64_t last = 0;
  do {
    CHECK(event.sequence() == last + 1);
    last = event.sequence();
  } while (stream->Read(&event));

  CHECK(stream->Finish().error_code() == grpc::StatusCode::UNAVAILABLE);
  const auto& trailing = call->GetServerTrailingMetadata();
  const auto token = trailing.find("roomkeeper-resume-after-sequence");
  REQUIRE(token != trailing.end());
  const std::string after(token->second.data(), token->second.size());
  CHECK(after == absl::StrCat(last));
  const auto code = world.daemon().Wait();
  REQUIRE_OK(code);
  CHECK(*code == 0);
  (void)world.Control("DELETE", "/faults");
  world.StartDaemon();
  CheckHistory(world, key, job, std::stoll(after));
}

}  // namespace
}  // namespace roomkeeper::testing
