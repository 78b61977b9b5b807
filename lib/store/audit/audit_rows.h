#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "lib/model/audit.h"

namespace roomkeeper {

// The audit log as the rules of the ops need it: as lib/store/rows.h, for its tables.
class AuditRows {
 public:
  virtual ~AuditRows() = default;

  // Of a brand's chain; of the whole log for an empty brand.
  virtual absl::StatusOr<AuditHead> Head(const BrandId& brand) = 0;
  virtual absl::Status Append(const AuditEntry& entry) = 0;

  // The oldest that are left.
  virtual absl::StatusOr<std::vector<AuditEntry>> Oldest(std::int32_t n) = 0;
  // Where a chain begins from now on.
  virtual absl::Status PutAnchor(const BrandId& brand, const AuditHead& anchor) = 0;
  // All entries up to the whole log's anchor.
  virtual absl::Status EraseToAnchor() = 0;
};

}  // namespace roomkeeper
