#include "lib/commands/operations/forget_clean_room.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/commands/refusals.h"
#include "lib/commands/rooms/delete_clean_room.h"
#include "lib/commands/submit.h"
#include "lib/model/reasons.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

absl::Status StillThere(const CleanRoom& room, const ObservedRoom& seen) {
  const std::string name = FormatName(room.key);
  return ToStatus(
      {.code = absl::StatusCode::kFailedPrecondition,
       .reason = reason::kRoomStillThere,
       .message = absl::StrCat("the platform has ", room.spec.room_name, " (", seen.status,
                               "), the room of ", name, "; delete it, which also removes it there"),
       .metadata = {{"clean_room", name}, {"room_name", room.spec.room_name}}});
}

}  // namespace

void ForgetCleanRoom(const CommandContext& context, const Principal& principal,
                     ForgetCleanRoomInput input, StoreDone<Job> done) {
  const RoomKey key = input.room;
  context.jobs.GetRoom(key, [&context, principal, input = std::move(input),
                             done = std::move(done)](absl::StatusOr<CleanRoom> room) {
    if (!room.ok()) {
      done(NotFoundOr(room.status(), FormatName(input.room)));
      return;
    }
    context.loop.Post([&context, principal, input, done, room = *std::move(room)] {
      context.provider.ObserveRoom(
          ScopeOf(principal, room), room.spec.room_name, Provider::Depth::kRoom,
          [&context, principal, input, done, room](const CallResult<ObservedRoom>& seen) {
            if (seen.ok()) {
              done(StillThere(room, seen.value));
            } else if (seen.failure.error != CallError::kNotFound) {
              done(FromCallFailure(principal, seen.failure, "show the clean room"));
            } else {
              DeleteCleanRoom(context, principal,
                              {.room = input.room,
                               .request_id = input.request_id,
                               .validate_only = input.validate_only,
                               .force = true,  // nothing is there in which a run could be active
                               .grace = absl::ZeroDuration()},
                              done);
            }
          });
    });
  });
}

}  // namespace roomkeeper
