#include "lib/commands/rooms/delete_clean_room.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/commands/refusals.h"
#include "lib/commands/submit.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {
namespace {

SubmitJob MakeOp(const CommandContext& context, const Principal& principal,
                 const DeleteCleanRoomInput& input, const CleanRoom& stored) {
  SubmitJob op{.caller_scope = CallerScope(principal),
               .request_id = input.request_id,
               .request_hash = RequestHash("DeleteCleanRoom",
                                           {FormatName(input.room), absl::StrCat(input.revision)}),
               .room_rule = SubmitJob::Room::kMustExist,
               .expected_room_revision = input.revision,
               .room = stored,
               .job = NewJob(context, principal, stored, JobKind::kTeardown, input.request_id),
               .event_message = "removal accepted",
               .claim_for = context.settings.claim_for,
               // Removing is never refused for a brand's limit: it is how a brand gets below it.
               .brand_jobs_in_flight_max = context.settings.open_jobs_max,
               .open_jobs_max = context.settings.open_jobs_max};
  op.room.state = RoomState::kDeleting;
  op.room.move = Move::kRoomkeeper;
  op.room.state_since = op.job.created_at;
  op.room.updated_at = op.job.created_at;
  op.room.problem = std::nullopt;
  op.room.job = op.job.id;
  return op;
}

absl::StatusOr<Job> Validate(const SubmitJob& op, const CleanRoom& stored) {
  using Outcome = SubmitJob::Result::Outcome;
  if (op.expected_room_revision != 0 && op.expected_room_revision != stored.revision) {
    return FromOutcome(op, {.outcome = Outcome::kRevisionMismatch, .room = stored});
  }
  if (!IsLegal(stored.state, op.room.state)) {
    return FromOutcome(op, {.outcome = Outcome::kRoomStateForbids, .room = stored});
  }
  Job job = op.job;
  job.id = JobId();
  return job;
}

}  // namespace

void DeleteCleanRoom(const CommandContext& context, const Principal& principal,
                     DeleteCleanRoomInput input, StoreDone<Job> done) {
  if (absl::Status allowed = CheckMayChange(principal, input.room); !allowed.ok()) {
    done(allowed);
    return;
  }
  const RoomKey key = input.room;
  context.jobs.GetRoom(key, [&context, principal, input = std::move(input),
                             done = std::move(done)](absl::StatusOr<CleanRoom> stored) {
    if (!stored.ok()) {
      done(NotFoundOr(stored.status(), FormatName(input.room)));
      return;
    }
    SubmitJob op = MakeOp(context, principal, input, *stored);
    if (input.validate_only) {
      done(Validate(op, *stored));
      return;
    }
    Submit(context, std::move(op), done);
  });
}

}  // namespace roomkeeper
