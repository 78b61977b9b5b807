#include <string>

#include "absl/strings/str_cat.h"

#include "lib/model/reasons.h"
#include "tests/service/rpc/world.h"

namespace roomkeeper {
namespace {

using testing::kAcmeRoom;
using testing::World;
using Rooms = v1::CleanRoomService::Stub;

v1::CreateCleanRoomRequest CreateFor(std::int64_t seconds) {
  auto request = World::CreateRequest();
  request.mutable_clean_room()->mutable_ttl()->set_seconds(seconds);
  return request;
}

v1::RenewCleanRoomRequest RenewFor(std::int64_t seconds) {
  v1::RenewCleanRoomRequest request;
  request.set_name(kAcmeRoom);
  request.mutable_ttl()->set_seconds(seconds);
  return request;
}

TEST_CASE("a room is asked for with a life, shows its end and is renewed", "[service][rooms]") {
  World world({.engine = false});
  REQUIRE(world.Call(world.rooms, &Rooms::CreateCleanRoom, CreateFor(3600), world.acme).ok());
  v1::GetCleanRoomRequest get;
  get.set_name(kAcmeRoom);
  const auto room = world.Call(world.rooms, &Rooms::GetCleanRoom, get, world.acme);
  REQUIRE(room.ok());
  CHECK(room.value.expire_time().seconds() == room.value.create_time().seconds() + 3600);

  const auto renewed = world.Call(world.rooms, &Rooms::RenewCleanRoom, RenewFor(7200), world.acme);
  REQUIRE(renewed.ok());
  CHECK(renewed.value.expire_time().seconds() >= room.value.create_time().seconds() + 7200);
  v1::RenewCleanRoomRequest at;
  at.set_name(kAcmeRoom);
  *at.mutable_expire_time() = renewed.value.expire_time();
  at.mutable_expire_time()->set_seconds(at.expire_time().seconds() + 60);
  const auto later = world.Call(world.rooms, &Rooms::RenewCleanRoom, at, world.acme);
  REQUIRE(later.ok());
  CHECK(later.value.expire_time().seconds() == at.expire_time().seconds());
}

TEST_CASE("lives that make no sense are refused by field", "[service][rooms]") {
  World world({.engine = false});
  const auto field_of = [](const auto& answer) {
    const Refusal refusal = answer.refusal();
    return refusal.violations.empty() ? "" : refusal.violations[0].field;
  };
  for (const std::int64_t seconds :
       {std::int64_t{0}, std::int64_t{-5}, std::int64_t{1} << 40, std::int64_t{169} * 3600}) {
    CAPTURE(seconds);
    const auto refused =
        world.Call(world.rooms, &Rooms::CreateCleanRoom, CreateFor(seconds), world.acme);
    CHECK(refused.reason() == reason::kInvalidRequest);
    CHECK(field_of(refused) == "clean_room.ttl");
  }
  REQUIRE(
      world.Call(world.rooms, &Rooms::CreateCleanRoom, World::CreateRequest(), world.acme).ok());
  CHECK(world.Call(world.rooms, &Rooms::RenewCleanRoom, RenewFor(60), world.acme).reason() ==
        reason::kRoomDoesNotExpire);
  v1::RenewCleanRoomRequest empty;
  empty.set_name(kAcmeRoom);
  CHECK(world.Call(world.rooms, &Rooms::RenewCleanRoom, empty, world.zeta).reason() ==
        reason::kNotFound);
}

}  // namespace
}  // namespace roomkeeper
