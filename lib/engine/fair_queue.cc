#include "lib/engine/fair_queue.h"

#include <utility>

namespace roomkeeper {

void FairQueue::Push(ReadyJob job) {
  const BrandId brand = job.brand;
  jobs_.Push(brand, std::move(job));
}

std::optional<ReadyJob> FairQueue::Take(const BrandId& brand, const JobId& id) {
  return jobs_.Take(brand, [&](const ReadyJob& job) { return job.id == id; });
}

}  // namespace roomkeeper
