#include "lib/store/sqlite/sqlite_job_rows.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/model/json/clean_room_json.h"
#include "lib/model/json/job_json.h"
#include "lib/store/sqlite/row_codec.h"

namespace roomkeeper {
namespace {

constexpr char kMaxJournalPos[] = "SELECT max(pos) FROM journal";
constexpr char kFindJob[] =
    "SELECT j.pos, j.journal_pos, j.brand, j.install, j.clean_room, j.state, "
    "COALESCE(l.epoch, j.epoch), j.last_seq, j.cancel_requested, "
    "j.state = 1 AND j.wake_at > j.created_at FROM " RK_JOB_TABLES " WHERE j.id = ?1";
constexpr char kLoadJob[] = "SELECT " RK_JOB_COLUMNS " FROM " RK_JOB_TABLES " WHERE j.pos = ?1";
constexpr char kInsertJob[] =
    "INSERT INTO job (id, brand, install, clean_room, kind, state, step, move, waiting_for, since, "
    "shard, request_id, progress, problem, cancel_requested, created_at, updated_at, wake_at, "
    "deadline_at, finished_at, epoch, last_seq, journal_pos, retry_of, trace_id, repair, "
    "moves_from) "
    "VALUES "
    "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, "
    "?21, ?22, ?23, ?24, "
    "?25, ?26, ?27) "
    "ON CONFLICT (id) DO NOTHING";
// The fence stands in the statement as well: a stale epoch or a final job matches no row.
constexpr char kUpdateJob[] =
    "UPDATE job SET state = ?2, step = ?3, move = ?4, waiting_for = ?5, since = ?6, shard = ?7, "
    "progress = ?8, problem = ?9, cancel_requested = ?10, updated_at = ?11, wake_at = ?12, "
    "deadline_at = ?13, finished_at = ?14, epoch = ?15, last_seq = ?16, journal_pos = ?17 "
    "WHERE pos = ?1 AND state < 5 AND (SELECT epoch FROM live_job WHERE pos = ?1) = ?15";
constexpr char kNoteEvent[] = "UPDATE job SET last_seq = ?2, journal_pos = ?3 WHERE pos = ?1";
constexpr char kInsertEvent[] =
    "INSERT INTO journal (pos, job, previous, seq, at, type, job_state, step, room_state, move, "
    "message, epoch) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
constexpr char kInsertLease[] =
    "INSERT INTO live_job (pos, owner, epoch, due_at, state, since, id, brand, shard) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
constexpr char kUpdateLease[] =
    "UPDATE live_job SET due_at = ?2, state = ?3, since = ?4, shard = ?5 WHERE pos = ?1 "
    "AND (due_at <> ?2 OR state <> ?3 OR shard <> ?5)";
constexpr char kDeleteLease[] = "DELETE FROM live_job WHERE pos = ?1";
constexpr char kTakeLeases[] =
    "UPDATE live_job SET owner = ?1, epoch = epoch + 1 WHERE pos IN (SELECT pos FROM live_job "
    "WHERE pos > ?2 AND owner <> ?1 ORDER BY pos LIMIT ?3) "
    "RETURNING pos, id, brand, shard, epoch, due_at";
constexpr char kHasMoreLeases[] =
    "SELECT 1 FROM live_job WHERE pos > ?2 AND owner <> ?1 ORDER BY pos LIMIT 1";
constexpr char kFindRequest[] =
    "SELECT request_hash, answer FROM request WHERE caller_scope = ?1 AND request_id = ?2";
constexpr char kInsertRequest[] =
    "INSERT INTO request (caller_scope, request_id, request_hash, answer) VALUES (?1, ?2, ?3, ?4)";

std::optional<std::string> FormatOptionalProblem(const std::optional<Problem>& problem) {
  return problem.has_value() ? std::optional(FormatProblem(*problem)) : std::nullopt;
}

}  // namespace

absl::Status SqliteJobRows::Reload() {
  claimed_by_.clear();  // first: a cursor that outlives a failed reload would skip jobs
  claimed_to_ = 0;
  RK_ASSIGN_OR_RETURN(last_journal_pos_, db_.QueryInt(kMaxJournalPos));
  return absl::OkStatus();
}

absl::StatusOr<std::optional<JobHead>> SqliteJobRows::FindJob(const JobId& id) {
  RK_ASSIGN_OR_RETURN(SqliteRows row, db_.Query(kFindJob, id));
  RK_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (!found) {
    return std::nullopt;
  }
  return JobHead{.pos = row.Int(0),
                 .journal_pos = row.Int(1),
                 .id = id,
                 .room = {.brand = BrandId(row.Text(2)),
                          .install = InstallId(row.Text(3)),
                          .id = CleanRoomId(row.Text(4))},
                 .state = row.As<JobState>(5),
                 .epoch = row.Int(6),
                 .last_seq = row.Int(7),
                 .cancel_requested = row.Int(8) != 0,
                 .deferred = row.Int(9) != 0};
}

absl::StatusOr<Job> SqliteJobRows::LoadJob(const JobHead& head) {
  return LoadJobAt(head.pos);
}

absl::StatusOr<Job> SqliteJobRows::LoadJobAt(std::int64_t pos) {
  RK_ASSIGN_OR_RETURN(SqliteRows row, db_.Query(kLoadJob, pos));
  RK_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (!found) {
    return absl::DataLossError(absl::StrCat("job row ", pos, " is gone"));
  }
  return ReadJob(row);
}

absl::StatusOr<JobHead> SqliteJobRows::InsertJob(const Job& job, const std::string& owner,
                                                 const JobEvent& first) {
  RK_ASSIGN_OR_RETURN(
      const std::int64_t inserted,
      db_.Run(kInsertJob, job.id, job.room.brand, job.room.install, job.room.id, job.kind,
              job.state, job.step, job.move, job.waiting_for, job.since, job.shard, job.request_id,
              FormatJobProgress(job.progress), FormatOptionalProblem(job.problem),
              job.cancel_requested, job.created_at, job.updated_at, job.wake_at, job.deadline_at,
              job.finished_at, job.epoch, job.last_seq, last_journal_pos_ + 1, job.retry_of,
              job.trace_id, job.repair, job.moves_from));
  if (inserted == 0) {
    return absl::AlreadyExistsError(absl::StrCat("job ", job.id.value(), " exists"));
  }
  const std::int64_t pos = db_.last_insert_pos();
  RK_RETURN_IF_ERROR(AppendEvent(pos, 0, first).status());
  RK_RETURN_IF_ERROR(db_.Run(kInsertLease, pos, owner, job.epoch, DueAt(job), job.state,
                             job.created_at, job.id, job.room.brand, job.shard)
                         .status());
  return JobHead{.pos = pos,
                 .journal_pos = last_journal_pos_,
                 .id = job.id,
                 .room = job.room,
                 .state = job.state,
                 .epoch = job.epoch,
                 .last_seq = job.last_seq,
                 .deferred = IsDeferred(job)};
}

absl::StatusOr<std::int64_t> SqliteJobRows::AppendEvent(std::int64_t job_pos, std::int64_t previous,
                                                        const JobEvent& event) {
  const std::int64_t pos = last_journal_pos_ + 1;
  RK_RETURN_IF_ERROR(db_.Run(kInsertEvent, pos, job_pos, previous, event.seq, event.at, event.type,
                             event.job_state, event.step, event.room_state, event.move,
                             event.message, event.epoch)
                         .status());
  last_journal_pos_ = pos;
  return pos;
}

absl::Status SqliteJobRows::UpdateJob(const JobHead& head, const Job& job,
                                      const std::vector<JobEvent>& events) {
  const auto appended = static_cast<std::int64_t>(events.size());
  const std::int64_t last = appended == 0 ? head.journal_pos : last_journal_pos_ + appended;
  RK_ASSIGN_OR_RETURN(
      const std::int64_t updated,
      db_.Run(kUpdateJob, head.pos, job.state, job.step, job.move, job.waiting_for, job.since,
              job.shard, FormatJobProgress(job.progress), FormatOptionalProblem(job.problem),
              job.cancel_requested, job.updated_at, job.wake_at, job.deadline_at, job.finished_at,
              head.epoch, job.last_seq, last));
  if (updated != 1) {
    return absl::InternalError(absl::StrCat("job ", head.id.value(), " changed under its fence"));
  }
  std::int64_t previous = head.journal_pos;
  for (const JobEvent& event : events) {
    RK_ASSIGN_OR_RETURN(previous, AppendEvent(head.pos, previous, event));
  }
  return UpdateLease(head, job);
}

absl::Status SqliteJobRows::NoteEvent(const JobHead& head, const JobEvent& event) {
  RK_ASSIGN_OR_RETURN(const std::int64_t pos, AppendEvent(head.pos, head.journal_pos, event));
  return db_.Run(kNoteEvent, head.pos, event.seq, pos).status();
}

absl::Status SqliteJobRows::UpdateLease(const JobHead& head, const Job& job) {
  if (IsFinal(job.state)) {
    return db_.Run(kDeleteLease, head.pos).status();
  }
  return db_.Run(kUpdateLease, head.pos, DueAt(job), job.state, job.since, job.shard).status();
}

absl::StatusOr<std::vector<SqliteJobRows::Lease>> SqliteJobRows::TakeLeases(const ClaimJobs& op) {
  RK_ASSIGN_OR_RETURN(SqliteRows row, db_.Query(kTakeLeases, op.owner, claimed_to_, op.n));
  std::vector<Lease> leases;
  for (;;) {
    RK_ASSIGN_OR_RETURN(const bool found, row.Next());
    if (!found) {
      break;
    }
    leases.push_back({.pos = row.Int(0),
                      .job = {.id = JobId(row.Text(1)),
                              .brand = BrandId(row.Text(2)),
                              .shard = ShardId(row.Text(3)),
                              .epoch = row.Int(4),
                              .wake_at = row.Time(5)}});
  }
  // RETURNING promises no order.
  std::sort(leases.begin(), leases.end(),
            [](const Lease& a, const Lease& b) { return a.pos < b.pos; });
  return leases;
}

absl::StatusOr<ClaimJobs::Result::Claimed> SqliteJobRows::LoadDue(const Lease& lease) {
  ClaimJobs::Result::Claimed due;
  RK_ASSIGN_OR_RETURN(due.job, LoadJobAt(lease.pos));
  RK_ASSIGN_OR_RETURN(due.room, LoadRoom(due.job.room));
  return due;
}

absl::StatusOr<ClaimJobs::Result> SqliteJobRows::Claim(const ClaimJobs& op) {
  if (claimed_by_ != op.owner) {
    claimed_by_ = op.owner;
    claimed_to_ = 0;
  }
  RK_ASSIGN_OR_RETURN(const std::vector<Lease> leases, TakeLeases(op));
  ClaimJobs::Result result;
  for (const Lease& lease : leases) {
    claimed_to_ = lease.pos;
    if (lease.job.wake_at > op.now || std::ssize(result.due) >= op.rows_max) {
      result.parked.push_back(lease.job);
      continue;
    }
    absl::StatusOr<ClaimJobs::Result::Claimed> due = LoadDue(lease);
    if (due.ok()) {
      result.due.push_back(*std::move(due));
    } else if (absl::IsDataLoss(due.status())) {
      result.corrupt.push_back({.id = lease.job.id,
                                .brand = lease.job.brand,
                                .shard = lease.job.shard,
                                .error = std::string(due.status().message())});
    } else {
      return due.status();
    }
  }
  RK_ASSIGN_OR_RETURN(SqliteRows row, db_.Query(kHasMoreLeases, op.owner, claimed_to_));
  RK_ASSIGN_OR_RETURN(result.more, row.Next());
  return result;
}

absl::StatusOr<std::optional<RequestRow>> SqliteJobRows::FindRequest(
    const std::string& caller_scope, const std::string& request_id) {
  RK_ASSIGN_OR_RETURN(SqliteRows row, db_.Query(kFindRequest, caller_scope, request_id));
  RK_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (!found) {
    return std::nullopt;
  }
  return RequestRow{.hash = row.Text(0), .answer = row.Text(1)};
}

absl::Status SqliteJobRows::InsertRequest(const std::string& caller_scope,
                                          const std::string& request_id, const RequestRow& row) {
  return db_.Run(kInsertRequest, caller_scope, request_id, row.hash, row.answer).status();
}

}  // namespace roomkeeper
