#include "lib/engine/fair_queue.h"

#include <algorithm>
#include <utility>

namespace roomkeeper {

void FairQueue::Push(ReadyJob job) {
  std::deque<ReadyJob>& of_brand = jobs_[job.brand];
  if (of_brand.empty()) {
    turns_.push_back(job.brand);
  }
  of_brand.push_back(std::move(job));
  ++size_;
}

std::optional<ReadyJob> FairQueue::Pop(const std::function<bool(const BrandId&)>& may_start) {
  const auto turn = std::find_if(turns_.begin(), turns_.end(), may_start);
  if (turn == turns_.end()) {
    return std::nullopt;
  }
  BrandId brand = std::move(*turn);
  turns_.erase(turn);
  const auto found = jobs_.find(brand);
  ReadyJob job = std::move(found->second.front());
  found->second.pop_front();
  --size_;
  if (found->second.empty()) {
    jobs_.erase(found);
  } else {
    turns_.push_back(std::move(brand));
  }
  return job;
}

std::optional<ReadyJob> FairQueue::Take(const BrandId& brand, const JobId& id) {
  const auto found = jobs_.find(brand);
  if (found == jobs_.end()) {
    return std::nullopt;
  }
  const auto at = std::find_if(found->second.begin(), found->second.end(),
                               [&](const ReadyJob& job) { return job.id == id; });
  if (at == found->second.end()) {
    return std::nullopt;
  }
  ReadyJob job = std::move(*at);
  found->second.erase(at);
  --size_;
  if (found->second.empty()) {
    jobs_.erase(found);
    turns_.erase(std::find(turns_.begin(), turns_.end(), brand));
  }
  return job;
}

}  // namespace roomkeeper
