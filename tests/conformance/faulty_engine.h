#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "lib/store/storage_engine.h"

namespace roomkeeper::testing {

// Lets one commit fail, for tests that fail the first, then the second, … until none fired:
//   for (int n = 1;; ++n) { FaultyEngine faulty(engine, n); …; if (!faulty.fired()) break; }
// Reads pass through. As thread-safe as the engine.
class FaultyEngine final : public StorageEngine {
 public:
  enum class Fault {
    kNothingWritten,  // the commit failed: every op answers kUnavailable and nothing changed
    kAnswerLost,      // it was committed, but the process dies before anybody hears of it: the
                      // answers say kUnavailable and no notice is given
  };

  // `fail_at` counts commits from 1. The engine outlives this.
  FaultyEngine(StorageEngine& engine, int fail_at, Fault fault = Fault::kNothingWritten)
      : engine_(engine), fail_at_(fail_at), fault_(fault) {}

  std::vector<absl::StatusOr<WriteResult>> Apply(std::vector<WriteOp> ops,
                                                 CommitNotice& notice) override {
    if (++commits_ != fail_at_) {
      return engine_.Apply(std::move(ops), notice);
    }
    const std::size_t n = ops.size();
    if (fault_ == Fault::kAnswerLost) {
      engine_.Apply(std::move(ops), notice);
      notice = {};
    }
    return {n, absl::UnavailableError("injected: the commit failed")};
  }
  void Tidy() override { engine_.Tidy(); }
  absl::StatusOr<std::unique_ptr<Reader>> NewReader() override { return engine_.NewReader(); }

  bool fired() const { return commits_ >= fail_at_; }

 private:
  StorageEngine& engine_;
  const int fail_at_;
  const Fault fault_;
  int commits_ = 0;
};

}  // namespace roomkeeper::testing
