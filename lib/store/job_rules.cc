#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/model/resource_name.h"
#include "lib/store/op_rules.h"

namespace roomkeeper {
namespace {

StoreCounters::RoomPlace PlaceOf(const RoomHead& head) {
  return {head.shard, head.state};
}
StoreCounters::RoomPlace PlaceOf(const CleanRoom& room) {
  return {room.shard, room.state};
}

// Not kAborted: these are bugs of the caller, which another attempt would repeat.
absl::Status CheckAdvance(const AdvanceJob& op, const JobHead& head,
                          const std::optional<RoomHead>& room) {
  if (!IsLegal(head.state, op.job.state)) {
    return absl::DataLossError(absl::StrCat("job ", op.job.id.value(), " cannot go from ",
                                            Name(head.state), " to ", Name(op.job.state)));
  }
  if (IsFinal(op.job.state) != op.job.finished_at.has_value()) {
    return absl::DataLossError(absl::StrCat("job ", op.job.id.value(), " is ", Name(op.job.state),
                                            ": finished_at belongs to final states, and to all"));
  }
  if (!op.room.has_value()) {
    return absl::OkStatus();
  }
  if (!room.has_value()) {
    return absl::DataLossError(
        absl::StrCat("job ", op.job.id.value(), " has no stored clean room"));
  }
  if (!IsLegal(room->state, op.room->state)) {
    return absl::DataLossError(absl::StrCat("the clean room of job ", op.job.id.value(),
                                            " cannot go from ", Name(room->state), " to ",
                                            Name(op.room->state)));
  }
  if (op.room->generation < room->generation) {
    return absl::DataLossError(absl::StrCat("the clean room of job ", op.job.id.value(),
                                            " cannot go from generation ", room->generation,
                                            " back to ", op.room->generation));
  }
  return absl::OkStatus();
}

std::vector<JobEvent> Numbered(const std::vector<JobEvent>& events, const JobHead& head) {
  std::vector<JobEvent> numbered = events;
  std::int64_t seq = head.last_seq;
  for (JobEvent& event : numbered) {
    event.job = head.id;
    event.seq = ++seq;
    event.epoch = head.epoch;
  }
  return numbered;
}

AuditEntry EntryOf(const CancelJob& op, const JobHead& head) {
  return {.brand = head.room.brand,
          .at = op.now,
          .method = "CancelJob",
          .resource = FormatName(head.room),
          .job = FormatName(head.id)};
}

absl::Status WriteRoom(const AdvanceJob& op, const JobHead& head, const RoomHead& stored,
                       JobRows& rows) {
  CleanRoom room = *op.room;
  room.key = head.room;
  room.job = head.id;
  room.revision = stored.revision + 1;
  return rows.UpdateRoom(stored, room, op.new_spec || room.generation != stored.generation);
}

}  // namespace

absl::StatusOr<AdvanceJob::Result> Rules::Run(const AdvanceJob& op) {
  RK_ASSIGN_OR_RETURN(const auto head, jobs.FindJob(op.job.id));
  if (!head.has_value()) {
    return absl::AbortedError(absl::StrCat("job ", op.job.id.value(), " is not stored"));
  }
  if (IsFinal(head->state)) {
    return absl::AbortedError(
        absl::StrCat("job ", op.job.id.value(), " is final: ", Name(head->state)));
  }
  if (head->epoch != op.job.epoch) {
    return absl::AbortedError(absl::StrCat("epoch ", op.job.epoch, " of job ", op.job.id.value(),
                                           " is stale: it is at ", head->epoch));
  }
  std::optional<RoomHead> room;
  if (op.room.has_value()) {
    RK_ASSIGN_OR_RETURN(room, jobs.FindRoom(head->room));
  }
  RK_RETURN_IF_ERROR(CheckAdvance(op, *head, room));

  Job job = op.job;
  job.room = head->room;
  job.cancel_requested = head->cancel_requested;
  job.last_seq = head->last_seq + static_cast<std::int64_t>(op.events.size());
  RK_RETURN_IF_ERROR(jobs.UpdateJob(*head, job, Numbered(op.events, *head)));
  if (room.has_value()) {
    RK_RETURN_IF_ERROR(WriteRoom(op, *head, *room, jobs));
    counters.Note(PlaceOf(*room), PlaceOf(*op.room));
  }

  counters.Note({.pos = head->pos,
                 .brand = head->room.brand,
                 .from = head->state,
                 .to = job.state,
                 .was_deferred = head->deferred,
                 .deferred = head->deferred && job.state == JobState::kQueued,
                 .since = job.since});
  notice.jobs.push_back({.id = head->id, .brand = head->room.brand, .last_seq = job.last_seq});
  return AdvanceJob::Result{.last_seq = job.last_seq, .cancel_requested = job.cancel_requested};
}

absl::StatusOr<ClaimJobs::Result> Rules::Run(const ClaimJobs& op) {
  if (op.owner.empty() || op.n < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("a claim needs an owner and n >= 1, got \"", op.owner, "\" and ", op.n));
  }
  return jobs.Claim(op);
}

