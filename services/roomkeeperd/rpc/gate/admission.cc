#include "services/roomkeeperd/rpc/gate/admission.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "lib/commands/refusals.h"
#include "lib/model/reasons.h"
#include "lib/model/refusal.h"
#include "lib/obs/metric_table.h"

namespace roomkeeper {
namespace {

constexpr absl::Duration kBusyRetry = absl::Seconds(2);

absl::Status Exhausted(const char* reason, std::string message, absl::Duration retry_after) {
  return ToStatus({.code = absl::StatusCode::kResourceExhausted,
                   .reason = reason,
                   .message = std::move(message),
                   .retry_after = retry_after});
}

}  // namespace

absl::Status Admission::Enter(Admitted& call) {
  const MutexLock lock(mu_);
  std::int32_t& held = call.waits ? waits_ : calls_;
  if (held >= (call.waits ? limits_.waits_max : limits_.calls_max)) {
    return Exhausted(reason::kServerBusy, "the server has as many open calls as it allows",
                     kBusyRetry);
  }
  ++held;
  call.counted = true;
  if (call.waits) {
    metrics_.Set(metric::kWatchers, {}, waits_);
  }
  return absl::OkStatus();
}

absl::Status Admission::TakeToken(Use& use, absl::Duration now) const {
  const double gained =
      absl::ToDoubleSeconds(now - use.refilled_at) * limits_.calls_per_second_per_brand;
  use.tokens = std::min(limits_.calls_burst_per_brand, use.tokens + std::max(gained, 0.0));
  use.refilled_at = std::max(use.refilled_at, now);
  if (use.tokens < 1.0) {
    return Exhausted(
        reason::kBrandRateExceeded,
        absl::StrCat("the brand may make ", limits_.calls_per_second_per_brand,
                     " calls a second: call less often, and wait for jobs instead of asking again"),
        std::max(absl::Milliseconds(1),
                 absl::Seconds((1.0 - use.tokens) / limits_.calls_per_second_per_brand)));
  }
  use.tokens -= 1.0;
  return absl::OkStatus();
}

absl::Status Admission::EnterBrand(Admitted& call, const BrandId& brand, absl::Duration now) {
  const MutexLock lock(mu_);
  Use& use = brands_[brand];
  absl::Status taken = TakeToken(use, now);
  if (!taken.ok()) {
    return taken;
  }
  std::int32_t& open = call.waits ? use.waits : use.calls;
  if (open >= (call.waits ? limits_.waits_per_brand_max : limits_.calls_per_brand_max)) {
    return Exhausted(
        reason::kBrandCallsFull,
        absl::StrCat("the brand has ", open, call.waits ? " watches and waits" : " calls",
                     " open, as many as it may: end some first"),
        kBusyRetry);
  }
  ++open;
  call.brand = brand;
  call.counted_for_brand = true;
  return absl::OkStatus();
}

void Admission::EnterPlatform(Admitted& call, const BrandId& brand, bool removes, Let done) {
  absl::Status admitted;
  {
    const MutexLock lock(mu_);
    Use& use = brands_[brand];
    call.brand = brand;
    if (use.platform_reads < limits_.platform_reads_per_brand_max) {
      ++use.platform_reads;
      call.reads_platform = true;
    } else if (removes && use.line.size() < limits_.removals_in_line_per_brand_max &&
               !lines_closed_) {
      use.line.push_back({.call = &call, .done = std::move(done)});
      return;
    } else {
      admitted = PlatformReadsFull(
          absl::StrCat(use.platform_reads,
                       " calls that read the platform are open already: wait for their answers"),
          kBusyRetry);
    }
  }
  done(std::move(admitted));
}

Admission::Let Admission::LeavePlatform(const Admitted& call) {
  Use& use = brands_[call.brand];
  if (use.line.empty()) {
    --use.platform_reads;
    return nullptr;
  }
  InLine next = std::move(use.line.front());
  use.line.pop_front();
  next.call->reads_platform = true;
  return std::move(next.done);
}

void Admission::Leave(const Admitted& call) {
  if (!call.counted) {
    return;
  }
  Let next = nullptr;
  {
    const MutexLock lock(mu_);
    --(call.waits ? waits_ : calls_);
    if (call.waits) {
      metrics_.Set(metric::kWatchers, {}, waits_);
    }
    if (call.counted_for_brand) {
      Use& use = brands_[call.brand];
      --(call.waits ? use.waits : use.calls);
    }
    if (call.reads_platform) {
      next = LeavePlatform(call);
    }
  }
  if (next != nullptr) {
    next(absl::OkStatus());
  }
}

void Admission::SendLinesAway(const absl::Status& why) {
  std::vector<Let> waiting;
  {
    const MutexLock lock(mu_);
    lines_closed_ = true;
    for (auto& [brand, use] : brands_) {
      for (InLine& it : use.line) {
        waiting.push_back(std::move(it.done));
      }
      use.line.clear();
    }
  }
  for (const Let& done : waiting) {
    done(why);
  }
}

}  // namespace roomkeeper
