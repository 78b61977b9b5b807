#include "lib/store/memory/memory_audit_rows.h"

#include <algorithm>

namespace roomkeeper {
namespace {

AuditHead Find(const std::map<BrandId, AuditHead>& heads, const BrandId& brand) {
  const auto it = heads.find(brand);
  return it == heads.end() ? AuditHead() : it->second;
}

}  // namespace

absl::StatusOr<AuditHead> MemoryAuditRows::Head(const BrandId& brand) {
  return Find(heads_, brand);
}

absl::Status MemoryAuditRows::Append(const AuditEntry& entry) {
  heads_[BrandId()] = {.seq = entry.seq, .hash = entry.hash};
  if (!entry.brand.empty()) {
    heads_[entry.brand] = {.seq = entry.brand_seq, .hash = entry.brand_hash};
  }
  entries_.push_back(entry);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<AuditEntry>> MemoryAuditRows::Oldest(std::int32_t n) {
  const auto size = static_cast<std::int32_t>(entries_.size());
  return std::vector<AuditEntry>(entries_.begin(), entries_.begin() + std::min(n, size));
}

absl::Status MemoryAuditRows::PutAnchor(const BrandId& brand, const AuditHead& anchor) {
  anchors_[brand] = anchor;
  return absl::OkStatus();
}

absl::Status MemoryAuditRows::EraseToAnchor() {
  const std::int64_t to = Find(anchors_, BrandId()).seq;
  while (!entries_.empty() && entries_.front().seq <= to) {
    entries_.pop_front();
  }
  return absl::OkStatus();
}

AuditPage MemoryAuditRows::List(const AuditQuery& query) const {
  const BrandId chain = query.brand.value_or(BrandId());
  AuditPage page{.anchor = Find(anchors_, chain), .head = Find(heads_, chain)};
  std::int64_t last = 0;
  for (const AuditEntry& entry : entries_) {
    const std::int64_t place = query.brand.has_value() ? entry.brand_seq : entry.seq;
    if (place <= query.after || !Matches(query, entry)) {
      continue;
    }
    if (static_cast<std::int32_t>(page.entries.size()) == query.limit) {
      page.next = last;
      break;
    }
    last = place;
    page.entries.push_back(entry);
  }
  return page;
}

}  // namespace roomkeeper
