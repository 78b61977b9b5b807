#pragma once

#include "lib/store/backup/store_backups.h"
#include "lib/store/job_store.h"

namespace roomkeeper {

// Copies the store while it serves. `backups` is null where there is no place for them:
// BACKUP_NOT_CONFIGURED. Also BACKUP_RUNNING, BACKUP_FAILED, SHUTTING_DOWN.
void TakeBackup(StoreBackups* backups, StoreDone<StoreBackup> done);

}  // namespace roomkeeper
