#include "lib/commands/rooms/undelete_clean_room.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/commands/refusals.h"
#include "lib/model/reasons.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

absl::Status NotInGrace(const CleanRoom& room) {
  const std::string name = FormatName(room.key);
  return ToStatus({.code = absl::StatusCode::kFailedPrecondition,
                   .reason = reason::kRoomNotInGrace,
                   .message = absl::StrCat(name, " is ", Name(room.state),
                                           IsRunnable(room.state)
                                               ? ": no removal of it waits out a grace period"
                                               : ": there is no way back any more"),
                   .metadata = {{"clean_room", name},
                                {"state", std::string(Name(room.state))},
                                {"job", FormatName(room.job)}}});
}

// The store has decided between us and the removal's begin: what is the room now?
void Conclude(JobStore& jobs, const RoomKey& key, const StoreDone<CleanRoom>& done) {
  jobs.GetRoom(key, [&jobs, key, done](absl::StatusOr<CleanRoom> room) {
    if (!room.ok()) {
      done(NotFoundOr(room.status(), FormatName(key)));
      return;
    }
    const JobId last = room->job;  // taken before the room is moved away
    jobs.GetJob(last, [room = *std::move(room), done](const absl::StatusOr<Job>& job) {
      if (!job.ok()) {
        done(job.status());
        return;
      }
      // Nothing else ends a removal as CANCELLED.
      const bool taken_back = job->kind == JobKind::kTeardown && job->state == JobState::kCancelled;
      done(taken_back ? absl::StatusOr<CleanRoom>(room) : NotInGrace(room));
    });
  });
}

}  // namespace

void UndeleteCleanRoom(const CommandContext& context, const Principal& principal, RoomKey room,
                       StoreDone<CleanRoom> done) {
  context.jobs.GetRoom(room, [&context, principal, room,
                              done = std::move(done)](absl::StatusOr<CleanRoom> stored) {
    if (!stored.ok()) {
      done(NotFoundOr(stored.status(), FormatName(room)));
      return;
    }
    if (!stored->purge_at.has_value()) {
      Conclude(context.jobs, room, done);
      return;
    }
    context.jobs.Cancel({.id = stored->job,
                         .now = context.clock.Now(),
                         .message = absl::StrCat(
                             "taken back by ", principal.IsOperator() ? "an operator" : "the brand",
                             " with ", principal.Credential()),
                         .only_in_grace = true,
                         .audit = principal.stamp},
                        [&context, room, done](const absl::StatusOr<CancelJob::Result>& result) {
                          if (result.ok() || absl::IsFailedPrecondition(result.status())) {
                            Conclude(context.jobs, room, done);
                          } else {
                            done(result.status());
                          }
                        });
  });
}

}  // namespace roomkeeper
