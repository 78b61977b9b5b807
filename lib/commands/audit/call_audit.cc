#include "lib/commands/audit/call_audit.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace roomkeeper {
namespace {

constexpr char kOthers[] = "others";

std::string CallerOf(const AuditEntry& entry) {
  return absl::StrCat(Name(entry.actor_kind), " ", entry.actor.empty() ? entry.peer : entry.actor);
}

// What many kinds of call have in common.
AuditEntry OthersOf(const AuditEntry& entry, bool same_caller) {
  AuditEntry others{.at = entry.at,
                    .until = entry.until,
                    .count = entry.count,
                    .actor_kind = ActorKind::kNobody,
                    .actor = kOthers,
                    .method = kOthers,
                    .outcome = AuditOutcome::kRefused};
  if (same_caller) {
    others.brand = entry.brand;
    others.actor_kind = entry.actor_kind;
    others.actor = entry.actor;
    others.install = entry.install;
    others.peer = entry.peer;
  }
  return others;
}

}  // namespace

void CallAudit::Start() {
  FlushLater();
  PruneLater();
}

void CallAudit::Note(AuditEntry entry) {
  const MutexLock lock(mu_);
  Take(entry);
}

void CallAudit::Take(const AuditEntry& entry) {
  const std::string caller = CallerOf(entry);
  const Key own = {caller, entry.method, entry.reason, entry.outcome};
  if (Merge(own, entry)) {
    return;
  }
  const auto kinds = kinds_of_caller_.find(caller);
  const std::size_t known = kinds == kinds_of_caller_.end() ? 0 : kinds->second;
  // Two places are kept: one for the further kinds of this caller, one for all further callers.
  if (known < options_.entries_of_caller_max && counted_.size() + 2 < options_.entries_max) {
    counted_.emplace(own, entry);
    ++kinds_of_caller_[caller];
    return;
  }
  const bool same_caller = known > 0 && counted_.size() + 1 < options_.entries_max;
  const AuditEntry others = OthersOf(entry, same_caller);
  const Key shared = {CallerOf(others), others.method, others.reason, others.outcome};
  if (!Merge(shared, others)) {
    counted_.emplace(shared, others);
  }
}

bool CallAudit::Merge(const Key& key, const AuditEntry& entry) {
  const auto it = counted_.find(key);
  if (it == counted_.end()) {
    return false;
  }
  it->second.count += entry.count;
  it->second.at = std::min(it->second.at, entry.at);
  it->second.until = std::max(it->second.until, entry.until);
  return true;
}

void CallAudit::Flush(std::function<void(absl::Status)> done) {
  AppendAudit op;
  {
    const MutexLock lock(mu_);
    for (auto& [key, entry] : counted_) {
      op.entries.push_back(std::move(entry));
    }
    counted_.clear();
    kinds_of_caller_.clear();
  }
  if (op.entries.empty()) {
    done(absl::OkStatus());
    return;
  }
  std::vector<AuditEntry> kept = op.entries;
  store_.Append(std::move(op),
                [weak = weak_from_this(), kept = std::move(kept),
                 done = std::move(done)](const absl::StatusOr<AppendAudit::Result>& written) {
                  const auto self = weak.lock();
                  if (!written.ok() && self != nullptr) {
                    const MutexLock lock(self->mu_);
                    for (const AuditEntry& entry : kept) {
                      self->Take(entry);
                    }
                  }
                  done(written.status());
                });
}

void CallAudit::FlushLater() {
  loop_.RunAfter(options_.interval, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr) {
      return;
    }
    self->Flush([weak](const absl::Status& written) {
      const auto still = weak.lock();
      if (!written.ok() && still != nullptr) {
        still->log_.Warning("refused calls not entered in the audit log yet",
                            {{"error", written.ToString()}});
      }
    });
    self->FlushLater();
  });
}

void CallAudit::PruneLater() {
  loop_.RunAfter(options_.prune_interval, [weak = weak_from_this()] {
    if (const auto self = weak.lock(); self != nullptr) {
      self->Prune();
      self->PruneLater();
    }
  });
}

void CallAudit::Prune() {
  const absl::Time now = loop_.clock().Now();
  const bool forever = options_.retention == absl::ZeroDuration();
  store_.Prune(
      {.before = forever ? absl::InfinitePast() : now - options_.retention, .now = now},
      [weak = weak_from_this()](const absl::StatusOr<PruneAudit::Result>& pruned) {
        const auto self = weak.lock();
        if (self == nullptr) {
          return;
        }
        if (!pruned.ok()) {
          self->log_.Warning("audit log not pruned", {{"error", pruned.status().ToString()}});
          return;
        }
        // Kept apart from the store, it shows later that nothing before it was changed.
        self->log_.Info("audit log head", {{"sequence", pruned->head.seq},
                                           {"hash", pruned->head.hash},
                                           {"erased", pruned->erased}});
        if (pruned->more) {
          self->loop_.Post([weak] {
            if (const auto still = weak.lock(); still != nullptr) {
              still->Prune();
            }
          });
        }
      });
}

}  // namespace roomkeeper
