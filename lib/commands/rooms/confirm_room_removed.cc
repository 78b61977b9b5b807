#include "lib/commands/rooms/confirm_room_removed.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/commands/refusals.h"
#include "lib/model/reasons.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

absl::Status NotAwaiting(const CleanRoom& room) {
  const std::string name = FormatName(room.key);
  return ToStatus(
      {.code = absl::StatusCode::kFailedPrecondition,
       .reason = reason::kNotAwaitingBrandDelete,
       .message = absl::StrCat(name, " must be AWAITING_BRAND_DELETE, it is ", Name(room.state),
                               "; delete it first, or wait for its removal to end"),
       .metadata = {{"clean_room", name}, {"state", std::string(Name(room.state))}}});
}

// The move was refused: what is it now?
void ReadAgain(JobStore& jobs, const RoomKey& key, const StoreDone<CleanRoom>& done) {
  jobs.GetRoom(key, [key, done](absl::StatusOr<CleanRoom> room) {
    if (!room.ok()) {
      done(NotFoundOr(room.status(), FormatName(key)));
      return;
    }
    if (room->state == RoomState::kDeleted) {
      done(std::move(room));
      return;
    }
    done(NotAwaiting(*room));
  });
}

}  // namespace

void ConfirmRoomRemoved(const CommandContext& context, const Principal& principal, RoomKey room,
                        StoreDone<CleanRoom> done) {
  JobStore& jobs = context.jobs;
  jobs.Move({.key = room, .now = context.clock.Now(), .audit = principal.stamp},
            [&jobs, room, done = std::move(done)](absl::StatusOr<MoveRoom::Result> moved) {
              if (moved.ok()) {
                done(std::move(moved->room));
                return;
              }
              if (absl::IsFailedPrecondition(moved.status())) {
                ReadAgain(jobs, room, done);
                return;
              }
              done(NotFoundOr(moved.status(), FormatName(room)));
            });
}

}  // namespace roomkeeper
