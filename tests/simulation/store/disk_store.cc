#include "tests/simulation/store/disk_store.h"

#include <utility>

#include "lib/base/check.h"

namespace roomkeeper::testing {
namespace {

constexpr unsigned kCheckpointOneIn = 30;

}  // namespace

DiskStore::DiskStore(std::uint64_t seed) : chance_(static_cast<unsigned>(seed)) {
  Open();
}

void DiskStore::Open() {
  auto opened = SqliteEngine::Open(folder_.path("store.db"), clock_);
  RK_CHECK(opened.ok());
  engine_ = *std::move(opened);
}

std::vector<absl::StatusOr<WriteResult>> DiskStore::Apply(std::vector<WriteOp> ops,
                                                          CommitNotice& notice) {
  auto results = engine_->Apply(std::move(ops), notice);
  if (chance_() % kCheckpointOneIn == 0) {
    engine_->Tidy();
  }
  return results;
}

void DiskStore::LosePower() {
  disk_.Cut();
  engine_.reset();
  disk_.Restart(static_cast<FakeDisk::Unsynced>(chance_() % 3), static_cast<unsigned>(chance_()));
  Open();
}

}  // namespace roomkeeper::testing
