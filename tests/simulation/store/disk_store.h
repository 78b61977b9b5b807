#pragma once

#include <memory>
#include <random>
#include <vector>

#include "lib/store/sqlite/sqlite_engine.h"
#include "tests/support/disk/fake_disk.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace roomkeeper::testing {

// The SQLite store of a simulated world, on a disk in memory. Its chance is its own, so that a
// world draws the same numbers on it as on the memory engine.
class DiskStore final : public StorageEngine {
 public:
  explicit DiskStore(std::uint64_t seed);

  // Sometimes with a checkpoint after it.
  std::vector<absl::StatusOr<WriteResult>> Apply(std::vector<WriteOp> ops,
                                                 CommitNotice& notice) override;
  absl::StatusOr<std::unique_ptr<Reader>> NewReader() override { return engine_->NewReader(); }

  // The machine dies: the connection ends as it is, what was not synced is lost, kept or torn. Then
  // the file is opened again. All readers must be gone.
  void LosePower();

 private:
  void Open();

  std::mt19937 chance_;
  TempFolder folder_;  // for the lock file
  FakeDisk disk_;
  FakeClock clock_;
  std::unique_ptr<SqliteEngine> engine_;
};

}  // namespace roomkeeper::testing
