#include "services/roomkeeperd/rpc/gate/exchange_gate.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "lib/model/reasons.h"
#include "lib/model/refusal.h"

namespace roomkeeper {

ExchangeGate::ExchangeGate(ExchangeLimits limits)
    : limits_(limits), all_{.tokens = limits.burst, .refilled_at = -absl::InfiniteDuration()} {}

absl::Duration ExchangeGate::Wait(Bucket& bucket, double per_second, double burst,
                                  absl::Duration now) {
  const double gained = absl::ToDoubleSeconds(now - bucket.refilled_at) * per_second;
  bucket.tokens = std::min(burst, bucket.tokens + std::max(gained, 0.0));
  bucket.refilled_at = std::max(bucket.refilled_at, now);
  if (bucket.tokens >= 1.0) {
    return absl::ZeroDuration();
  }
  return std::max(absl::Milliseconds(1), absl::Seconds((1.0 - bucket.tokens) / per_second));
}

absl::Status ExchangeGate::Enter(const std::string& address, std::size_t request_bytes,
                                 absl::Duration now) {
  if (request_bytes > limits_.request_bytes_max) {
    return ToStatus(
        {.code = absl::StatusCode::kInvalidArgument,
         .reason = reason::kInvalidRequest,
         .message = absl::StrCat("the request must be at most ", limits_.request_bytes_max,
                                 " bytes, got ", request_bytes)});
  }
  const MutexLock lock(mu_);
  if (addresses_.size() >= kAddressesMax && !addresses_.contains(address)) {
    addresses_.clear();
  }
  Bucket& own =
      addresses_
          .try_emplace(address, Bucket{.tokens = limits_.burst_of_address, .refilled_at = now})
          .first->second;
  const absl::Duration wait =
      std::max(Wait(own, limits_.per_second_of_address, limits_.burst_of_address, now),
               Wait(all_, limits_.per_second, limits_.burst, now));
  if (wait > absl::ZeroDuration()) {
    return ToStatus({.code = absl::StatusCode::kResourceExhausted,
                     .reason = reason::kEnrollmentRateExceeded,
                     .message =
                         "too many exchanges of enrolment codes: repeat this one later, with "
                         "the same client_nonce",
                     .retry_after = wait});
  }
  own.tokens -= 1.0;
  all_.tokens -= 1.0;
  return absl::OkStatus();
}

}  // namespace roomkeeper
