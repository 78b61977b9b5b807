#include <optional>

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/model/resource_name.h"
#include "lib/store/op_rules.h"

namespace roomkeeper {
namespace {

// False: they are as they were.
bool TakeNotebooks(const NoteLook& op, CleanRoom& room) {
  if (!op.notebooks.has_value() || *op.notebooks == room.notebooks) {
    return false;
  }
  room.notebooks = *op.notebooks;
  for (const NotebookState& notebook : room.notebooks) {
    NoteVersion(room, notebook);
  }
  return true;
}

// False: it is as it was.
bool TakeState(const NoteLook& op, CleanRoom& room) {
  if (room.state == op.state && room.problem == op.problem) {
    return false;
  }
  const Move move = op.problem.has_value() ? op.problem->move : Move::kNobody;
  if (room.state != op.state || room.move != move) {
    room.state_since = op.now;
  }
  room.state = op.state;
  room.move = move;
  room.problem = op.problem;
  return true;
}

}  // namespace

absl::Status Rules::TellOfRoom(const CleanRoom& room, JobEvent event) {
  RK_ASSIGN_OR_RETURN(const auto head, jobs.FindJob(room.job));
  if (!head.has_value()) {
    return absl::DataLossError(
        absl::StrCat("the clean room names job ", room.job.value(), ", which is not stored"));
  }
  RK_ASSIGN_OR_RETURN(const Job job, jobs.LoadJob(*head));
  event.job = head->id;
  event.seq = head->last_seq + 1;
  event.job_state = job.state;
  event.step = job.step;
  event.room_state = room.state;
  event.move = event.move == Move::kNobody ? job.move : event.move;
  event.epoch = head->epoch;
  RK_RETURN_IF_ERROR(jobs.NoteEvent(*head, event));
  notice.jobs.push_back({.id = head->id, .brand = head->room.brand, .last_seq = event.seq});
  return absl::OkStatus();
}

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
  const bool new_expiry = room.expires_at != op.expires_at;
  room.expires_at = op.expires_at;
  room.sweep_at = op.sweep_at;
  room.updated_at = op.now;
  ++room.revision;
  RK_RETURN_IF_ERROR(jobs.UpdateExpiry(*head, room));
  if (!op.event_type.empty()) {
    RK_RETURN_IF_ERROR(
        TellOfRoom(room, {.at = op.now, .type = op.event_type, .message = op.event_message}));
  }
  if (new_expiry) {
    RK_RETURN_IF_ERROR(Enter(op.audit, {.brand = op.key.brand,
                                        .at = op.now,
                                        .method = "SetExpiry",
                                        .resource = FormatName(op.key)}));
  }
  return result;
}

absl::StatusOr<NoteLook::Result> Rules::Run(const NoteLook& op) {
  RK_ASSIGN_OR_RETURN(const auto head, jobs.FindRoom(op.key));
  if (!head.has_value()) {
    return absl::NotFoundError(absl::StrCat("no clean room ", op.key.id.value()));
  }
  if (head->revision != op.seen_revision) {
    return absl::AbortedError(
        absl::StrCat("clean room ", op.key.id.value(), " has changed since it was looked at"));
  }
  if (!IsRunnable(head->state) || !IsRunnable(op.state)) {
    return absl::FailedPreconditionError(absl::StrCat("a look cannot make a clean room that is ",
                                                      Name(head->state), " ", Name(op.state)));
  }
  NoteLook::Result result;
  RK_ASSIGN_OR_RETURN(result.room, jobs.LoadRoom(op.key));
  CleanRoom& room = result.room;
  const bool new_state = TakeState(op, room);
  const bool new_notebooks = TakeNotebooks(op, room);
  if (new_state || new_notebooks) {
    room.updated_at = op.now;
    ++room.revision;
  }
  room.look_at = op.look_at;
  RK_RETURN_IF_ERROR(jobs.UpdateRoom(*head, room, /*new_spec=*/false));
  counters.Note(StoreCounters::RoomPlace(head->shard, head->state),
                StoreCounters::RoomPlace(room.shard, room.state));
  if (new_state) {
    RK_RETURN_IF_ERROR(TellOfRoom(
        room, {.at = op.now,
               .type = "room.state",
               .move = room.move,
               .message = op.problem.has_value()
                              ? absl::StrCat(op.problem->reason, ": ", op.problem->message)
                              : "seen whole again"}));
  }
  return result;
}

}  // namespace roomkeeper
