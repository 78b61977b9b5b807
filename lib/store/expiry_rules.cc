#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/store/op_rules.h"

namespace roomkeeper {
namespace {

bool IsGoing(RoomState state) {
  return state == RoomState::kDeleting || state == RoomState::kAwaitingBrandDelete ||
         state == RoomState::kDeleted;
}

// The last job of a room is mostly final by then: its row stays as it is but for the event's
// number.
absl::Status AppendEvent(const SetExpiry& op, const CleanRoom& room, JobRows& rows,
                         CommitNotice& notice) {
  RK_ASSIGN_OR_RETURN(const auto head, rows.FindJob(room.job));
  if (!head.has_value()) {
    return absl::DataLossError(
        absl::StrCat("the clean room names job ", room.job.value(), ", which is not stored"));
  }
  RK_ASSIGN_OR_RETURN(const Job job, rows.LoadJob(*head));
  const JobEvent event = {.job = head->id,
                          .seq = head->last_seq + 1,
                          .at = op.now,
                          .type = op.event_type,
                          .job_state = job.state,
                          .step = job.step,
                          .room_state = room.state,
                          .move = job.move,
                          .message = op.event_message,
                          .epoch = head->epoch};
  RK_RETURN_IF_ERROR(rows.NoteEvent(*head, event));
  notice.jobs.push_back({.id = head->id, .brand = head->room.brand, .last_seq = event.seq});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SetExpiry::Result> Rules::Run(const SetExpiry& op) {
  RK_ASSIGN_OR_RETURN(const auto head, jobs.FindRoom(op.key));
  if (!head.has_value()) {
    return absl::NotFoundError(absl::StrCat("no clean room ", op.key.id.value()));
  }
  if (op.sweep_at.has_value() && IsGoing(head->state)) {
    return absl::FailedPreconditionError(
        absl::StrCat("the clean room is ", Name(head->state), " and cannot expire any more"));
  }
  SetExpiry::Result result;
  RK_ASSIGN_OR_RETURN(result.room, jobs.LoadRoom(op.key));
  CleanRoom& room = result.room;
  if (room.expires_at != op.seen_expires_at) {
    return absl::AbortedError(
        absl::StrCat("the expiry of clean room ", op.key.id.value(), " has changed"));
  }
  room.expires_at = op.expires_at;
  room.sweep_at = op.sweep_at;
  room.updated_at = op.now;
  ++room.revision;
  RK_RETURN_IF_ERROR(jobs.UpdateExpiry(*head, room));
  if (!op.event_type.empty()) {
    RK_RETURN_IF_ERROR(AppendEvent(op, room, jobs, notice));
  }
  return result;
}

}  // namespace roomkeeper
