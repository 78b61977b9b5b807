#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "lib/store/audit/audit_query.h"
#include "lib/store/audit/audit_rows.h"
#include "lib/store/sqlite/sqlite_db.h"

namespace roomkeeper {

// The audit tables, inside the open transaction of `db`.
class SqliteAuditRows final : public AuditRows {
 public:
  explicit SqliteAuditRows(SqliteDb& db) : db_(db) {}

  // Forgets what it knows of the tables: after a rollback.
  void Reload() { heads_.clear(); }

  absl::StatusOr<AuditHead> Head(const BrandId& brand) override;
  absl::Status Append(const AuditEntry& entry) override;
  absl::StatusOr<std::vector<AuditEntry>> Oldest(std::int32_t n) override;
  absl::Status PutAnchor(const BrandId& brand, const AuditHead& anchor) override;
  absl::Status EraseToAnchor() override;

 private:
  SqliteDb& db_;
  absl::flat_hash_map<BrandId, AuditHead> heads_;  // one for each brand that was written for
};

// For readers. Looks at some thousand rows, then the page ends.
absl::StatusOr<AuditPage> ReadAuditPage(SqliteDb& db, const AuditQuery& query);

}  // namespace roomkeeper
