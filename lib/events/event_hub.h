#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

#include "lib/base/mutex.h"
#include "lib/model/ids.h"
#include "lib/store/job_store.h"

namespace roomkeeper {

// Tells those who wait for news of a job that there is some. A hint, never the truth: what the news
// is, the store says. Thread-safe; holds no events, so a slow listener costs nothing.
class EventHub {
 public:
  // Runs on the committing thread, without a lock held; it must only hand on. It may run once more
  // while, or just after, its subscription goes: capture nothing that goes with it.
  using Wake = std::function<void()>;

  explicit EventHub(std::size_t subscribers_max) : subscribers_max_(subscribers_max) {}

  class Subscription {
   public:
    Subscription() = default;
    Subscription(EventHub& hub, JobId job, std::uint64_t number)
        : hub_(&hub), job_(std::move(job)), number_(number) {}
    Subscription(Subscription&& other) noexcept { *this = std::move(other); }
    Subscription& operator=(Subscription&& other) noexcept;
    ~Subscription() { Reset(); }
    void Reset();

   private:
    EventHub* hub_ = nullptr;  // outlives its subscriptions
    JobId job_ = {};
    std::uint64_t number_ = 0;
  };

  // kResourceExhausted: the server has as many subscribers as it allows. A commit that begins after
  // this returns is not missed: subscribe first, then read.
  absl::StatusOr<Subscription> Subscribe(const JobId& job, Wake wake);

  void OnCommit(const CommitNotice& notice);

  std::size_t subscribers() const;

 private:
  void Unsubscribe(const JobId& job, std::uint64_t number);

  using Wakes = absl::flat_hash_map<std::uint64_t, std::shared_ptr<const Wake>>;

  const std::size_t subscribers_max_;
  mutable Mutex mu_;
  absl::flat_hash_map<JobId, Wakes> by_job_ ABSL_GUARDED_BY(mu_);
  std::size_t count_ ABSL_GUARDED_BY(mu_) = 0;
  std::uint64_t last_number_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace roomkeeper
