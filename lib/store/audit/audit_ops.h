#pragma once

#include <cstdint>
#include <vector>

#include "absl/time/time.h"

#include "lib/model/audit.h"

namespace roomkeeper {

// What is written to the audit log by itself. The entry of a change is written by the op that makes
// the change (its field `audit`), in the same transaction: there is never one without the other.

// Appends calls that changed nothing. Their numbers and hashes are given by the store.
struct AppendAudit {
  struct Result {
    AuditHead head = {};  // of the whole log
  };
  std::vector<AuditEntry> entries = {};
};

// Erases the oldest entries, up to the first that is not before `before`. What is left can still be
// verified: the hash of the last erased entry of each chain is kept as its anchor. That it erased
// something is an entry itself.
struct PruneAudit {
  struct Result {
    std::int64_t erased = 0;
    AuditHead head = {};
    bool more = false;  // ask again
  };
  absl::Time before = {};
  absl::Time now = {};
  std::int32_t rows_max = 1000;
};

}  // namespace roomkeeper
