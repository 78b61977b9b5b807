#include "services/roomkeeperd/store/store_command.h"

#include "absl/strings/str_cat.h"

#include "lib/base/clock.h"
#include "lib/base/status_macros.h"
#include "lib/store/sqlite/store_files.h"
#include "services/roomkeeperd/store/rebuild_store.h"

namespace roomkeeper {

absl::StatusOr<std::string> RunStoreCommand(const Config& config, const StoreCommand& command) {
  const StoreConfig& store = config.store;
  const std::string& file = command.file;
  if (store.engine != StoreEngine::kSqlite) {
    return absl::FailedPreconditionError("store.engine is memory: there is no file");
  }
  switch (command.verb) {
    case StoreVerb::kBackup:
      RK_RETURN_IF_ERROR(BackUpStore(store.path, file).status());
      return absl::StrCat(store.path, " is backed up to ", file,
                          "; the provenance key is not in it: keep that where secrets are kept");
    case StoreVerb::kRestore:
      RK_RETURN_IF_ERROR(RestoreStore(file, store.path));
      return absl::StrCat(store.path, " is what ", file, " was; the file of before is ", store.path,
                          ".before-restore");
    case StoreVerb::kMigrate: {
      RK_ASSIGN_OR_RETURN(const StoreMigration done, MigrateStore(store.path, SystemClock().Now()));
      return done.backup.empty() ? absl::StrCat("the schema has version ", done.to, " already")
                                 : absl::StrCat("the schema went from version ", done.from, " to ",
                                                done.to, "; the file of before is ", done.backup);
    }
    case StoreVerb::kRebuild:
      return RebuildStore(config, {.enrolments_file = file, .dry_run = command.dry_run});
  }
  return absl::InternalError("unknown store command");
}

}  // namespace roomkeeper
