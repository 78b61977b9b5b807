#pragma once

#include <memory>
#include <vector>

#include "lib/base/mutex.h"
#include "lib/store/counters.h"
#include "lib/store/memory/memory_audit_rows.h"
#include "lib/store/memory/memory_enrollment_rows.h"
#include "lib/store/memory/memory_rows.h"
#include "lib/store/storage_engine.h"

namespace roomkeeper {

// Everything in memory, gone with the process: for tests and trials. Readers and Apply may be used
// by several threads; they take turns.
class MemoryEngine final : public StorageEngine {
 public:
  std::vector<absl::StatusOr<WriteResult>> Apply(std::vector<WriteOp> ops,
                                                 CommitNotice& notice) override;
  absl::StatusOr<std::unique_ptr<Reader>> NewReader() override;

 private:
  class MemoryReader;

  Mutex mu_;
  MemoryRows rows_ ABSL_GUARDED_BY(mu_);
  MemoryEnrollmentRows enrollments_ ABSL_GUARDED_BY(mu_);
  MemoryAuditRows audit_ ABSL_GUARDED_BY(mu_);
  StoreCounters counters_;
};

}  // namespace roomkeeper
