#include "lib/store/sqlite/sqlite_engine.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/store/op_rules.h"
#include "lib/store/sqlite/migrator.h"
#include "lib/store/sqlite/sqlite_reader.h"

namespace roomkeeper {
namespace {

// wal_autocheckpoint is in pages of 4 KiB: 80 MB. A checkpoint holds up the commit that runs it, so
// it is rare (at SQLite's own 1000 pages the slowest percent of commits took ten times longer), and
// Tidy does it while nothing is written. The WAL file is cut back to 64 MiB when it restarts. The
// cache (64 MiB) holds the upper levels of all trees and the recent rows.
constexpr char kSetUp[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 20000; "
    "PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY";
constexpr char kBegin[] = "BEGIN IMMEDIATE";
constexpr char kCommit[] = "COMMIT";
constexpr char kCheckpoint[] = "PRAGMA wal_checkpoint(PASSIVE)";
constexpr char kProbe[] = "UPDATE schema_migration SET version = version";
// Room for a group of jobs: a small write may still fit where those failed.
constexpr std::size_t kProbeBytes = 256 * 1024;
constexpr char kLiveJobs[] = "SELECT pos, brand, state, since, due_at > since FROM live_job";
constexpr char kRoomCounts[] = "SELECT shard, state, count(*) FROM room GROUP BY shard, state";

// Writes a file beside `path` that has no name any more, so that nothing of it can be left.
absl::Status ProbeSpace(const std::string& path) {
  const std::string name = absl::StrCat(path, ".probe");
  const int file = open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    return absl::UnavailableError(absl::StrCat("store: ", name, ": ", std::strerror(errno)));
  }
  (void)unlink(name.c_str());
  const std::string bytes(kProbeBytes, '\0');
  const bool written = write(file, bytes.data(), bytes.size()) == std::ssize(bytes);
  const int error = written ? 0 : errno;
  const bool synced = written && fsync(file) == 0;
  (void)close(file);
  return synced ? absl::OkStatus()
                : absl::UnavailableError(absl::StrCat(
                      "store: the disk is full or fails: ", std::strerror(error),
                      ": free space where the store is; what was acknowledged is kept, and writes "
                      "go on by themselves"));
}

}  // namespace

SqliteEngine::SqliteEngine(std::string path, FileLock lock, std::unique_ptr<SqliteDb> db)
    : path_(std::move(path)),
      lock_(std::move(lock)),
      db_(std::move(db)),
      job_rows_(*db_),
      brand_rows_(*db_),
      enrollment_rows_(*db_),
      audit_rows_(*db_) {}

absl::StatusOr<std::unique_ptr<SqliteEngine>> SqliteEngine::Open(const std::string& path,
                                                                 const Clock& clock) {
  RK_ASSIGN_OR_RETURN(FileLock lock, FileLock::Take(path));
  RK_ASSIGN_OR_RETURN(std::unique_ptr<SqliteDb> db,
                      SqliteDb::Open(path, SqliteDb::Mode::kReadWrite));
  absl::Status status = db->Execute(kSetUp);
  if (status.ok()) {
    status = Migrate(*db, Migrations(), clock.Now());
  }
  if (status.ok()) {
    status = SyncFolderOf(path);
  }
  if (!status.ok()) {
    return Annotate(status, absl::StrCat("store ", path));
  }
  auto engine = absl::WrapUnique(new SqliteEngine(path, std::move(lock), std::move(db)));
  RK_RETURN_IF_ERROR(engine->job_rows_.Reload());
  RK_RETURN_IF_ERROR(engine->LoadCounters());
  return engine;
}

absl::Status SqliteEngine::LoadCounters() {
  RK_ASSIGN_OR_RETURN(SqliteRows jobs, db_->Query(kLiveJobs));
  for (;;) {
    RK_ASSIGN_OR_RETURN(const bool found, jobs.Next());
    if (!found) {
      break;
    }
    counters_.Note({.pos = jobs.Int(0),
                    .brand = BrandId(jobs.Text(1)),
                    .to = jobs.As<JobState>(2),
                    .deferred = jobs.As<JobState>(2) == JobState::kQueued && jobs.Int(4) != 0,
                    .since = jobs.Time(3)});
  }
  counters_.Commit();
  RK_ASSIGN_OR_RETURN(SqliteRows rooms, db_->Query(kRoomCounts));
  for (;;) {
    RK_ASSIGN_OR_RETURN(const bool found, rooms.Next());
    if (!found) {
      return absl::OkStatus();
    }
    counters_.AddRooms({ShardId(rooms.Text(0)), rooms.As<RoomState>(1)}, rooms.Int(2));
  }
}

std::vector<absl::StatusOr<WriteResult>> SqliteEngine::Apply(std::vector<WriteOp> ops,
                                                             CommitNotice& notice) {
  std::vector<bool> left_out(ops.size(), false);
  Results results(ops.size(), absl::UnknownError("not applied"));
  for (;;) {
    notice = {};
    const auto failed = TryApply(ops, left_out, results, notice);
    if (!failed.ok()) {
      notice = {};
      return Results(ops.size(), failed.status());
    }
    if (!failed->has_value()) {
      written_since_checkpoint_ = true;
      return results;
    }
    left_out[**failed] = true;
  }
}

absl::StatusOr<std::optional<std::size_t>> SqliteEngine::TryApply(const std::vector<WriteOp>& ops,
                                                                  const std::vector<bool>& left_out,
                                                                  Results& results,
                                                                  CommitNotice& notice) {
  RK_RETURN_IF_ERROR(db_->Run(kBegin).status());
  Rules rules = {.jobs = job_rows_,
                 .brands = brand_rows_,
                 .enrollments = enrollment_rows_,
                 .audit = audit_rows_,
                 .counters = counters_,
                 .notice = notice};
  for (std::size_t i = 0; i < ops.size(); ++i) {
    if (left_out[i]) {
      continue;
    }
    db_->ClearFailure();
    const std::int64_t changes = db_->total_changes();
    results[i] = rules.Apply(ops[i]);
    if (results[i].ok()) {
      continue;
    }
    const bool lost = db_->write_failed() && !db_->constraint_failed();
    if (lost || !db_->in_transaction()) {
      RollBack();
      return results[i].status();
    }
    if (db_->write_failed() || db_->total_changes() != changes) {
      RollBack();  // of all, for its sake: that is rare, and cheaper than a savepoint for each op
      return i;
    }
  }
  const absl::Status committed = db_->Run(kCommit).status();
  if (!committed.ok()) {
    RollBack();
    return committed;
  }
  counters_.Commit();
  return std::nullopt;
}

void SqliteEngine::RollBack() {
  db_->RollBack();
  counters_.Discard();
  audit_rows_.Reload();
  if (const absl::Status status = job_rows_.Reload(); !status.ok()) {
    // It stays at a position that is free or taken: then the next append breaks the primary key and
    // comes here again.
    return;
  }
}

void SqliteEngine::Tidy() {
  if (!written_since_checkpoint_) {
    return;
  }
  // If it fails the WAL only grows on; the next one, or the next commit, tries again.
  written_since_checkpoint_ = !db_->QueryInt(kCheckpoint).ok();
}

absl::Status SqliteEngine::Probe() {
  RK_RETURN_IF_ERROR(ProbeSpace(path_));
  return db_->Run(kProbe).status();
}

absl::StatusOr<std::unique_ptr<StorageEngine::Reader>> SqliteEngine::NewReader() {
  RK_ASSIGN_OR_RETURN(std::unique_ptr<SqliteDb> db, SqliteDb::Open(path_, SqliteDb::Mode::kRead));
  return std::make_unique<SqliteReader>(std::move(db), counters_);
}

}  // namespace roomkeeper
