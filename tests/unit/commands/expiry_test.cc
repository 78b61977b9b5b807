#include <string>

#include "lib/commands/rooms/delete_clean_room.h"
#include "lib/commands/rooms/explain_clean_room.h"
#include "lib/commands/rooms/room_expiry.h"
#include "lib/model/reasons.h"
#include "lib/model/refusal.h"
#include "tests/unit/commands/world.h"

namespace roomkeeper {
namespace {

using testing::World;

absl::StatusOr<Job> CreateFor(World& world, ExpiryInput expiry, const std::string& request = "") {
  CreateCleanRoomInput input = world.Request(request);
  input.expiry = expiry;
  return world.Create(input);
}

absl::StatusOr<CleanRoom> Renew(World& world, ExpiryInput expiry) {
  return world.Await<CleanRoom>(
      [&](auto done) { RenewCleanRoom(world.context, world.acme, world.room_key, expiry, done); });
}

ExpiryInput For(absl::Duration ttl) {
  return {.at = {}, .ttl = ttl};
}

TEST_CASE("a room expires at a time or after a duration, and is looked at before", "[commands]") {
  World world;
  const absl::Time now = world.loop.clock().Now();
  const auto c = GENERATE_COPY(For(absl::Hours(2)), ExpiryInput{.at = now + absl::Hours(2)});

  REQUIRE_OK(CreateFor(world, c));

  const auto room = world.Stored(world.room_key);
  REQUIRE_OK(room);
  CHECK(room->expires_at == now + absl::Hours(2));
  CHECK(room->sweep_at == now + absl::Hours(2) - absl::Minutes(15));
}

TEST_CASE("a short life is warned of when half of it has passed", "[commands]") {
  World world;
  REQUIRE_OK(CreateFor(world, For(absl::Minutes(10))));
  CHECK(world.Stored(world.room_key)->sweep_at == world.loop.clock().Now() + absl::Minutes(5));
}

TEST_CASE("a life that is over, or longer than allowed, is refused with what is", "[commands]") {
  World world;
  const absl::Time now = world.loop.clock().Now();
  world.context.settings.room_lifetime_max = absl::Hours(3);
  for (const ExpiryInput& wrong : {For(absl::Hours(3) + absl::Seconds(1)), ExpiryInput{.at = now},
                                   ExpiryInput{.at = now + absl::Hours(4)}}) {
    const auto refused = CreateFor(world, wrong);
    CHECK(ReasonOf(refused.status()) == reason::kInvalidRequest);
    CHECK_THAT(std::string(refused.status().message()), Catch::Contains("at most 3h"));
  }
  CHECK(absl::IsNotFound(world.Stored(world.room_key).status()));
  CHECK_OK(CreateFor(world, For(absl::Hours(3))));
}

TEST_CASE("the same request with another life is another request", "[commands]") {
  World world;
  const auto first = CreateFor(world, For(absl::Hours(2)), "click");
  REQUIRE_OK(first);
  world.loop.Advance(absl::Minutes(1));
  CHECK(CreateFor(world, For(absl::Hours(2)), "click")->id == first->id);
  CHECK(ReasonOf(CreateFor(world, For(absl::Hours(1)), "click").status()) ==
        reason::kRequestIdReused);
  CHECK(ReasonOf(CreateFor(world, {}, "click").status()) == reason::kRequestIdReused);
}

TEST_CASE("a renewal puts the expiry off, never nearer, and within the whole life", "[commands]") {
  World world;
  world.context.settings.room_lifetime_max = absl::Hours(10);
  const absl::Time begin = world.loop.clock().Now();
  REQUIRE_OK(CreateFor(world, For(absl::Hours(2))));
  world.loop.Advance(absl::Hours(1));

  const auto renewed = Renew(world, For(absl::Hours(2)));
  REQUIRE_OK(renewed);
  CHECK(renewed->expires_at == begin + absl::Hours(3));
  CHECK(renewed->sweep_at == begin + absl::Hours(3) - absl::Minutes(15));
  CHECK(*world.Stored(world.room_key) == *renewed);

  const auto shorter = Renew(world, For(absl::Minutes(1)));
  REQUIRE_OK(shorter);
  CHECK(*shorter == *renewed);
  CHECK_OK(Renew(world, For(absl::Hours(9))));
  CHECK(ReasonOf(Renew(world, For(absl::Hours(9) + absl::Seconds(1))).status()) ==
        reason::kInvalidRequest);
  CHECK(ReasonOf(Renew(world, {}).status()) == reason::kInvalidRequest);
}

TEST_CASE("a renewal needs a room that expires and is not on its way out", "[commands]") {
  World world;
  CHECK(ReasonOf(Renew(world, For(absl::Hours(1))).status()) == reason::kNotFound);
  const auto job = CreateFor(world, {});
  REQUIRE_OK(job);
  CHECK(ReasonOf(Renew(world, For(absl::Hours(1))).status()) == reason::kRoomDoesNotExpire);

  world.Bring(job->id, JobState::kSucceeded, RoomState::kReady);
  REQUIRE_OK(world.Await<Job>([&](auto done) {
    DeleteCleanRoom(world.context, world.acme, {.room = world.room_key}, done);
  }));
  const auto late = Renew(world, For(absl::Hours(1)));
  CHECK(ReasonOf(late.status()) == reason::kRoomDeleted);
  CHECK_THAT(std::string(late.status().message()), Catch::Contains("DELETING"));
}

TEST_CASE("an explanation says when a room expires", "[commands]") {
  World world;
  REQUIRE_OK(CreateFor(world, For(absl::Hours(2))));
  const CleanRoom room = *world.Stored(world.room_key);
  CHECK_THAT(Explain(room, std::nullopt, world.loop.clock().Now()).text,
             Catch::Contains("It expires at "));
}

}  // namespace
}  // namespace roomkeeper
