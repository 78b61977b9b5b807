#include <map>
#include <string>

#include "lib/model/reasons.h"
#include "tests/service/rpc/world.h"

namespace roomkeeper {
namespace {

using testing::kAcmeRoom;
using testing::World;
using Operations = v1::OperationsService::Stub;
using Rooms = v1::CleanRoomService::Stub;
using PlatformRooms = std::map<std::string, testing::FakeProvider::Room>;

PlatformRooms Platform(World& world) {
  PlatformRooms rooms;
  world.OnLoop([&] { rooms = world.platform->rooms; });
  return rooms;
}

void SetPlatform(World& world, const PlatformRooms& rooms) {
  world.OnLoop([&] { world.platform->rooms = rooms; });
}

// What a server that is gone left on the platform.
PlatformRooms RoomsOfALostStore() {
  World lost;
  REQUIRE(lost.CreateAndWait(lost.acme).state() == v1::JOB_STATE_SUCCEEDED);
  return Platform(lost);
}

v1::FindOrphansResponse Orphans(World& world) {
  const auto answer =
      world.Call(world.operations, &Operations::FindOrphans, v1::FindOrphansRequest(), world.op);
  INFO(answer.status.error_message());
  REQUIRE(answer.ok());
  return answer.value;
}

v1::AdoptCleanRoomRequest AdoptRequest(const std::string& room_name) {
  v1::AdoptCleanRoomRequest request;
  request.set_room_name(room_name);
  request.set_parent("brands/acme/installs/main");
  request.mutable_clean_room()->set_package("packages/identity-match");
  return request;
}

auto Adopt(World& world, const v1::AdoptCleanRoomRequest& request) {
  return world.Call(world.operations, &Operations::AdoptCleanRoom, request, world.op);
}

auto Forget(World& world, const std::string& key) {
  v1::ForgetCleanRoomRequest request;
  request.set_name(kAcmeRoom);
  return world.Call(world.operations, &Operations::ForgetCleanRoom, request, key);
}

TEST_CASE("only operators look for orphans, adopt and forget", "[service][orphans]") {
  World world({.engine = false});
  CHECK(world.Call(world.operations, &Operations::FindOrphans, v1::FindOrphansRequest(), world.acme)
            .reason() == reason::kOperatorOnly);
  CHECK(world.Call(world.operations, &Operations::AdoptCleanRoom, AdoptRequest("x"), world.acme)
            .reason() == reason::kOperatorOnly);
  CHECK(Forget(world, world.acme).reason() == reason::kOperatorOnly);
}

TEST_CASE("where rooms and records match there is nothing to tell", "[service][orphans]") {
  World world;
  (void)world.CreateAndWait(world.acme);
  const v1::FindOrphansResponse found = Orphans(world);
  CHECK(found.orphans().empty());
  CHECK(found.not_asked().empty());
  v1::FindOrphansRequest request;
  request.set_shard("nowhere");
  CHECK(world.Call(world.operations, &Operations::FindOrphans, request, world.op).reason() ==
        reason::kNotFound);
}

TEST_CASE("a room that the platform lost is told and forgotten, and the brand has the next move",
          "[service][orphans]") {
  World world;
  (void)world.CreateAndWait(world.acme);
  CHECK(Forget(world, world.op).reason() == reason::kRoomStillThere);
  SetPlatform(world, {});

  const v1::FindOrphansResponse found = Orphans(world);
  REQUIRE(found.orphans_size() == 1);
  CHECK(found.orphans(0).kind() == v1::Orphan::KIND_GONE);
  CHECK(found.orphans(0).clean_room() == kAcmeRoom);
  const auto job = Forget(world, world.op);
  INFO(job.status.error_message());
  REQUIRE(job.ok());
  CHECK(world.Wait(job.value.name(), world.op).state() == v1::JOB_STATE_SUCCEEDED);

  CHECK(world.StoredRoom(kAcmeRoom).state == RoomState::kAwaitingBrandDelete);
  CHECK(world.platform->calls("DeleteRoom") == 0);
  const v1::FindOrphansResponse then = Orphans(world);
  REQUIRE(then.orphans_size() == 1);
  CHECK(then.orphans(0).kind() == v1::Orphan::KIND_TOMBSTONE);
  CHECK(Forget(world, world.op).reason() == reason::kRoomDeleted);
}

TEST_CASE("a room of a lost store is told and adopted without making another",
          "[service][orphans]") {
  const PlatformRooms left = RoomsOfALostStore();
  REQUIRE(left.size() == 1);
  World world;
  SetPlatform(world, left);

  const v1::FindOrphansResponse found = Orphans(world);
  REQUIRE(found.orphans_size() == 1);
  CHECK(found.orphans(0).kind() == v1::Orphan::KIND_UNCLAIMED);
  CHECK(found.orphans(0).mark() == v1::Orphan::MARK_OURS);
  CHECK(found.orphans(0).room_name() == left.begin()->first);
  auto request = AdoptRequest(found.orphans(0).room_name());
  request.set_validate_only(true);
  CHECK(Adopt(world, request).value.name().empty());
  request.set_validate_only(false);
  const auto job = Adopt(world, request);
  INFO(job.status.error_message());
  REQUIRE(job.ok());
  CHECK(world.Wait(job.value.name(), world.op).state() == v1::JOB_STATE_SUCCEEDED);

  CHECK(world.StoredRoom(kAcmeRoom).state == RoomState::kReady);
  CHECK(Platform(world).size() == 1);
  CHECK(world.platform->violations().empty());
  CHECK(Orphans(world).orphans().empty());
}

TEST_CASE("what is lacking in an adopted room is repaired", "[service][orphans]") {
  PlatformRooms left = RoomsOfALostStore();
  const std::size_t whole = left.begin()->second.assets.size();
  left.begin()->second.assets.clear();
  World world;
  SetPlatform(world, left);

  const auto job = Adopt(world, AdoptRequest(left.begin()->first));
  REQUIRE(job.ok());
  CHECK(world.Wait(job.value.name(), world.op).state() == v1::JOB_STATE_SUCCEEDED);

  CHECK(Platform(world).begin()->second.assets.size() == whole);
}

TEST_CASE("an adoption that is refused leaves the room, and RetryJob takes it in",
          "[service][orphans]") {
  PlatformRooms left = RoomsOfALostStore();
  left.begin()->second.assets.clear();
  World world;
  SetPlatform(world, left);
  world.OnLoop([&] {
    world.platform->on_call = [&](int call, const std::string& name) {
      if (name == "AddAsset" && world.platform->faults.empty()) {
        world.platform->faults = {{.at_call = call, .error = CallError::kInvalid}};
      }
    };
  });

  const auto job = Adopt(world, AdoptRequest(left.begin()->first));
  REQUIRE(job.ok());
  CHECK(world.Wait(job.value.name(), world.op).state() == v1::JOB_STATE_FAILED);
  CHECK(world.StoredRoom(kAcmeRoom).state == RoomState::kDegraded);
  CHECK(Platform(world).size() == 1);
  v1::RetryJobRequest retry;
  retry.set_name(job.value.name());
  const auto again = world.Call(world.jobs, &v1::JobService::Stub::RetryJob, retry, world.op);
  INFO(again.status.error_message());
  REQUIRE(again.ok());
  CHECK(world.Wait(again.value.name(), world.op).state() == v1::JOB_STATE_SUCCEEDED);

  CHECK(world.StoredRoom(kAcmeRoom).state == RoomState::kReady);
  CHECK(Platform(world).size() == 1);
}

TEST_CASE("a room that is not provably this one is not adopted", "[service][orphans]") {
  PlatformRooms left = RoomsOfALostStore();
  const std::string name = left.begin()->first;
  World world;
  CHECK(Adopt(world, AdoptRequest(name)).reason() == reason::kNotFound);
  SetPlatform(world, left);
  CHECK(Adopt(world, AdoptRequest("rk_another")).reason() == reason::kRoomNotOurs);
  auto other = AdoptRequest(name);
  other.set_clean_room_id("another");
  CHECK(Adopt(world, other).reason() == reason::kRoomNotOurs);
  auto invited = AdoptRequest(name);
  invited.mutable_invitee()->set_invite_recipient_email("other@brand.example");
  CHECK(Adopt(world, invited).reason() == reason::kRoomDiffers);
  left.begin()->second.seen.comment = "made by hand";
  SetPlatform(world, left);

  CHECK(Adopt(world, AdoptRequest(name)).reason() == reason::kRoomNotOurs);

  const v1::FindOrphansResponse found = Orphans(world);
  REQUIRE(found.orphans_size() == 1);
  CHECK(found.orphans(0).mark() == v1::Orphan::MARK_NONE);
  v1::ListCleanRoomsRequest list;
  CHECK(
      world.Call(world.rooms, &Rooms::ListCleanRooms, list, world.op).value.clean_rooms().empty());
}

TEST_CASE("a shard that does not answer hides nothing and accuses nobody", "[service][orphans]") {
  World world;
  (void)world.CreateAndWait(world.acme);
  SetPlatform(world, {});
  world.OnLoop([&] {
    world.platform->faults.push_back(
        {.at_call = world.platform->calls() + 1, .error = CallError::kUnavailable});
  });

  const v1::FindOrphansResponse found = Orphans(world);

  CHECK(found.orphans().empty());
  REQUIRE(found.not_asked_size() == 1);
  CHECK(found.not_asked(0).shard() == "west");
}

}  // namespace
}  // namespace roomkeeper
