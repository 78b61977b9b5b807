#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/base/strong_id.h"

struct sqlite3;
struct sqlite3_stmt;

namespace roomkeeper {

// Nanoseconds since 1970; the two infinities are kept.
std::int64_t StoredTime(absl::Time time);
absl::Time FromStoredTime(std::int64_t nanos);

// The rows of one SELECT (or RETURNING). The statement is free again when this goes.
class SqliteRows {
 public:
  explicit SqliteRows(sqlite3_stmt* statement) : statement_(statement) {}
  ~SqliteRows();
  SqliteRows(SqliteRows&& other) noexcept;
  SqliteRows& operator=(SqliteRows&&) = delete;

  // False: no more rows.
  absl::StatusOr<bool> Next();
  std::int64_t Int(int column) const;
  std::int32_t Int32(int column) const { return static_cast<std::int32_t>(Int(column)); }
  std::string Text(int column) const;
  bool IsNull(int column) const;
  absl::Time Time(int column) const { return FromStoredTime(Int(column)); }
  std::optional<absl::Time> OptionalTime(int column) const;
  template <typename Enum>
  Enum As(int column) const {
    return static_cast<Enum>(Int(column));
  }

 private:
  sqlite3_stmt* statement_;
};

// One connection. Used by one thread at a time. Statements are prepared once and kept: pass the
// same `const char*` each time. Errors: kUnavailable (disk full, I/O, busy), kDataLoss (corrupt, or
// a constraint of ours), kCancelled (StopWhen), kInternal; the message never holds SQL or values.
class SqliteDb {
 public:
  enum class Mode : std::uint8_t { kReadWrite, kRead };
  static absl::StatusOr<std::unique_ptr<SqliteDb>> Open(const std::string& path, Mode mode);
  ~SqliteDb();
  SqliteDb(const SqliteDb&) = delete;
  SqliteDb& operator=(const SqliteDb&) = delete;

  // From now on statements end with kCancelled soon after `stop` has become true, which outlives
  // the connection.
  void StopWhen(const std::atomic<bool>& stop);
  // Statements without parameters and rows, separated by semicolons.
  absl::Status Execute(const char* sql);
  // Binds ?1, ?2, … in order and runs a statement without rows. Answers the rows it changed.
  template <typename... Args>
  absl::StatusOr<std::int64_t> Run(const char* sql, const Args&... args) {
    return RunBound(Bound(sql, args...));
  }
  template <typename... Args>
  absl::StatusOr<SqliteRows> Query(const char* sql, const Args&... args) {
    absl::StatusOr<sqlite3_stmt*> statement = Bound(sql, args...);
    if (!statement.ok()) {
      return statement.status();
    }
    return SqliteRows(*statement);
  }
  // The first column of the first row; 0 if there is none.
  absl::StatusOr<std::int64_t> QueryInt(const char* sql);
  std::int64_t last_insert_pos() const;
  std::int64_t total_changes() const;  // rows changed since the connection was opened
  bool in_transaction() const;         // SQLite itself ends one after some errors
  // Ends the open transaction, if there is one.
  void RollBack();
  // Since the last ClearFailure, has a Run failed?
  bool write_failed() const { return write_failed_; }
  // … because the data would break a constraint, so that another attempt would fail as well?
  bool constraint_failed() const { return constraint_failed_; }
  void ClearFailure() { write_failed_ = constraint_failed_ = false; }

 private:
  struct Statements;
  SqliteDb();

  template <typename... Args>
  absl::StatusOr<sqlite3_stmt*> Bound(const char* sql, const Args&... args) {
    absl::StatusOr<sqlite3_stmt*> statement = Prepared(sql);
    if (statement.ok()) {
      int index = 0;
      (Bind(*statement, ++index, args), ...);
    }
    return statement;
  }
  absl::StatusOr<sqlite3_stmt*> Prepared(const char* sql);
  absl::StatusOr<std::int64_t> RunBound(absl::StatusOr<sqlite3_stmt*> statement);

  static void Bind(sqlite3_stmt* statement, int index, std::int64_t value);
  static void Bind(sqlite3_stmt* statement, int index, absl::string_view value);
  static void Bind(sqlite3_stmt* statement, int index, std::nullopt_t value);
  static void Bind(sqlite3_stmt* statement, int index, const std::string& value) {
    Bind(statement, index, absl::string_view(value));
  }
  static void Bind(sqlite3_stmt* statement, int index, absl::Time value) {
    Bind(statement, index, StoredTime(value));
  }
  template <typename Tag>
  static void Bind(sqlite3_stmt* statement, int index, const StrongId<Tag>& value) {
    Bind(statement, index, absl::string_view(value.value()));
  }
  template <typename Number,
            std::enable_if_t<std::is_integral_v<Number> || std::is_enum_v<Number>, bool> = true>
  static void Bind(sqlite3_stmt* statement, int index, Number value) {
    Bind(statement, index, static_cast<std::int64_t>(value));
  }
  template <typename T>
  static void Bind(sqlite3_stmt* statement, int index, const std::optional<T>& value) {
    if (value.has_value()) {
      Bind(statement, index, *value);
    } else {
      Bind(statement, index, std::nullopt);
    }
  }

  sqlite3* db_ = nullptr;
  std::unique_ptr<Statements> statements_;
  bool write_failed_ = false;
  bool constraint_failed_ = false;
};

}  // namespace roomkeeper
