#include "lib/databricks/poll_plan.h"

#include <algorithm>
#include <cmath>

namespace roomkeeper {
namespace {

constexpr std::size_t kTimesKept = 64;
constexpr std::size_t kTimesEnough = 5;  // fewer say little about a distribution
constexpr absl::Duration kFirstLookBlind = absl::Seconds(1);
constexpr double kAgePart = 0.05;
constexpr int kLooksInWindow = 8;
constexpr double kSharersMax = 4;
constexpr std::size_t kEarlyLooksMax = 256;

}  // namespace

void ProvisioningTimes::Add(absl::Duration took) {
  if (recent_.size() < kTimesKept) {
    recent_.push_back(took);
  } else {
    recent_[next_] = took;
  }
  next_ = (next_ + 1) % kTimesKept;
}

absl::Duration ProvisioningTimes::Quantile(double q) const {
  if (recent_.empty()) {
    return absl::ZeroDuration();
  }
  std::vector<absl::Duration> sorted = recent_;
  std::sort(sorted.begin(), sorted.end());
  const auto index = static_cast<std::size_t>(
      std::lround(std::clamp(q, 0.0, 1.0) * static_cast<double>(sorted.size() - 1)));
  return sorted[index];
}

bool EarlyLooks::Take() {
  if (open_ >= window_) {
    return false;
  }
  ++open_;
  return true;
}

void EarlyLooks::Seen(bool ready) {
  --open_;
  window_ = ready ? std::min(window_ + 1, kEarlyLooksMax) : window_ / 2;
}

void EarlyLooks::Revive() {
  window_ = std::max(window_, std::size_t{1});
}

absl::Duration FirstLook(const ProvisioningTimes& times, const PollLimits& limits) {
  if (times.size() < kTimesEnough) {
    return kFirstLookBlind;
  }
  return std::max(times.Quantile(0.1), limits.interval_min);
}

absl::Duration NextLook(absl::Duration age, const ProvisioningTimes& times, const PollCost& cost,
                        const PollLimits& limits) {
  absl::Duration wait = std::max(age, kFirstLookBlind) * kAgePart;
  const absl::Duration early = times.Quantile(0.1);
  const absl::Duration late = times.Quantile(0.95);
  if (times.size() >= kTimesEnough && age >= early && age <= late) {
    wait = std::min(wait, (late - early) / kLooksInWindow);
  }
  wait /= std::clamp(static_cast<double>(cost.waiters), 1.0, kSharersMax);
  return std::max(std::min(wait, limits.interval_max), ShortestWait(cost, limits));
}

absl::Duration ShortestWait(const PollCost& cost, const PollLimits& limits) {
  const double allowed = std::min(limits.requests_per_second_max,
                                  std::max(cost.budget_per_second * limits.budget_share, 0.01));
  return std::max(limits.interval_min, absl::Seconds(static_cast<double>(cost.requests) / allowed));
}

bool UseList(std::size_t due, std::int32_t list_pages, const PollLimits& limits) {
  return due > std::max(limits.single_gets_max, static_cast<std::size_t>(std::max(list_pages, 1)));
}

}  // namespace roomkeeper
