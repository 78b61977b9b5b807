#pragma once

#include "lib/store/audit/audit_ops.h"
#include "lib/store/audit/audit_query.h"
#include "lib/store/job_store.h"

namespace roomkeeper {

// The audit log. Same rules as JobStore.
class AuditStore {
 public:
  virtual ~AuditStore() = default;

  virtual void Append(AppendAudit op, StoreDone<AppendAudit::Result> done) = 0;
  virtual void Prune(PruneAudit op, StoreDone<PruneAudit::Result> done) = 0;
  virtual void ListAudit(AuditQuery query, StoreDone<AuditPage> done) = 0;
};

}  // namespace roomkeeper
