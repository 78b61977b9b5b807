#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "lib/store/backup/store_backups.h"

namespace roomkeeper {

// What an operator does to a store's file as a whole. All block, and say in their errors what to
// do.

// Copies the store to a new file `to` (mode 0600), as of one instant, durable when it returns. The
// server may run and write meanwhile. kAlreadyExists: `to` is there. kFailedPrecondition: it is no
// store of ours. kDataLoss: the store is damaged. kCancelled: `stop`, if given, became true. After
// an error nothing of the copy is left.
absl::StatusOr<StoreBackup> BackUpStore(const std::string& path, const std::string& to,
                                        const std::atomic<bool>* stop = nullptr);

// Puts a backup in the store's place; the file of before stays as "<path>.before-restore". Jobs
// that were open look at the platform before they act. Until the last moment the old store is in
// place, whatever goes wrong. kFailedPrecondition: a server runs on the store, or the backup is no
// store of ours or too new. kAlreadyExists: "<path>.before-restore" is there. kDataLoss: the backup
// is damaged.
absl::Status RestoreStore(const std::string& backup, const std::string& path);

// Brings the schema up to date as a start does, after a backup to "<path>.before-v<new version>".
// kFailedPrecondition: no store of ours, too new, or a server runs on it. kAlreadyExists: that
// backup is there.
struct StoreMigration {
  std::int64_t from = 0;
  std::int64_t to = 0;      // equal: there was nothing to do
  std::string backup = {};  // empty then
};
absl::StatusOr<StoreMigration> MigrateStore(const std::string& path, absl::Time now);

// Makes a store where there is none: `fill` makes and closes one at the path that it is given
// (beside `path`, held against servers meanwhile), and at the end it is put in place as a whole.
// Before that, whatever goes wrong, there is still none. kFailedPrecondition: there is one, or a
// server is starting on it. Else what `fill` says.
absl::Status MakeStore(const std::string& path,
                       const std::function<absl::Status(const std::string& part)>& fill);

}  // namespace roomkeeper
