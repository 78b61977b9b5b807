#include <map>
#include <utility>

#include "lib/base/status_macros.h"
#include "lib/store/audit/audit_chain.h"
#include "lib/store/op_rules.h"

namespace roomkeeper {

absl::Status Rules::Append(AuditEntry entry) {
  RK_ASSIGN_OR_RETURN(const AuditHead head, audit.Head(BrandId()));
  AuditHead brand_head;
  if (!entry.brand.empty()) {
    RK_ASSIGN_OR_RETURN(brand_head, audit.Head(entry.brand));
  }
  LinkEntry(head, brand_head, entry);
  return audit.Append(entry);
}

absl::Status Rules::Enter(const AuditStampPtr& stamp, AuditEntry entry) {
  entry.until = entry.at;
  entry.code = "OK";
  if (stamp != nullptr) {
    entry.actor_kind = stamp->actor_kind;
    entry.actor = stamp->actor;
    entry.install = stamp->install;
    entry.on_behalf_of = stamp->on_behalf_of;
    entry.method = stamp->method;
    entry.request_id = stamp->request_id;
    entry.trace_id = stamp->trace_id;
    entry.peer = stamp->peer;
  }
  RK_RETURN_IF_ERROR(Append(std::move(entry)));
  if (stamp != nullptr) {
    stamp->entered = true;
  }
  return absl::OkStatus();
}

absl::StatusOr<AppendAudit::Result> Rules::Run(const AppendAudit& op) {
  for (const AuditEntry& entry : op.entries) {
    RK_RETURN_IF_ERROR(Append(entry));
  }
  AppendAudit::Result result;
  RK_ASSIGN_OR_RETURN(result.head, audit.Head(BrandId()));
  return result;
}

absl::StatusOr<PruneAudit::Result> Rules::Run(const PruneAudit& op) {
  PruneAudit::Result result;
  RK_ASSIGN_OR_RETURN(const std::vector<AuditEntry> oldest, audit.Oldest(op.rows_max));
  std::map<BrandId, AuditHead> anchors;
  for (const AuditEntry& entry : oldest) {
    if (entry.until >= op.before) {
      break;
    }
    ++result.erased;
    anchors[BrandId()] = {.seq = entry.seq, .hash = entry.hash};
    if (!entry.brand.empty()) {
      anchors[entry.brand] = {.seq = entry.brand_seq, .hash = entry.brand_hash};
    }
  }
  if (result.erased > 0) {
    result.more = result.erased == op.rows_max;
    for (const auto& [brand, anchor] : anchors) {
      RK_RETURN_IF_ERROR(audit.PutAnchor(brand, anchor));
    }
    RK_RETURN_IF_ERROR(audit.EraseToAnchor());
    RK_RETURN_IF_ERROR(
        Enter(nullptr, {.at = op.now, .count = result.erased, .method = "PruneAudit"}));
  }
  RK_ASSIGN_OR_RETURN(result.head, audit.Head(BrandId()));
  return result;
}

}  // namespace roomkeeper
