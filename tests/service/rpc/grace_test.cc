#include <string>

#include "lib/model/reasons.h"
#include "tests/service/rpc/world.h"

namespace roomkeeper {
namespace {

using testing::kAcmeRoom;
using testing::World;
using Jobs = v1::JobService::Stub;
using Rooms = v1::CleanRoomService::Stub;

auto Delete(World& world, const std::string& key, int grace_seconds = -1) {
  v1::DeleteCleanRoomRequest request;
  request.set_name(kAcmeRoom);
  if (grace_seconds >= 0) {
    request.mutable_grace()->set_seconds(grace_seconds);
  }
  return world.Call(world.rooms, &Rooms::DeleteCleanRoom, request, key);
}

auto Undelete(World& world, const std::string& key) {
  v1::UndeleteCleanRoomRequest request;
  request.set_name(kAcmeRoom);
  return world.Call(world.rooms, &Rooms::UndeleteCleanRoom, request, key);
}

v1::CleanRoom Get(World& world) {
  v1::GetCleanRoomRequest request;
  request.set_name(kAcmeRoom);
  return world.Call(world.rooms, &Rooms::GetCleanRoom, request, world.acme).value;
}

TEST_CASE("a removal shows when it begins, and is taken back", "[service][grace]") {
  World world({.settings = {.delete_grace = absl::Hours(1)}});
  (void)world.CreateAndWait(world.acme);

  const auto job = Delete(world, world.acme);

  REQUIRE(job.ok());
  CHECK(job.value.state() == v1::JOB_STATE_QUEUED);
  const v1::CleanRoom waiting = Get(world);
  CHECK(waiting.state() == v1::CLEAN_ROOM_STATE_READY);
  CHECK(waiting.purge_time().seconds() == job.value.create_time().seconds() + 3600);
  CHECK(job.value.wake_time().seconds() == waiting.purge_time().seconds());
  v1::GetRunnableNotebookRequest run;
  run.set_name(kAcmeRoom);
  CHECK(world.Call(world.rooms, &Rooms::GetRunnableNotebook, run, world.acme).ok());
  CHECK(Undelete(world, world.zeta).reason() == reason::kNotFound);

  const auto back = Undelete(world, world.acme);

  REQUIRE(back.ok());
  CHECK_FALSE(back.value.has_purge_time());
  CHECK(back.value.state() == v1::CLEAN_ROOM_STATE_READY);
  CHECK(world.Wait(job.value.name(), world.acme).state() == v1::JOB_STATE_CANCELLED);
  CHECK(Undelete(world, world.op).ok());  // again
}

TEST_CASE("CancelJob takes a removal back too, until it has begun", "[service][grace]") {
  World world({.settings = {.delete_grace = absl::Hours(1)}});
  (void)world.CreateAndWait(world.acme);
  v1::CancelJobRequest cancel;
  cancel.set_name(Delete(world, world.acme).value.name());
  const auto cancelled = world.Call(world.jobs, &Jobs::CancelJob, cancel, world.acme);
  REQUIRE(cancelled.ok());
  CHECK(cancelled.value.state() == v1::JOB_STATE_CANCELLED);
  CHECK(Get(world).state() == v1::CLEAN_ROOM_STATE_READY);

  const auto at_once = Delete(world, world.acme, 0);
  REQUIRE(at_once.ok());
  const auto state = world.Wait(at_once.value.name(), world.acme).state();
  CHECK(state == v1::JOB_STATE_SUCCEEDED);
  const auto late = Undelete(world, world.acme);
  CHECK(late.reason() == reason::kRoomNotInGrace);
  CHECK(late.status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_CASE("a grace may be shorter than the server's, not longer", "[service][grace]") {
  World world({.settings = {.delete_grace = absl::Hours(1)}});
  (void)world.CreateAndWait(world.acme);
  for (const int wrong : {3601, 400 * 86400}) {
    const auto refused = Delete(world, world.acme, wrong);
    CHECK(refused.reason() == reason::kInvalidRequest);
    REQUIRE(refused.refusal().violations.size() == 1);
    CHECK(refused.refusal().violations[0].field == "grace");
  }
  CHECK(Undelete(world, world.acme).reason() == reason::kRoomNotInGrace);
  REQUIRE(Delete(world, world.acme, 60).ok());
  CHECK(Get(world).purge_time().seconds() < absl::ToUnixSeconds(world.clock.Now()) + 61);
}

}  // namespace
}  // namespace roomkeeper
