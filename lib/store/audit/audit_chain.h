#pragma once

#include <map>
#include <optional>
#include <string>

#include "lib/model/audit.h"

namespace roomkeeper {

// The two chains of the audit log, so that whoever noted a hash can tell later that nothing before
// it was changed, left out or moved. The hash of an entry is SHA-256 of a fixed first text, the
// hash before it and each field, every one as "<bytes>:<text>\n". docs/audit.md has the list. Pure.

// The entry as its brand reads it: what is not its own (an operator's key, address and ids, and the
// numbers of the whole log) is taken out. The brand's chain is over this, so it can compute it.
AuditEntry BrandView(AuditEntry entry);

// Gives the entry its numbers and hashes, next after these two. `brand_head` is not used for an
// entry without a brand.
void LinkEntry(const AuditHead& head, const AuditHead& brand_head, AuditEntry& entry);

// Reads a log, or a brand's slice as the brand sees it, entry by entry.
class AuditChecker {
 public:
  enum class Chain { kWhole, kBrand };
  // `start`: of the entry before the first that is taken. Without it, the first one is believed in
  // what came before it.
  AuditChecker(Chain chain, std::optional<AuditHead> start)
      : chain_(chain), head_(std::move(start)) {}

  // Nothing: it follows. Else what is wrong, with the number of the entry.
  std::optional<std::string> Take(const AuditEntry& entry);
  // The last one taken.
  AuditHead head() const { return head_.value_or(AuditHead()); }

 private:
  std::optional<std::string> TakeWhole(const AuditEntry& entry);
  std::optional<std::string> TakeBrand(const AuditEntry& entry, std::optional<AuditHead>& head);

  const Chain chain_;
  std::optional<AuditHead> head_;
  std::map<BrandId, std::optional<AuditHead>> brands_;  // of kWhole
};

}  // namespace roomkeeper
