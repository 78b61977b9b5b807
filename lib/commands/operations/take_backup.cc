#include "lib/commands/operations/take_backup.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/commands/refusals.h"
#include "lib/model/reasons.h"

namespace roomkeeper {
namespace {

// A store of a gigabyte takes some seconds.
constexpr absl::Duration kRunningRetry = absl::Seconds(10);

absl::Status NotConfigured() {
  return ToStatus({.code = absl::StatusCode::kFailedPrecondition,
                   .reason = reason::kBackupNotConfigured,
                   .message = "this server has no place for backups: set store.backup_dir (and "
                              "store.engine sqlite) in its configuration and restart it; "
                              "`roomkeeperd store backup` works without"});
}

absl::Status RefusalOf(const absl::Status& status) {
  if (absl::IsCancelled(status)) {
    return ShuttingDown();
  }
  if (absl::IsResourceExhausted(status)) {
    return ToStatus({.code = absl::StatusCode::kResourceExhausted,
                     .reason = reason::kBackupRunning,
                     .message = std::string(status.message()),
                     .retry_after = kRunningRetry});
  }
  return ToStatus({.code = absl::StatusCode::kFailedPrecondition,
                   .reason = reason::kBackupFailed,
                   .message = absl::StrCat("no backup was taken, and nothing of it is left: ",
                                           status.message())});
}

}  // namespace

void TakeBackup(StoreBackups* backups, StoreDone<StoreBackup> done) {
  if (backups == nullptr) {
    done(NotConfigured());
    return;
  }
  backups->Take([done = std::move(done)](absl::StatusOr<StoreBackup> copy) {
    if (copy.ok()) {
      done(*std::move(copy));
    } else {
      done(RefusalOf(copy.status()));
    }
  });
}

}  // namespace roomkeeper
