// A disk without space under the real daemon. No file system is mounted for it: a limit of no bytes
// on the size of its files has every write fail, with EFBIG where a full disk says ENOSPC.

#include <sys/resource.h>

#include <string>

#include "roomkeeper/v1/clean_room.grpc.pb.h"

#include "tests/e2e/world.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

void SetSpace(World& world, rlim_t bytes) {
  const rlimit limit = {.rlim_cur = bytes, .rlim_max = RLIM_INFINITY};
  REQUIRE(prlimit(world.daemon_pid(), RLIMIT_FSIZE, &limit, nullptr) == 0);
}

grpc::Status Create(World& world, const std::string& key, const std::string& id, v1::Job& job) {
  v1::CreateCleanRoomRequest request;
  request.set_clean_room_id(id);
  request.set_request_id(id);
  request.mutable_clean_room()->set_package("packages/identity-match");
  return v1::CleanRoomService::NewStub(world.channel())
      ->CreateCleanRoom(world.Call(key).get(), request, &job);
}

TEST_CASE("R3: on a full disk nothing is acknowledged, nothing acknowledged is lost, and it heals",
          "[e2e]") {
  World world({.simulator = "provisioning: {mean: 500ms}\n", .daemon = ""});
  const std::string key = world.Enroll("acme");
  v1::Job before;
  REQUIRE(Create(world, key, "before", before).ok());

  SetSpace(world, 0);
  v1::Job during;
  const grpc::Status refused = Create(world, key, "during", during);

  CHECK(refused.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK_THAT(refused.error_details(), Catch::Contains("STORE_UNAVAILABLE"));
  CHECK_THAT(world.AwaitAdmin("/readyz", "store: store: "), Catch::Contains("\n503\n"));
  CHECK_THAT(world.AwaitAdmin("/livez", "\n"), Catch::Contains("\n200\n"));
  v1::GetJobRequest get;
  get.set_name(before.name());
  v1::Job read;
  CHECK(v1::JobService::NewStub(world.channel())->GetJob(world.Call(key).get(), get, &read).ok());
  CHECK(read.name() == before.name());

  SECTION("while it runs") {
    SetSpace(world, RLIM_INFINITY);
    (void)world.AwaitAdmin("/readyz", "\n200\n");
  }
  SECTION("although it was killed meanwhile") {
    world.KillDaemon();
    world.StartDaemon();
  }

  v1::Job again;
  REQUIRE(Create(world, key, "during", again).ok());
  v1::Job same;
  REQUIRE(Create(world, key, "before", same).ok());
  CHECK(same.name() == before.name());
  CHECK(world.Wait(key, before.name()).state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(world.Wait(key, again.name()).state() == v1::JOB_STATE_SUCCEEDED);
  const nlohmann::json counts = world.Control("GET", "/requests/counts");
  CHECK(counts["counts"]["POST /api/2.0/clean-rooms"] == 2);
}

}  // namespace
}  // namespace roomkeeper::testing
