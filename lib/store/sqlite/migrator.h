#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "lib/store/sqlite/sqlite_db.h"

namespace roomkeeper {

// One file of lib/store/sqlite/migrations. Forward only: a released one is never edited.
struct Migration {
  std::int64_t version = 0;  // 1, 2, … without a gap
  const char* name = "";
  const char* sql = "";
};
const std::vector<Migration>& Migrations();

// The version that the store has, 0 if it is empty. kFailedPrecondition as for Migrate.
absl::StatusOr<std::int64_t> SchemaVersion(SqliteDb& db, const std::vector<Migration>& migrations);

// Brings an empty or older store up to the last of `migrations`, each in a transaction of its own:
// an interrupted one leaves the store as it was. kFailedPrecondition, with nothing changed: the
// file belongs to another program, its schema is newer than we know, or a migration was applied
// with other contents.
absl::Status Migrate(SqliteDb& db, const std::vector<Migration>& migrations, absl::Time now);

}  // namespace roomkeeper