absl::StatusOr<CancelJob::Result> Rules::Run(const CancelJob& op) {
  RK_ASSIGN_OR_RETURN(const auto head, jobs.FindJob(op.id));
  if (!head.has_value()) {
    return absl::NotFoundError(absl::StrCat("no job ", op.id.value()));
  }
  CancelJob::Result result = {.already_final = IsFinal(head->state)};
  RK_ASSIGN_OR_RETURN(result.job, jobs.LoadJob(*head));
  if (result.already_final || head->cancel_requested) {
    return result;
  }
  if (op.only_in_grace) {
    RK_RETURN_IF_ERROR(TakeBack(op, *head, result.job));
    return result;
  }
  RK_ASSIGN_OR_RETURN(const auto room, jobs.FindRoom(head->room));
  Job& job = result.job;
  job.cancel_requested = true;
  job.updated_at = op.now;
  job.last_seq = head->last_seq + 1;
  const JobEvent event = {.job = head->id,
                          .seq = job.last_seq,
                          .at = op.now,
                          .type = "job.cancel_requested",
                          .job_state = job.state,
                          .step = job.step,
                          .room_state = room.has_value() ? room->state : RoomState::kPending,
                          .move = job.move,
                          .message = op.message,
                          .epoch = head->epoch};
  RK_RETURN_IF_ERROR(jobs.UpdateJob(*head, job, {event}));
  RK_RETURN_IF_ERROR(Enter(op.audit, EntryOf(op, *head)));
  notice.jobs.push_back({.id = head->id,
                         .brand = head->room.brand,
                         .last_seq = job.last_seq,
                         .cancel_requested = true});
  return result;
}

// One write decides between this and the job's begin: whoever comes second finds a final job here,
// a job that has begun there.
absl::Status Rules::TakeBack(const CancelJob& op, const JobHead& head, Job& job) {
  RK_ASSIGN_OR_RETURN(const auto stored, jobs.FindRoom(head.room));
  RK_ASSIGN_OR_RETURN(CleanRoom room, jobs.LoadRoom(head.room));
  if (!stored.has_value() || job.kind != JobKind::kTeardown || job.state != JobState::kQueued ||
      !room.purge_at.has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat("job ", head.id.value(), " is no removal that waits out a grace period"));
  }
  job.state = JobState::kCancelled;
  job.move = Move::kNobody;
  job.waiting_for.clear();
  job.cancel_requested = true;
  job.since = job.updated_at = op.now;
  job.finished_at = op.now;
  job.last_seq = head.last_seq + 1;
  const JobEvent event = {.job = head.id,
                          .seq = job.last_seq,
                          .at = op.now,
                          .type = "job.cancelled",
                          .job_state = job.state,
                          .step = job.step,
                          .room_state = room.state,
                          .move = job.move,
                          .message = op.message,
                          .epoch = head.epoch};
  RK_RETURN_IF_ERROR(jobs.UpdateJob(head, job, {event}));
  room.purge_at = std::nullopt;
  if (IsRunnable(room.state)) {
    room.look_at = op.now;  // nobody looked at it meanwhile
  }
  room.updated_at = op.now;
  ++room.revision;
  RK_RETURN_IF_ERROR(jobs.UpdateRoom(*stored, room, /*new_spec=*/false));
  RK_RETURN_IF_ERROR(Enter(op.audit, EntryOf(op, head)));
  counters.Note({.pos = head.pos,
                 .brand = head.room.brand,
                 .from = head.state,
                 .to = job.state,
                 .was_deferred = head.deferred,
                 .since = op.now});
  notice.jobs.push_back({.id = head.id,
                         .brand = head.room.brand,
                         .last_seq = job.last_seq,
                         .cancel_requested = true});
  return absl::OkStatus();
}

absl::StatusOr<MoveRoom::Result> Rules::Run(const MoveRoom& op) {
  RK_ASSIGN_OR_RETURN(const auto head, jobs.FindRoom(op.key));
  if (!head.has_value()) {
    return absl::NotFoundError(absl::StrCat("no clean room ", op.key.id.value()));
  }
  if (head->state != op.from) {
    return absl::FailedPreconditionError(
        absl::StrCat("the clean room is ", Name(head->state), ", not ", Name(op.from)));
  }
  if (!IsLegal(op.from, op.to)) {
    return absl::DataLossError(
        absl::StrCat("a clean room cannot go from ", Name(op.from), " to ", Name(op.to)));
  }
  MoveRoom::Result result;
  RK_ASSIGN_OR_RETURN(result.room, jobs.LoadRoom(op.key));
  result.room.state = op.to;
  result.room.move = op.move;
  result.room.problem = std::nullopt;
  result.room.state_since = op.now;
  result.room.updated_at = op.now;
  ++result.room.revision;
  RK_RETURN_IF_ERROR(jobs.UpdateRoom(*head, result.room, /*new_spec=*/false));
  RK_RETURN_IF_ERROR(Enter(
      op.audit,
      {.brand = op.key.brand, .at = op.now, .method = "MoveRoom", .resource = FormatName(op.key)}));
  counters.Note(PlaceOf(*head), PlaceOf(result.room));
  return result;
}

absl::StatusOr<ObserveNotebooks::Result> Rules::Run(const ObserveNotebooks& op) {
  RK_ASSIGN_OR_RETURN(const auto head, jobs.FindRoom(op.key));
  if (!head.has_value()) {
    return absl::NotFoundError(absl::StrCat("no clean room ", op.key.id.value()));
  }
  ObserveNotebooks::Result result;
  RK_ASSIGN_OR_RETURN(result.room, jobs.LoadRoom(op.key));
  if (!op.package_version.empty() && op.package_version != result.room.spec.package_version) {
    return absl::AbortedError(
        absl::StrCat("clean room ", op.key.id.value(), " has left version ", op.package_version));
  }
  if (result.room.notebooks == op.notebooks) {
    return result;  // seen as before: no new revision, so no new etag for our callers
  }
  for (const std::vector<NotebookState>& notebooks : {result.room.notebooks, op.notebooks}) {
    for (const NotebookState& notebook : notebooks) {
      NoteVersion(result.room, notebook);
    }
  }
  result.room.notebooks = op.notebooks;
  result.room.updated_at = op.now;
  ++result.room.revision;
  RK_RETURN_IF_ERROR(jobs.UpdateRoom(*head, result.room, /*new_spec=*/false));
  return result;
}

}  // namespace roomkeeper
