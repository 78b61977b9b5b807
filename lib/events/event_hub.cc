#include "lib/events/event_hub.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace roomkeeper {

EventHub::Subscription& EventHub::Subscription::operator=(Subscription&& other) noexcept {
  if (this != &other) {
    Reset();
    hub_ = std::exchange(other.hub_, nullptr);
    job_ = std::move(other.job_);
    number_ = other.number_;
  }
  return *this;
}

void EventHub::Subscription::Reset() {
  if (EventHub* hub = std::exchange(hub_, nullptr); hub != nullptr) {
    hub->Unsubscribe(job_, number_);
  }
}

absl::StatusOr<EventHub::Subscription> EventHub::Subscribe(const JobId& job, Wake wake) {
  const MutexLock lock(mu_);
  if (count_ >= subscribers_max_) {
    return absl::ResourceExhaustedError(absl::StrCat("this server already has ", subscribers_max_,
                                                     " watchers, the most it allows"));
  }
  const std::uint64_t number = ++last_number_;
  by_job_[job].emplace(number, std::make_shared<const Wake>(std::move(wake)));
  ++count_;
  return Subscription(*this, job, number);
}

void EventHub::Unsubscribe(const JobId& job, std::uint64_t number) {
  const MutexLock lock(mu_);
  const auto found = by_job_.find(job);
  if (found == by_job_.end() || found->second.erase(number) == 0) {
    return;
  }
  --count_;
  if (found->second.empty()) {
    by_job_.erase(found);
  }
}

void EventHub::OnCommit(const CommitNotice& notice) {
  std::vector<std::shared_ptr<const Wake>> wakes;
  {
    const MutexLock lock(mu_);
    for (const CommitNotice::JobChange& change : notice.jobs) {
      const auto found = by_job_.find(change.id);
      if (found == by_job_.end()) {
        continue;
      }
      for (const auto& [number, wake] : found->second) {
        wakes.push_back(wake);
      }
    }
  }
  for (const std::shared_ptr<const Wake>& wake : wakes) {
    (*wake)();
  }
}

std::size_t EventHub::subscribers() const {
  const MutexLock lock(mu_);
  return count_;
}

}  // namespace roomkeeper
