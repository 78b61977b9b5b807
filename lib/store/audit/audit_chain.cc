#include "lib/store/audit/audit_chain.h"

#include <initializer_list>

#include "absl/strings/str_cat.h"

#include "lib/crypto/digest.h"

namespace roomkeeper {
namespace {

constexpr char kWholeChain[] = "roomkeeper audit 1";
constexpr char kBrandChain[] = "roomkeeper audit 1 brand";

// No two lists of texts make the same text.
void Add(std::string& text, std::initializer_list<absl::string_view> values) {
  for (const absl::string_view value : values) {
    absl::StrAppend(&text, value.size(), ":", value, "\n");
  }
}

void AddFields(std::string& text, const AuditEntry& entry) {
  Add(text,
      {entry.brand.value(), absl::StrCat(entry.brand_seq),
       absl::StrCat(absl::ToUnixNanos(entry.at)), absl::StrCat(absl::ToUnixNanos(entry.until)),
       absl::StrCat(entry.count), Name(entry.actor_kind), entry.actor, entry.install.value(),
       entry.on_behalf_of, entry.method, entry.resource, entry.job, Name(entry.outcome), entry.code,
       entry.reason, entry.request_id, entry.trace_id, entry.peer});
}

std::string BrandHash(const std::string& previous, const AuditEntry& entry) {
  std::string text;
  Add(text, {kBrandChain, previous});
  AddFields(text, BrandView(entry));
  return Sha256Hex(text);
}

std::string WholeHash(const std::string& previous, const AuditEntry& entry) {
  std::string text;
  Add(text, {kWholeChain, previous, absl::StrCat(entry.seq), entry.brand_hash});
  AddFields(text, entry);
  return Sha256Hex(text);
}

// What is wrong with the place of number `seq` after `head`.
std::optional<std::string> CheckPlace(std::int64_t seq, const std::string& previous,
                                      const std::optional<AuditHead>& head) {
  if (!head.has_value()) {
    return std::nullopt;
  }
  if (seq > head->seq + 1) {
    return seq == head->seq + 2
               ? absl::StrCat("entry ", head->seq + 1, " is missing")
               : absl::StrCat("entries ", head->seq + 1, " to ", seq - 1, " are missing");
  }
  if (seq != head->seq + 1) {
    return absl::StrCat("entry ", seq, " stands where ", head->seq + 1, " belongs");
  }
  if (previous != head->hash) {
    return absl::StrCat("entry ", seq, " does not follow entry ", head->seq,
                        ": it names another hash");
  }
  return std::nullopt;
}

}  // namespace

AuditEntry BrandView(AuditEntry entry) {
  entry.seq = 0;
  entry.previous_hash.clear();
  entry.hash.clear();
  if (entry.actor_kind != ActorKind::kBrand) {
    entry.actor.clear();
    entry.install = InstallId();
    entry.on_behalf_of.clear();
    entry.request_id.clear();
    entry.peer.clear();
  }
  return entry;
}

void LinkEntry(const AuditHead& head, const AuditHead& brand_head, AuditEntry& entry) {
  entry.seq = head.seq + 1;
  entry.previous_hash = head.hash;
  if (!entry.brand.empty()) {
    entry.brand_seq = brand_head.seq + 1;
    entry.brand_previous_hash = brand_head.hash;
    entry.brand_hash = BrandHash(brand_head.hash, entry);
  }
  entry.hash = WholeHash(head.hash, entry);
}

std::optional<std::string> AuditChecker::Take(const AuditEntry& entry) {
  return chain_ == Chain::kWhole ? TakeWhole(entry) : TakeBrand(entry, head_);
}

std::optional<std::string> AuditChecker::TakeWhole(const AuditEntry& entry) {
  if (auto wrong = CheckPlace(entry.seq, entry.previous_hash, head_)) {
    return wrong;
  }
  if (WholeHash(entry.previous_hash, entry) != entry.hash) {
    return absl::StrCat("entry ", entry.seq, " was changed: its hash is not that of its contents");
  }
  if (!entry.brand.empty()) {
    if (const auto wrong = TakeBrand(entry, brands_[entry.brand])) {
      return absl::StrCat("entry ", entry.seq, ", in the slice of brands/", entry.brand.value(),
                          ": ", *wrong);
    }
  }
  head_ = AuditHead{.seq = entry.seq, .hash = entry.hash};
  return std::nullopt;
}

std::optional<std::string> AuditChecker::TakeBrand(const AuditEntry& entry,
                                                   std::optional<AuditHead>& head) {
  if (auto wrong = CheckPlace(entry.brand_seq, entry.brand_previous_hash, head)) {
    return wrong;
  }
  if (BrandHash(entry.brand_previous_hash, entry) != entry.brand_hash) {
    return absl::StrCat("entry ", entry.brand_seq,
                        " was changed: its hash is not that of its contents");
  }
  head = AuditHead{.seq = entry.brand_seq, .hash = entry.brand_hash};
  return std::nullopt;
}

}  // namespace roomkeeper
