#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "lib/base/fair_line.h"
#include "lib/engine/decide.h"
#include "lib/model/ids.h"
#include "lib/store/ops.h"

namespace roomkeeper {

// A leased job that waits for a free place in the engine.
struct ReadyJob {
  JobId id = {};
  BrandId brand = {};
  std::int64_t epoch = 0;
  Signal signal = Signal::kClaimed;
  std::unique_ptr<ClaimJobs::Result::Claimed> rows = {};  // null: to be read when it starts
};

// Who starts next: brands take turns, each brand's jobs in the order in which they came. A brand
// with a thousand jobs delays another by one job at a time. Not thread-safe.
class FairQueue {
 public:
  void Push(ReadyJob job);
  // The next job whose brand `may_start`; nothing if there is none.
  std::optional<ReadyJob> Pop(const std::function<bool(const BrandId&)>& may_start) {
    return jobs_.Pop(may_start);
  }
  // Out of turn; linear in the brand's jobs.
  std::optional<ReadyJob> Take(const BrandId& brand, const JobId& id);
  std::size_t size() const { return jobs_.size(); }

 private:
  FairLine<BrandId, ReadyJob> jobs_;
};

}  // namespace roomkeeper
