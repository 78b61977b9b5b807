#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/model/resource_name.h"
#include "lib/store/op_rules.h"
#include "lib/store/queries.h"

namespace roomkeeper {
namespace {

using Outcome = SubmitJob::Result::Outcome;

// The first answer again, when the request_id was used before.
absl::StatusOr<std::optional<SubmitJob::Result>> FindReplay(const SubmitJob& op, JobRows& rows) {
  if (op.request_id.empty()) {
    return std::nullopt;
  }
  RK_ASSIGN_OR_RETURN(const auto request, rows.FindRequest(op.caller_scope, op.request_id));
  if (!request.has_value()) {
    return std::nullopt;
  }
  SubmitJob::Result result = {
      .outcome = request->hash == op.request_hash ? Outcome::kReplayed : Outcome::kRequestIdReused};
  RK_ASSIGN_OR_RETURN(const auto head, rows.FindJob(JobId(request->answer)));
  if (!head.has_value() && result.outcome == Outcome::kRequestIdReused) {
    return result;  // it made something else than a job
  }
  if (!head.has_value()) {
    return absl::DataLossError(
        absl::StrCat("a request names job ", request->answer, ", which is not stored"));
  }
  RK_ASSIGN_OR_RETURN(result.job, rows.LoadJob(*head));
  RK_ASSIGN_OR_RETURN(const auto room, rows.FindRoom(result.job.room));
  if (room.has_value()) {
    RK_ASSIGN_OR_RETURN(result.room, rows.LoadRoom(result.job.room));
  }
  return result;
}

absl::StatusOr<SubmitJob::Result> RefuseFor(Outcome outcome, const SubmitJob& op,
                                            const std::optional<JobHead>& job, JobRows& rows) {
  SubmitJob::Result result = {.outcome = outcome};
  RK_ASSIGN_OR_RETURN(result.room, rows.LoadRoom(op.room.key));
  if (job.has_value()) {
    RK_ASSIGN_OR_RETURN(result.job, rows.LoadJob(*job));
  }
  return result;
}

// A room that the caller's CI key does not see. It may not take its place either, which would show
// it the jobs of before.
absl::StatusOr<bool> IsOfOthers(const SubmitJob& op, JobRows& rows) {
  if (!op.ci.has_value()) {
    return false;
  }
  RK_ASSIGN_OR_RETURN(const CleanRoom room, rows.LoadRoom(op.room.key));
  return !Matches(op.ci->Label(), room.labels);
}

// Nothing: the room lets the job in.
absl::StatusOr<std::optional<SubmitJob::Result>> CheckRoom(const SubmitJob& op,
                                                           const std::optional<RoomHead>& room,
                                                           JobRows& rows) {
  const bool must_exist = op.room_rule == SubmitJob::Room::kMustExist;
  if (!room.has_value()) {
    if (must_exist) {
      return SubmitJob::Result{.outcome = Outcome::kRoomNotFound};
    }
    if (op.expected_room_revision != 0) {
      return SubmitJob::Result{.outcome = Outcome::kRevisionMismatch};
    }
    return std::nullopt;
  }
  RK_ASSIGN_OR_RETURN(const auto last_job, rows.FindJob(room->job));
  RK_ASSIGN_OR_RETURN(const bool hidden, IsOfOthers(op, rows));
  if (!must_exist && (room->state != RoomState::kDeleted || hidden)) {
    return RefuseFor(Outcome::kRoomExists, op, last_job, rows);
  }
  if (must_exist && !IsLegal(room->state, op.room.state)) {
    return RefuseFor(Outcome::kRoomStateForbids, op, last_job, rows);
  }
  if (!must_exist && op.room.generation != room->generation + 1) {
    return RefuseFor(Outcome::kGenerationTaken, op, last_job, rows);
  }
  if (last_job.has_value() && !IsFinal(last_job->state)) {
    return RefuseFor(Outcome::kRoomBusy, op, last_job, rows);
  }
  if (op.expected_room_revision != 0 && op.expected_room_revision != room->revision) {
    return RefuseFor(Outcome::kRevisionMismatch, op, last_job, rows);
  }
  return std::nullopt;
}

// Nothing: no order of an operator and no limit keeps the job out.
absl::StatusOr<std::optional<SubmitJob::Result>> CheckAdmission(const SubmitJob& op,
                                                                const ShardId& stored_shard,
                                                                const Rules& rules) {
  RK_ASSIGN_OR_RETURN(const std::vector<Freeze> freezes, rules.brands.ListFreezes());
  const bool must_exist = op.room_rule == SubmitJob::Room::kMustExist;
  if (const Freeze* freeze =
          FindFreeze(freezes, op.room.key.brand, must_exist ? stored_shard : op.room.shard);
      freeze != nullptr) {
    return SubmitJob::Result{.outcome = Outcome::kFrozen, .freeze = *freeze};
  }
  if (op.ci.has_value()) {
    RK_ASSIGN_OR_RETURN(
        const std::int64_t rooms,
        rules.jobs.CountRooms(op.room.key.brand, op.room.key.install, op.ci->Label()));
    if (rooms >= op.ci->rooms_max) {
      return SubmitJob::Result{.outcome = Outcome::kCiRoomsFull, .rooms = rooms};
    }
  }
  if (op.brand_jobs_in_flight_max > 0 &&
      rules.counters.OpenJobs(op.room.key.brand) >= op.brand_jobs_in_flight_max) {
    return SubmitJob::Result{.outcome = Outcome::kBrandQueueFull};
  }
  if (op.open_jobs_max > 0 && rules.counters.OpenJobs() >= op.open_jobs_max) {
    return SubmitJob::Result{.outcome = Outcome::kQueueFull};
  }
  if (!must_exist && op.install_rooms_max > 0) {
    RK_ASSIGN_OR_RETURN(const std::int64_t rooms,
                        rules.jobs.CountRooms(op.room.key.brand, op.room.key.install, {}));
    if (rooms >= op.install_rooms_max) {
      return SubmitJob::Result{.outcome = Outcome::kInstallFull};
    }
  }
  return std::nullopt;
}

// The room's state while the job works on it.
void Enter(const SubmitJob& op, CleanRoom& room) {
  if (room.state != op.room.state || room.move != op.room.move) {
    room.state_since = op.job.created_at;
  }
  room.state = op.room.state;
  room.move = op.room.move;
  room.problem = op.room.problem;
}

// The row as it will be stored.
absl::StatusOr<CleanRoom> MakeRoom(const SubmitJob& op, const std::optional<RoomHead>& stored,
                                   JobRows& rows) {
  CleanRoom room = op.room;
  if (op.room_rule == SubmitJob::Room::kMustExist) {
    RK_ASSIGN_OR_RETURN(room, rows.LoadRoom(op.room.key));
    room.purge_at = op.after_grace ? op.room.purge_at : std::nullopt;
    room.updated_at = op.job.created_at;
    if (!op.after_grace) {
      Enter(op, room);
    }
    if (room.state == RoomState::kDeleting) {
      room.sweep_at = std::nullopt;
    } else if (!room.sweep_at.has_value()) {
      room.sweep_at = room.expires_at;  // a removal, or the job before, was the end of its sweeps
    }
    if (op.moves) {
      LeaveFor(room, op.room.spec);
    }
  }
  room.look_at = std::nullopt;  // its job says when
  room.job = op.job.id;
  room.revision = stored.has_value() ? stored->revision + 1 : 1;
  return room;
}

// What earlier jobs of the room sent may still land: a write is on the room's name, not the job's.
absl::StatusOr<std::optional<absl::Time>> UnsettledUntil(const SubmitJob& op,
                                                         const std::optional<RoomHead>& stored,
                                                         JobRows& rows) {
  if (!stored.has_value() || op.room_rule != SubmitJob::Room::kMustExist) {
    return std::nullopt;  // a new generation has a new name
  }
  RK_ASSIGN_OR_RETURN(const auto last, rows.FindJob(stored->job));
  if (!last.has_value()) {
    return std::nullopt;
  }
  RK_ASSIGN_OR_RETURN(const Job job, rows.LoadJob(*last));
  const std::optional<absl::Time> until = job.progress.settle_until;
  return until.has_value() && *until > op.job.created_at ? until : std::nullopt;
}

Job MakeJob(const SubmitJob& op) {
  Job job = op.job;
  job.room = op.room.key;
  job.request_id = op.request_id;
  job.epoch = op.claim_for.empty() ? 0 : 1;
  job.last_seq = 1;
  job.cancel_requested = false;
  return job;
}

absl::Status CheckNew(const SubmitJob& op) {
  if (op.job.state != JobState::kQueued) {
    return absl::DataLossError(absl::StrCat("a new job must be QUEUED, got ", Name(op.job.state)));
  }
  if (op.room_rule == SubmitJob::Room::kMustBeNew && op.room.state != RoomState::kPending) {
    return absl::DataLossError(
        absl::StrCat("a new clean room must be PENDING, got ", Name(op.room.state)));
  }
  return absl::OkStatus();
}

absl::Status WriteRoom(const SubmitJob& op, const std::optional<RoomHead>& stored,
                       const CleanRoom& room, JobRows& rows) {
  if (!stored.has_value()) {
    return rows.InsertRoom(room);
  }
  if (op.room_rule == SubmitJob::Room::kMustExist) {
    RK_RETURN_IF_ERROR(rows.UpdateRoom(*stored, room, /*new_spec=*/op.moves));
    return rows.UpdateExpiry(*stored, room);
  }
  RK_RETURN_IF_ERROR(rows.EraseRoom(*stored));
  return rows.InsertRoom(room);
}

JobEvent FirstEvent(const Job& job, const CleanRoom& room, const std::string& message) {
  return {.job = job.id,
          .seq = 1,
          .at = job.created_at,
          .type = "job.queued",
          .job_state = job.state,
          .step = job.step,
          .room_state = room.state,
          .move = job.move,
          .message = message,
          .epoch = job.epoch};
}

}  // namespace

absl::StatusOr<SubmitJob::Result> Rules::Run(const SubmitJob& op) {
  RK_RETURN_IF_ERROR(CheckNew(op));
  RK_ASSIGN_OR_RETURN(auto replay, FindReplay(op, jobs));
  if (replay.has_value()) {
    return *std::move(replay);
  }
  RK_ASSIGN_OR_RETURN(const auto stored, jobs.FindRoom(op.room.key));
  RK_ASSIGN_OR_RETURN(auto refusal, CheckRoom(op, stored, jobs));
  if (refusal.has_value()) {
    return *std::move(refusal);
  }
  RK_ASSIGN_OR_RETURN(
      auto held, CheckAdmission(op, stored.has_value() ? stored->shard : op.room.shard, *this));
  if (held.has_value()) {
    return *std::move(held);
  }
  SubmitJob::Result result = {.outcome = Outcome::kInserted, .job = MakeJob(op)};
  RK_ASSIGN_OR_RETURN(result.room, MakeRoom(op, stored, jobs));
  RK_ASSIGN_OR_RETURN(result.job.progress.settle_until, UnsettledUntil(op, stored, jobs));

  RK_ASSIGN_OR_RETURN(const JobHead head,
                      jobs.InsertJob(result.job, op.claim_for,
                                     FirstEvent(result.job, result.room, op.event_message)));
  RK_RETURN_IF_ERROR(WriteRoom(op, stored, result.room, jobs));
  if (!op.request_id.empty()) {
    RK_RETURN_IF_ERROR(
        jobs.InsertRequest(op.caller_scope, op.request_id,
                           {.hash = op.request_hash, .answer = result.job.id.value()}));
  }
  RK_RETURN_IF_ERROR(Enter(op.audit, {.brand = op.room.key.brand,
                                      .at = op.job.created_at,
                                      .method = "SubmitJob",
                                      .resource = FormatName(op.room.key),
                                      .job = FormatName(op.job.id)}));

  counters.Note({.pos = head.pos,
                 .brand = op.room.key.brand,
                 .deferred = head.deferred,
                 .since = result.job.created_at});
  counters.Note(stored.has_value()
                    ? std::optional(StoreCounters::RoomPlace(stored->shard, stored->state))
                    : std::nullopt,
                StoreCounters::RoomPlace(result.room.shard, result.room.state));
  notice.jobs.push_back({.id = result.job.id, .brand = op.room.key.brand, .last_seq = 1});
  if (op.claim_for.empty()) {
    notice.unclaimed_submitted = true;
  } else {
    notice.submitted.push_back({.job = result.job, .room = result.room});
  }
  return result;
}

}  // namespace roomkeeper
