#include "lib/store/sqlite/sqlite_db.h"

#include <sqlite3.h>

#include <limits>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"

#include "lib/base/check.h"
#include "lib/base/status_macros.h"

namespace roomkeeper {
namespace {

// Long enough for a backup tool that holds the file for a moment.
constexpr int kBusyTimeoutMs = 5000;
constexpr int kStepsBetweenStopChecks = 1000;  // far less than a millisecond of work

absl::Status ErrorOf(sqlite3* db) {
  const int code = sqlite3_errcode(db);
  const std::string message = absl::StrCat("store: ", sqlite3_errmsg(db));
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return absl::UnavailableError(
          "store: the disk is full: free space where the store is; what was acknowledged is kept, "
          "and "
          "writes go on by themselves");
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return absl::UnavailableError(
          absl::StrCat(message,
                       ": the folder must be writable, and the file and its -wal and -shm, "
                       "by the server's user"));
    case SQLITE_IOERR:
      return absl::UnavailableError(
          absl::StrCat(message, " (", code, "): see the kernel's log for the disk"));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
      return absl::UnavailableError(message);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(
          absl::StrCat(message, ": the file is damaged; stop the server and restore a backup"));
    case SQLITE_CONSTRAINT:
      return absl::DataLossError(message);
    case SQLITE_INTERRUPT:
      return absl::CancelledError(message);
    default:
      return absl::InternalError(message);
  }
}

}  // namespace

std::int64_t StoredTime(absl::Time time) {
  return absl::ToUnixNanos(time);  // saturates at the ends of int64
}

absl::Time FromStoredTime(std::int64_t nanos) {
  if (nanos == std::numeric_limits<std::int64_t>::max()) {
    return absl::InfiniteFuture();
  }
  if (nanos == std::numeric_limits<std::int64_t>::min()) {
    return absl::InfinitePast();
  }
  return absl::FromUnixNanos(nanos);
}

SqliteRows::~SqliteRows() {
  if (statement_ != nullptr) {
    sqlite3_reset(statement_);
  }
}

SqliteRows::SqliteRows(SqliteRows&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)) {}

absl::StatusOr<bool> SqliteRows::Next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW || code == SQLITE_DONE) {
    return code == SQLITE_ROW;
  }
  return ErrorOf(sqlite3_db_handle(statement_));
}

std::int64_t SqliteRows::Int(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string SqliteRows::Text(int column) const {
  const void* text = sqlite3_column_text(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return text == nullptr
             ? std::string()
             : std::string(static_cast<const char*>(text), static_cast<std::size_t>(size));
}

bool SqliteRows::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::optional<absl::Time> SqliteRows::OptionalTime(int column) const {
  return IsNull(column) ? std::nullopt : std::optional(Time(column));
}

struct SqliteDb::Statements {
  absl::flat_hash_map<const char*, sqlite3_stmt*> by_text;
};

SqliteDb::SqliteDb() : statements_(std::make_unique<Statements>()) {}

SqliteDb::~SqliteDb() {
  for (const auto& [text, statement] : statements_->by_text) {
    sqlite3_finalize(statement);
  }
  sqlite3_close(db_);
}

absl::StatusOr<std::unique_ptr<SqliteDb>> SqliteDb::Open(const std::string& path, Mode mode) {
  auto db = absl::WrapUnique(new SqliteDb());
  // A reader of a WAL needs to write the shared index beside it: query_only is what keeps it from
  // writing the data.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (sqlite3_open_v2(path.c_str(), &db->db_, flags, nullptr) != SQLITE_OK) {
    return ErrorOf(db->db_);
  }
  sqlite3_busy_timeout(db->db_, kBusyTimeoutMs);
  if (mode == Mode::kRead) {
    // Only the writer may checkpoint (file_lock.h says why).
    sqlite3_db_config(db->db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    RK_RETURN_IF_ERROR(db->Execute("PRAGMA query_only=1; PRAGMA cache_size=-8192"));
  }
  return db;
}

void SqliteDb::StopWhen(const std::atomic<bool>& stop) {
  sqlite3_progress_handler(
      db_, kStepsBetweenStopChecks,
      [](void* flag) { return static_cast<const std::atomic<bool>*>(flag)->load() ? 1 : 0; },
      const_cast<std::atomic<bool>*>(&stop));  // NOLINT(*-const-cast): SQLite has one for all
}

absl::Status SqliteDb::Execute(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return ErrorOf(db_);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> SqliteDb::QueryInt(const char* sql) {
  RK_ASSIGN_OR_RETURN(SqliteRows rows, Query(sql));
  RK_ASSIGN_OR_RETURN(const bool found, rows.Next());
  return found ? rows.Int(0) : 0;
}

std::int64_t SqliteDb::last_insert_pos() const {
  return sqlite3_last_insert_rowid(db_);
}

std::int64_t SqliteDb::total_changes() const {
  return sqlite3_total_changes64(db_);
}

bool SqliteDb::in_transaction() const {
  return sqlite3_get_autocommit(db_) == 0;
}

void SqliteDb::RollBack() {
  if (in_transaction()) {
    (void)Execute("ROLLBACK");  // it cannot fail while a transaction is open
  }
}

absl::StatusOr<sqlite3_stmt*> SqliteDb::Prepared(const char* sql) {
  if (const auto it = statements_->by_text.find(sql); it != statements_->by_text.end()) {
    RK_CHECK(sqlite3_stmt_busy(it->second) == 0);  // its rows are still being read
    return it->second;
  }
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) !=
      SQLITE_OK) {
    return ErrorOf(db_);
  }
  statements_->by_text.emplace(sql, statement);
  return statement;
}

absl::StatusOr<std::int64_t> SqliteDb::RunBound(absl::StatusOr<sqlite3_stmt*> statement) {
  RK_RETURN_IF_ERROR(statement.status());
  const int code = sqlite3_step(*statement);
  if (code != SQLITE_DONE) {
    absl::Status error = ErrorOf(db_);
    write_failed_ = true;
    constraint_failed_ = (code & 0xFF) == SQLITE_CONSTRAINT;
    sqlite3_reset(*statement);
    return error;
  }
  const std::int64_t changes = sqlite3_changes64(db_);
  sqlite3_reset(*statement);
  return changes;
}

void SqliteDb::Bind(sqlite3_stmt* statement, int index, std::int64_t value) {
  sqlite3_bind_int64(statement, index, value);
}

void SqliteDb::Bind(sqlite3_stmt* statement, int index, absl::string_view value) {
  // An empty view may have no address, which would bind NULL.
  const char* data = value.data() == nullptr ? "" : value.data();
  sqlite3_bind_text64(statement, index, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void SqliteDb::Bind(sqlite3_stmt* statement, int index, std::nullopt_t /*value*/) {
  sqlite3_bind_null(statement, index);
}

}  // namespace roomkeeper
