#include "lib/store/group_commit.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/obs/metric_table.h"

namespace roomkeeper {
namespace {

absl::Status Stopped() {
  return absl::UnavailableError("the store is not running");
}

absl::Status Full(absl::string_view what, std::size_t max) {
  return absl::ResourceExhaustedError(
      absl::StrCat("the store's queue of ", what, " is full (", max, "): try again later"));
}

}  // namespace

GroupCommit::GroupCommit(StorageEngine& engine, Metrics& metrics, const Clock& clock,
                         Options options)
    : engine_(engine), metrics_(metrics), clock_(clock), options_(std::move(options)) {}

GroupCommit::~GroupCommit() {
  Stop();
}

absl::Status GroupCommit::Start() {
  for (std::size_t i = 0; i < options_.readers; ++i) {
    RK_ASSIGN_OR_RETURN(auto reader, engine_.NewReader());
    readers_.push_back(std::move(reader));
  }
  {
    const MutexLock lock(mu_);
    running_ = true;
  }
  threads_.emplace_back([this] { RunWriter(); });
  for (const auto& reader : readers_) {
    threads_.emplace_back([this, &reader = *reader] { RunReader(reader); });
  }
  return absl::OkStatus();
}

void GroupCommit::Stop() {
  {
    const MutexLock lock(mu_);
    running_ = false;
    write_arrived_.NotifyAll();
    read_arrived_.NotifyAll();
  }
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
  readers_.clear();
}

void GroupCommit::Write(WriteOp op, WriteDone done) {
  absl::Status refusal;
  {
    const MutexLock lock(mu_);
    if (!running_) {
      refusal = Stopped();
    } else if (writes_.size() >= options_.writes_queued_max) {
      refusal = Full("writes", options_.writes_queued_max);
    } else {
      writes_.push_back({.op = std::move(op), .done = std::move(done)});
      if (writes_.size() == 1) {
        write_arrived_.NotifyOne();  // with more, the writer is awake or about to be
      }
      return;
    }
  }
  done(std::move(refusal));
}

void GroupCommit::Read(ReadTask task) {
  absl::Status refusal;
  {
    const MutexLock lock(mu_);
    if (!running_) {
      refusal = Stopped();
    } else if (reads_.size() >= options_.reads_queued_max) {
      refusal = Full("reads", options_.reads_queued_max);
    } else {
      reads_.push_back(std::move(task));
      read_arrived_.NotifyOne();
      return;
    }
  }
  task(std::move(refusal));
}

void GroupCommit::RunWriter() {
  for (;;) {
    std::vector<PendingWrite> batch = TakeBatch();
    if (batch.empty()) {
      return;
    }
    Commit(std::move(batch));
  }
}

std::vector<GroupCommit::PendingWrite> GroupCommit::TakeBatch() {
  bool tidy = true;
  mu_.Lock();
  while (writes_.empty() && running_) {
    if (!health_.ok()) {
      if (!write_arrived_.WaitFor(mu_, options_.probe_every) && writes_.empty()) {
        mu_.Unlock();
        Probe();
        mu_.Lock();
      }
    } else if (tidy && !write_arrived_.WaitFor(mu_, options_.tidy_after) && writes_.empty()) {
      tidy = false;
      mu_.Unlock();
      engine_.Tidy();
      mu_.Lock();
    } else if (!tidy) {
      write_arrived_.Wait(mu_);
    }
  }
  const auto n = static_cast<std::ptrdiff_t>(std::min(writes_.size(), options_.batch_ops_max));
  std::vector<PendingWrite> batch(std::make_move_iterator(writes_.begin()),
                                  std::make_move_iterator(writes_.begin() + n));
  writes_.erase(writes_.begin(), writes_.begin() + n);
  mu_.Unlock();
  return batch;
}

void GroupCommit::Commit(std::vector<PendingWrite> batch) {
  std::vector<WriteOp> ops;
  ops.reserve(batch.size());
  for (PendingWrite& write : batch) {
    ops.push_back(std::move(write.op));
  }
  CommitNotice notice;
  const absl::Duration begin = clock_.Monotonic();
  std::vector<absl::StatusOr<WriteResult>> results = engine_.Apply(std::move(ops), notice);
  metrics_.Observe(metric::kStoreCommitSeconds, {options_.engine_name},
                   absl::ToDoubleSeconds(clock_.Monotonic() - begin));
  metrics_.Observe(metric::kStoreBatchOps, {options_.engine_name},
                   static_cast<double>(batch.size()));
  Examine(results);
  if (listener_) {
    listener_(notice);
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch[i].done(std::move(results[i]));
  }
}

absl::Status GroupCommit::health() const {
  const MutexLock lock(mu_);
  return health_;
}

// A commit that succeeds is no proof of health: it may have had nothing to write.
void GroupCommit::Examine(const std::vector<absl::StatusOr<WriteResult>>& results) {
  const auto failed = std::find_if(results.begin(), results.end(), [](const auto& result) {
    return absl::IsUnavailable(result.status());
  });
  if (failed == results.end()) {
    if (!health().ok()) {
      Probe();
    }
    return;
  }
  const MutexLock lock(mu_);
  health_ = failed->status();
}

void GroupCommit::Probe() {
  absl::Status probed = engine_.Probe();
  const MutexLock lock(mu_);
  health_ = std::move(probed);
}

void GroupCommit::RunReader(StorageEngine::Reader& reader) {
  for (;;) {
    ReadTask task;
    {
      const MutexLock lock(mu_);
      while (reads_.empty() && running_) {
        read_arrived_.Wait(mu_);
      }
      if (reads_.empty()) {
        return;
      }
      task = std::move(reads_.front());
      reads_.pop_front();
    }
    task(&reader);
  }
}

}  // namespace roomkeeper
