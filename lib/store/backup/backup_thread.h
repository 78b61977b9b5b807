#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "lib/base/clock.h"
#include "lib/base/mutex.h"
#include "lib/obs/log.h"
#include "lib/obs/metrics.h"
#include "lib/store/backup/store_backups.h"

namespace roomkeeper {

// Makes the copies, one at a time, on a thread of its own: "<folder>/roomkeeper-<UTC time>.db".
// Writes and reads of the store go on meanwhile; only its log grows.
class BackupThread final : public StoreBackups {
 public:
  struct Options {
    std::string store_path = {};
    std::string folder = {};
  };

  // All outlive it.
  BackupThread(Options options, const Clock& clock, Metrics& metrics, Log& log);
  ~BackupThread() override;

  // Starts the thread, and shows the time of the newest copy in the folder.
  void Start();
  // Gives up a copy that is being made. May be called twice; not from a `done`.
  void Stop();
  // Also kCancelled before Start. `done` may call Take.
  void Take(std::function<void(absl::StatusOr<StoreBackup>)> done) override;

 private:
  using Done = std::function<void(absl::StatusOr<StoreBackup>)>;

  void Run();
  absl::StatusOr<StoreBackup> Copy();

  const Options options_;
  const Clock& clock_;
  Metrics& metrics_;
  Log& log_;
  std::thread thread_;
  std::atomic<bool> stop_ = true;  // read by the copy under way; written under mu_
  Mutex mu_;
  bool busy_ ABSL_GUARDED_BY(mu_) = false;  // asked for, and not yet made
  Done asked_ ABSL_GUARDED_BY(mu_);
  CondVar changed_;
};

}  // namespace roomkeeper
