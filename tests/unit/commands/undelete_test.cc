#include <string>

#include "lib/commands/jobs/cancel_job.h"
#include "lib/commands/jobs/retry_job.h"
#include "lib/commands/rooms/delete_clean_room.h"
#include "lib/commands/rooms/explain_clean_room.h"
#include "lib/commands/rooms/undelete_clean_room.h"
#include "lib/model/reasons.h"
#include "lib/model/refusal.h"
#include "tests/unit/commands/world.h"

namespace roomkeeper {
namespace {

using testing::World;

// A world with a grace of a day and one READY room.
struct GraceWorld : World {
  explicit GraceWorld(RoomState state = RoomState::kReady, ExpiryInput expiry = {}) {
    context.settings.delete_grace = absl::Hours(24);
    CreateCleanRoomInput input = Request();
    input.expiry = expiry;
    const auto job = Create(input);
    REQUIRE_OK(job);
    Bring(job->id, state == RoomState::kFailed ? JobState::kFailed : JobState::kSucceeded, state);
  }
  absl::StatusOr<Job> Delete(std::optional<absl::Duration> grace = {},
                             const std::string& request = "") {
    return Await<Job>([&](auto done) {
      DeleteCleanRoom(context, acme, {.room = room_key, .request_id = request, .grace = grace},
                      done);
    });
  }
  absl::StatusOr<CleanRoom> Undelete(const Principal& who) {
    return Await<CleanRoom>([&](auto done) { UndeleteCleanRoom(context, who, room_key, done); });
  }
};

TEST_CASE("a room that can be run waits before its removal begins", "[commands]") {
  GraceWorld world(GENERATE(RoomState::kReady, RoomState::kDegraded));
  const absl::Time now = world.loop.clock().Now();
  const CleanRoom before = *world.Stored(world.room_key);

  const auto job = world.Delete();

  REQUIRE_OK(job);
  CHECK(job->state == JobState::kQueued);
  CHECK(job->wake_at == now + absl::Hours(24));
  CHECK(job->deadline_at == now + absl::Hours(24) + world.context.settings.teardown_deadline);
  const CleanRoom room = *world.Stored(world.room_key);
  CHECK(room.state == before.state);
  CHECK(room.purge_at == now + absl::Hours(24));
  CHECK_THAT(Explain(room, *job, now).text,
             Catch::Contains("Its removal begins at ") && Catch::Contains("UndeleteCleanRoom"));
}

TEST_CASE("a removal that was taken back is answered the same again, whatever runs by now",
          "[commands]") {
  GraceWorld world;
  const auto job = world.Delete({}, "remove");
  REQUIRE_OK(job);
  REQUIRE_OK(world.Undelete(world.acme));
  world.provider.runs.value = {{.name = "match", .life_cycle_state = "RUNNING"}};

  const auto again = world.Delete({}, "remove");

  REQUIRE_OK(again);
  CHECK(again->id == job->id);
  CHECK(again->state == JobState::kCancelled);
  CHECK(ReasonOf(world.Delete(absl::ZeroDuration(), "remove").status()) ==
        reason::kRequestIdReused);
  CHECK(ReasonOf(world.Delete({}, "another").status()) == reason::kRoomInUse);
  CHECK(world.Stored(world.room_key)->state == RoomState::kReady);
}

TEST_CASE("a room that cannot be run goes at once, and so does one without a grace", "[commands]") {
  const bool failed = GENERATE(true, false);
  GraceWorld world(failed ? RoomState::kFailed : RoomState::kReady);
  const auto job =
      world.Delete(failed ? std::nullopt : std::optional<absl::Duration>(absl::ZeroDuration()));
  REQUIRE_OK(job);
  CHECK(world.Stored(world.room_key)->state == RoomState::kDeleting);
  CHECK_FALSE(world.Stored(world.room_key)->purge_at.has_value());
}

TEST_CASE("a grace ends when the room expires", "[commands]") {
  GraceWorld world(RoomState::kReady, {.at = {}, .ttl = absl::Hours(2)});
  REQUIRE_OK(world.Delete());
  const CleanRoom room = *world.Stored(world.room_key);
  CHECK(room.purge_at == room.expires_at);
  CHECK(room.sweep_at.has_value());
}

TEST_CASE("the same request with another grace is another request", "[commands]") {
  GraceWorld world;
  const auto first = world.Delete(absl::Hours(2), "click");
  REQUIRE_OK(first);
  CHECK(world.Delete(absl::Hours(2), "click")->id == first->id);
  CHECK(ReasonOf(world.Delete(absl::Hours(1), "click").status()) == reason::kRequestIdReused);
  CHECK(ReasonOf(world.Delete({}, "click").status()) == reason::kRequestIdReused);
  CHECK(ReasonOf(world.Delete({}, "other").status()) == reason::kRoomBusy);
  CHECK(ReasonOf(world.Delete(absl::Hours(25)).status()) == reason::kInvalidRequest);
}

TEST_CASE("a removal that is repeated in its grace is answered whatever runs by then",
          "[commands]") {
  GraceWorld world;
  const auto first = world.Delete({}, "click");
  REQUIRE_OK(first);
  world.provider.runs.value = {{.name = "match", .life_cycle_state = "RUNNING"}};
  const auto again = world.Delete({}, "click");
  REQUIRE_OK(again);
  CHECK(again->id == first->id);
}

TEST_CASE("a removal may be taken back again and again", "[commands]") {
  GraceWorld world;
  const CleanRoom before = *world.Stored(world.room_key);
  REQUIRE_OK(world.Delete());

  const bool by_operator = GENERATE(false, true);
  const auto back = world.Undelete(by_operator ? world.operators : world.acme);

  REQUIRE_OK(back);
  CHECK(back->state == before.state);
  CHECK(back->notebooks == before.notebooks);
  CHECK_FALSE(back->purge_at.has_value());
  CHECK(*world.Undelete(world.acme) == *back);
  REQUIRE_OK(world.Delete());
  CHECK(world.Stored(world.room_key)->purge_at.has_value());
}

TEST_CASE("a room that nobody removes, or that goes already, is not undeleted", "[commands]") {
  GraceWorld world;
  const auto idle = world.Undelete(world.acme);
  CHECK(ReasonOf(idle.status()) == reason::kRoomNotInGrace);
  CHECK_THAT(std::string(idle.status().message()), Catch::Contains("no removal of it waits"));
  REQUIRE_OK(world.Delete(absl::ZeroDuration()));
  const auto late = world.Undelete(world.acme);
  CHECK(ReasonOf(late.status()) == reason::kRoomNotInGrace);
  CHECK_THAT(std::string(late.status().message()), Catch::Contains("DELETING"));
}

TEST_CASE("a removal that was taken back and is retried waits again", "[commands]") {
  GraceWorld world;
  const auto first = world.Delete();
  REQUIRE_OK(first);
  const auto cancelled = world.Await<Job>(
      [&](auto done) { CancelJobById(world.context, world.acme, first->id, done); });
  REQUIRE_OK(cancelled);
  CHECK(cancelled->state == JobState::kCancelled);

  const auto retried = world.Await<Job>(
      [&](auto done) { RetryJob(world.context, world.acme, {.job = first->id}, done); });

  REQUIRE_OK(retried);
  CHECK(world.Stored(world.room_key)->purge_at == retried->wake_at);
  CHECK(world.Stored(world.room_key)->state == RoomState::kReady);
}

}  // namespace
}  // namespace roomkeeper
