#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "lib/store/store_front.h"
#include "tests/simulation/scheduler.h"

namespace roomkeeper::testing {

// How often the store of a process has trouble, in thousandths.
struct DiskTrouble {
  int commit_fails = 0;  // nothing changed, all ops of the group answer kUnavailable
  int read_fails = 0;
  int slow = 0;
};

// The job table as one process sees it: group commit under virtual time. Between an op and its
// commit, and between the commit and its acknowledgement, time passes in which the process can die.
// Several processes may share one engine.
class SimStore final : public StoreFront {
 public:
  // Sees each op that was applied and what became of it.
  using Witness = std::function<void(const WriteOp&, const absl::StatusOr<WriteResult>&)>;

  SimStore(Scheduler& scheduler, Scheduler::OwnerPtr owner, StorageEngine& engine,
           const DiskTrouble& trouble, Witness witness)
      : scheduler_(scheduler),
        owner_(std::move(owner)),
        engine_(engine),
        trouble_(trouble),
        witness_(std::move(witness)) {}

  void SetCommitListener(CommitListener listener) override { listener_ = std::move(listener); }

 private:
  using Group = std::vector<std::pair<WriteOp, WriteDone>>;

  void Write(WriteOp op, WriteDone done) override;
  void Read(ReadTask task) override;
  void CommitSoon();
  void Commit();
  void Acknowledge(Group group, std::vector<absl::StatusOr<WriteResult>> results);
  absl::Duration DiskTime();

  Scheduler& scheduler_;
  Scheduler::OwnerPtr owner_;
  StorageEngine& engine_;
  const DiskTrouble& trouble_;
  Witness witness_;
  CommitListener listener_;
  Group waiting_;
  bool committing_ = false;
  std::unique_ptr<StorageEngine::Reader> reader_;
};

}  // namespace roomkeeper::testing
