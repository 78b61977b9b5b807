#include "lib/store/sqlite/migrator.h"

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/crypto/digest.h"

namespace roomkeeper {
namespace {

// "room" in ASCII, in the header of each of our files.
constexpr std::int64_t kApplicationId = 0x726F6F6D;
constexpr char kMarkAsOurs[] = "PRAGMA application_id = 1919905645";
static_assert(kApplicationId == 1919905645);

constexpr char kCreateTable[] =
    "CREATE TABLE IF NOT EXISTS schema_migration ("
    "version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, "
    "applied_at INTEGER NOT NULL) STRICT";
constexpr char kSelectApplied[] =
    "SELECT version, name, checksum FROM schema_migration ORDER BY version";
constexpr char kInsertApplied[] = "INSERT INTO schema_migration VALUES (?1, ?2, ?3, ?4)";

absl::Status CheckOurs(SqliteDb& db) {
  RK_ASSIGN_OR_RETURN(const std::int64_t id, db.QueryInt("PRAGMA application_id"));
  RK_ASSIGN_OR_RETURN(const std::int64_t objects,
                      db.QueryInt("SELECT count(*) FROM sqlite_schema"));
  if (id == kApplicationId || (id == 0 && objects == 0)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      "it is the database of another program: set store.path to a file of our own");
}

absl::Status CheckApplied(std::int64_t version, const std::string& checksum,
                          const std::vector<Migration>& migrations) {
  const auto known = static_cast<std::int64_t>(migrations.size());
  if (version > known) {
    return absl::FailedPreconditionError(absl::StrCat("its schema has version ", version,
                                                      " and this release knows up to ", known,
                                                      ": start a release that knows it"));
  }
  const Migration& migration = migrations[static_cast<std::size_t>(version - 1)];
  if (const std::string ours = Sha256Hex(migration.sql); ours != checksum) {
    return absl::FailedPreconditionError(
        absl::StrCat("migration ", migration.name, " was applied with other contents (checksum ",
                     checksum.substr(0, 12), ", ours is ", ours.substr(0, 12),
                     "): start the release that wrote it"));
  }
  return absl::OkStatus();
}

// The version that the store has.
absl::StatusOr<std::int64_t> Check(SqliteDb& db, const std::vector<Migration>& migrations) {
  RK_ASSIGN_OR_RETURN(SqliteRows rows, db.Query(kSelectApplied));
  for (std::int64_t version = 0;;) {
    RK_ASSIGN_OR_RETURN(const bool found, rows.Next());
    if (!found) {
      return version;
    }
    version = rows.Int(0);
    RK_RETURN_IF_ERROR(CheckApplied(version, rows.Text(2), migrations));
  }
}

absl::Status ApplyOne(SqliteDb& db, const Migration& migration, absl::Time now) {
  RK_RETURN_IF_ERROR(db.Execute(migration.sql));
  RK_RETURN_IF_ERROR(db.Run(kInsertApplied, migration.version, absl::string_view(migration.name),
                            Sha256Hex(migration.sql), now)
                         .status());
  return db.Execute("COMMIT");
}

}  // namespace

absl::StatusOr<std::int64_t> SchemaVersion(SqliteDb& db, const std::vector<Migration>& migrations) {
  RK_RETURN_IF_ERROR(CheckOurs(db));
  RK_ASSIGN_OR_RETURN(
      const std::int64_t has_table,
      db.QueryInt("SELECT count(*) FROM sqlite_schema WHERE name = 'schema_migration'"));
  return has_table == 0 ? absl::StatusOr<std::int64_t>(0) : Check(db, migrations);
}

absl::Status Migrate(SqliteDb& db, const std::vector<Migration>& migrations, absl::Time now) {
  RK_ASSIGN_OR_RETURN(const std::int64_t version, SchemaVersion(db, migrations));
  for (auto i = static_cast<std::size_t>(version); i < migrations.size(); ++i) {
    RK_RETURN_IF_ERROR(db.Execute("BEGIN IMMEDIATE"));
    absl::Status status = db.Execute(i == 0 ? kMarkAsOurs : "");
    if (status.ok()) {
      status = db.Execute(kCreateTable);
    }
    if (status.ok()) {
      status = ApplyOne(db, migrations[i], now);
    }
    if (!status.ok()) {
      db.RollBack();
      return Annotate(status, absl::StrCat("migration ", migrations[i].name));
    }
  }
  return absl::OkStatus();
}

}  // namespace roomkeeper
