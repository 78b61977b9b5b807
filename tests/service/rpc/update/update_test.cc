#include <string>

#include "lib/model/reasons.h"
#include "tests/service/rpc/seen_fields.h"
#include "tests/service/rpc/world.h"

namespace roomkeeper {
namespace {

using testing::kAcmeRoom;
using testing::World;
using Rooms = v1::CleanRoomService::Stub;

auto Update(World& world, const std::string& key, const std::string& version,
            const std::string& etag = "") {
  v1::UpdateCleanRoomRequest request;
  request.set_name(kAcmeRoom);
  request.set_package_version(version);
  request.set_etag(etag);
  return world.Call(world.rooms, &Rooms::UpdateCleanRoom, request, key);
}

v1::CleanRoom Get(World& world) {
  v1::GetCleanRoomRequest request;
  request.set_name(kAcmeRoom);
  return world.Call(world.rooms, &Rooms::GetCleanRoom, request, world.acme).value;
}

std::string OtherVersion(World& world, const std::string& version) {
  const auto& versions = world.packages.versions;
  return versions.front()->version == version ? versions.back()->version
                                              : versions.front()->version;
}

TEST_CASE("a room goes to another version and back by RPC", "[service][update]") {
  World world;
  REQUIRE(world.CreateAndWait(world.acme).state() == v1::JOB_STATE_SUCCEEDED);
  const v1::CleanRoom before = Get(world);
  const std::string first = before.package_version();
  const std::string second = OtherVersion(world, first);

  CHECK(Update(world, world.zeta, second).reason() == reason::kNotFound);
  CHECK(Update(world, world.acme, second, "999").reason() == reason::kEtagMismatch);
  CHECK(Update(world, world.acme, "").reason() == reason::kInvalidRequest);
  const auto job = Update(world, world.acme, second, before.etag());
  INFO(job.status.error_message());
  REQUIRE(job.ok());
  CHECK(job.value.previous_package_version() == first);

  const v1::Job moved = world.Wait(job.value.name(), world.acme);
  CHECK(moved.state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(moved.steps_size() == 4);  // none that makes a room
  CHECK(Get(world).package_version() == second);
  CHECK(Get(world).clean_room_name() == before.clean_room_name());
  CHECK(Get(world).leaving_package_version().empty());
  v1::GetRunnableNotebookRequest run;
  run.set_name(kAcmeRoom);
  const auto runnable = world.Call(world.rooms, &Rooms::GetRunnableNotebook, run, world.acme);
  REQUIRE(runnable.ok());
  CHECK(runnable.value.package_version() == second);

  const auto back = Update(world, world.op, first);
  REQUIRE(back.ok());
  CHECK(world.Wait(back.value.name(), world.acme).state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(Get(world).package_version() == first);
}

TEST_CASE("the plan of another version says what would change", "[service][update]") {
  World world;
  REQUIRE(world.CreateAndWait(world.acme).state() == v1::JOB_STATE_SUCCEEDED);
  const std::string second = OtherVersion(world, Get(world).package_version());
  v1::PlanCleanRoomRequest request;
  request.mutable_clean_room()->set_package("packages/identity-match");
  request.mutable_clean_room()->set_package_version(second);

  const auto plan = world.Call(world.rooms, &Rooms::PlanCleanRoom, request, world.acme);

  INFO(plan.status.error_message());
  REQUIRE(plan.ok());
  REQUIRE(plan.value.actions_size() > 0);
  CHECK(plan.value.actions(plan.value.actions_size() - 1).action() == "UPDATE_ROOM");
  CHECK(plan.value.quota().rooms_added() == 0);
  CHECK(plan.value.clean_room().package_version() == second);
  CHECK(Get(world).package_version() != second);
}

}  // namespace

void testing::SeeMovingRoom(SeenFields& seen) {
  World world;
  REQUIRE(world.CreateAndWait(world.acme).state() == v1::JOB_STATE_SUCCEEDED);
  const std::string first = Get(world).package_version();
  world.OnLoop([&] { world.platform->silent = true; });
  const auto job = Update(world, world.op, OtherVersion(world, first));
  REQUIRE(job.ok());
  seen(job.value);
  v1::GetCleanRoomRequest request;
  request.set_name(kAcmeRoom);
  const auto moving = world.Call(world.rooms, &Rooms::GetCleanRoom, request, world.op);
  REQUIRE(moving.ok());
  CHECK(seen(moving.value).leaving_package_version() == first);
  CHECK(moving.value.state() == v1::CLEAN_ROOM_STATE_CONFIGURING);
  world.OnLoop([&] { world.platform->AnswerAll(); });
  CHECK(world.Wait(job.value.name(), world.op).state() == v1::JOB_STATE_SUCCEEDED);
}

}  // namespace roomkeeper
