#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/store/counters.h"
#include "lib/store/sqlite/audit/sqlite_audit_rows.h"
#include "lib/store/sqlite/enrollment/sqlite_enrollment_rows.h"
#include "lib/store/sqlite/file_lock.h"
#include "lib/store/sqlite/sqlite_brand_rows.h"
#include "lib/store/sqlite/sqlite_db.h"
#include "lib/store/sqlite/sqlite_job_rows.h"
#include "lib/store/storage_engine.h"

namespace roomkeeper {

// The embedded store: one file (and its -wal and -shm beside it), WAL with synchronous=FULL, so
// what Apply answered survives kill -9 and power loss. One process at a time; exactly one
// read-write connection (SQLite 3.40 has a WAL bug that needs two), any number of readers.
class SqliteEngine final : public StorageEngine {
 public:
  // Creates or migrates the file. kFailedPrecondition, with what to do: it cannot be written, is in
  // use, belongs to another program, or has a schema that this release does not know. kDataLoss:
  // it is corrupt or no database.
  static absl::StatusOr<std::unique_ptr<SqliteEngine>> Open(const std::string& path,
                                                            const Clock& clock);

  std::vector<absl::StatusOr<WriteResult>> Apply(std::vector<WriteOp> ops,
                                                 CommitNotice& notice) override;
  void Tidy() override;
  absl::Status Probe() override;
  absl::StatusOr<std::unique_ptr<Reader>> NewReader() override;

 private:
  using Results = std::vector<absl::StatusOr<WriteResult>>;

  SqliteEngine(std::string path, FileLock lock, std::unique_ptr<SqliteDb> db);
  absl::Status LoadCounters();
  // One transaction with the ops that are not left out. Nothing: it is committed. An index: that op
  // failed half made and has its result; try again without it. An error: nothing is written.
  absl::StatusOr<std::optional<std::size_t>> TryApply(const std::vector<WriteOp>& ops,
                                                      const std::vector<bool>& left_out,
                                                      Results& results, CommitNotice& notice);
  void RollBack();

  const std::string path_;
  const FileLock lock_;  // before the connection: closing any descriptor of the file drops SQLite's
                         // own locks on it, so this one closes last
  const std::unique_ptr<SqliteDb> db_;
  SqliteJobRows job_rows_;
  SqliteBrandRows brand_rows_;
  SqliteEnrollmentRows enrollment_rows_;
  SqliteAuditRows audit_rows_;
  StoreCounters counters_;
  bool written_since_checkpoint_ = false;
};

}  // namespace roomkeeper
