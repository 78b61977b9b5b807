#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "lib/base/clock.h"
#include "lib/base/mutex.h"
#include "lib/obs/metrics.h"
#include "lib/store/store_front.h"

namespace roomkeeper {

// The job and brand store of a running server. One writer thread commits whatever has queued up
// while the commit before it ran, as one group; nobody waits for a batch to fill. A few reader
// threads serve reads, each with its own connection. `done` runs on one of these threads, for
// writes after the commit listener. Reads are not ordered with writes that are not answered yet.
class GroupCommit final : public StoreFront {
 public:
  struct Options {
    std::string engine_name = {};  // metric label
    // A commit of 512 ops takes some 10 ms; a bigger one would only add latency.
    std::size_t batch_ops_max = 512;
    // About a second of writes at full speed; above it callers get kResourceExhausted.
    std::size_t writes_queued_max = 16384;
    std::size_t reads_queued_max = 16384;
    std::size_t readers = 2;
    absl::Duration tidy_after = absl::Milliseconds(500);  // of no write: StorageEngine::Tidy
    absl::Duration probe_every = absl::Seconds(2);        // an engine that cannot write
  };

  // All outlive the store.
  GroupCommit(StorageEngine& engine, Metrics& metrics, const Clock& clock, Options options);
  ~GroupCommit() override;

  void SetCommitListener(CommitListener listener) override { listener_ = std::move(listener); }

  // Opens the readers and starts the threads. Before it, and after Stop, calls answer kUnavailable.
  absl::Status Start();
  // Answers what is queued, then ends the threads. May be called twice; not from a `done`.
  void Stop();
  // Why nothing can be written now, such as a full disk; OK: nothing is known against it. Reads go
  // on. It heals by itself: an engine that cannot write is probed until it can.
  absl::Status health() const;

 private:
  struct PendingWrite {
    WriteOp op;
    WriteDone done;
  };

  void Write(WriteOp op, WriteDone done) override;
  void Read(ReadTask task) override;

  void RunWriter();
  // Nothing left and stopping: empty.
  std::vector<PendingWrite> TakeBatch();
  void Commit(std::vector<PendingWrite> batch);
  // On the writer's thread.
  void Examine(const std::vector<absl::StatusOr<WriteResult>>& results);
  void Probe();
  void RunReader(StorageEngine::Reader& reader);

  StorageEngine& engine_;
  Metrics& metrics_;
  const Clock& clock_;
  const Options options_;
  CommitListener listener_;
  std::vector<std::unique_ptr<StorageEngine::Reader>> readers_;
  std::vector<std::thread> threads_;

  mutable Mutex mu_;
  absl::Status health_ ABSL_GUARDED_BY(mu_);
  bool running_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<PendingWrite> writes_ ABSL_GUARDED_BY(mu_);
  std::deque<ReadTask> reads_ ABSL_GUARDED_BY(mu_);
  CondVar write_arrived_;
  CondVar read_arrived_;
};

}  // namespace roomkeeper
