#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "lib/base/mutex.h"
#include "lib/io/loop.h"
#include "lib/model/audit.h"
#include "lib/obs/log.h"
#include "lib/store/audit/audit_store.h"

namespace roomkeeper {

struct CallAuditOptions {
  absl::Duration interval = absl::Minutes(1);       // what was counted is written so often
  absl::Duration prune_interval = absl::Hours(1);   // what is too old goes, the head is logged
  absl::Duration retention = absl::ZeroDuration();  // zero: nothing is ever erased
  // Entries written for one interval, whatever is called by however many.
  std::size_t entries_max = 100;
  std::size_t entries_of_caller_max = 10;
};

// Enters in the audit log the calls that changed nothing: refused, denied, repeated. A change is
// entered by the store together with it; these are counted here, one entry for each caller, method
// and reason, so that who is refused a million times can fill neither the disk nor the writer.
// Beyond the limits a caller's further kinds of refusal, and further callers, share one entry each.
// Lost when the process dies: the counts of at most one interval. Also erases what is too old.
class CallAudit : public std::enable_shared_from_this<CallAudit> {
 public:
  // All outlive it, but for what it has asked of them.
  CallAudit(AuditStore& store, Loop& loop, Log& log, CallAuditOptions options)
      : store_(store), loop_(loop), log_(log), options_(options) {}

  // On the loop's thread, or before it runs. It goes on until the object is gone.
  void Start();
  // Thread-safe; never blocks.
  void Note(AuditEntry entry);
  // Writes what is counted. Thread-safe; `done` runs once, possibly inside. If the store refuses,
  // the counts are kept for the next time.
  void Flush(std::function<void(absl::Status)> done);

 private:
  using Key = std::tuple<std::string, std::string, std::string, AuditOutcome>;

  void FlushLater();
  void PruneLater();
  void Prune();
  void Take(const AuditEntry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool Merge(const Key& key, const AuditEntry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  AuditStore& store_;
  Loop& loop_;
  Log& log_;
  const CallAuditOptions options_;
  Mutex mu_;
  std::map<Key, AuditEntry> counted_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::size_t> kinds_of_caller_ ABSL_GUARDED_BY(mu_);
};

}  // namespace roomkeeper
