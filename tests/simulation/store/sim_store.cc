#include "tests/simulation/store/sim_store.h"

#include <memory>

#include "absl/strings/str_cat.h"

namespace roomkeeper::testing {

absl::Duration SimStore::DiskTime() {
  return scheduler_.PerMille(trouble_.slow)
             ? scheduler_.Between(absl::ZeroDuration(), absl::Seconds(3))
             : scheduler_.Between(absl::ZeroDuration(), absl::Milliseconds(4));
}

void SimStore::Write(WriteOp op, WriteDone done) {
  waiting_.emplace_back(std::move(op), std::move(done));
  CommitSoon();
}

void SimStore::CommitSoon() {
  if (!committing_ && !waiting_.empty()) {
    committing_ = true;
    scheduler_.At(DiskTime(), owner_, [this] { Commit(); });
  }
}

void SimStore::Commit() {
  Group group = std::exchange(waiting_, {});
  std::vector<absl::StatusOr<WriteResult>> results;
  if (scheduler_.PerMille(trouble_.commit_fails)) {
    scheduler_.Trace("commit fails");
    results.assign(group.size(), absl::UnavailableError("the disk is full"));
  } else {
    std::vector<WriteOp> ops;
    for (const auto& [op, done] : group) {
      ops.push_back(op);
    }
    CommitNotice notice;
    results = engine_.Apply(std::move(ops), notice);
    for (std::size_t i = 0; i < group.size(); ++i) {
      scheduler_.Trace(absl::StrCat("commit op ", group[i].first.index(), " ",
                                    static_cast<int>(results[i].status().code())));
      witness_(group[i].first, results[i]);
    }
    listener_(notice);
  }
  const auto shared = std::make_shared<Group>(std::move(group));
  scheduler_.At(DiskTime(), owner_, [this, shared, results = std::move(results)]() mutable {
    Acknowledge(std::move(*shared), std::move(results));
  });
}

void SimStore::Acknowledge(Group group, std::vector<absl::StatusOr<WriteResult>> results) {
  committing_ = false;
  CommitSoon();
  for (std::size_t i = 0; i < group.size(); ++i) {
    group[i].second(std::move(results[i]));
  }
}

void SimStore::Read(ReadTask task) {
  scheduler_.At(DiskTime(), owner_, [this, task = std::move(task)] {
    if (scheduler_.PerMille(trouble_.read_fails)) {
      task(absl::UnavailableError("the disk does not answer"));
      return;
    }
    if (reader_ == nullptr) {
      auto reader = engine_.NewReader();
      if (!reader.ok()) {
        task(reader.status());
        return;
      }
      reader_ = *std::move(reader);
    }
    task(reader_.get());
  });
}

}  // namespace roomkeeper::testing
