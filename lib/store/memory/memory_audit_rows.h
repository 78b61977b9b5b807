#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "lib/store/audit/audit_query.h"
#include "lib/store/audit/audit_rows.h"

namespace roomkeeper {

// The audit log, in memory. Not thread-safe: MemoryEngine holds the lock.
class MemoryAuditRows final : public AuditRows {
 public:
  absl::StatusOr<AuditHead> Head(const BrandId& brand) override;
  absl::Status Append(const AuditEntry& entry) override;
  absl::StatusOr<std::vector<AuditEntry>> Oldest(std::int32_t n) override;
  absl::Status PutAnchor(const BrandId& brand, const AuditHead& anchor) override;
  absl::Status EraseToAnchor() override;

  AuditPage List(const AuditQuery& query) const;

 private:
  std::deque<AuditEntry> entries_;
  std::map<BrandId, AuditHead> heads_;
  std::map<BrandId, AuditHead> anchors_;
};

}  // namespace roomkeeper
