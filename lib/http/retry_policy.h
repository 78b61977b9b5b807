#pragma once

#include <optional>

#include "absl/random/bit_gen_ref.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace roomkeeper {

// The retry loop of seconds. The one of minutes to days belongs to the engine.
struct RetryPolicy {
  absl::Duration first_delay_max = absl::Milliseconds(500);
  absl::Duration delay_max = absl::Seconds(30);
  absl::Duration budget = absl::Seconds(20);  // from the first attempt to the start of the last
};

// How long to wait after the `attempt`-th (from 1) attempt failed, `elapsed` after the first one
// began: full jitter under an exponential bound, and not before the server's `retry_after`.
// Nothing: the budget does not allow another attempt.
std::optional<absl::Duration> NextRetry(const RetryPolicy& policy, int attempt,
                                        absl::Duration elapsed, absl::Duration retry_after,
                                        absl::BitGenRef random);

// The value of a Retry-After header: seconds or an HTTP date (RFC 9110 10.2.3), within [0, 60 s].
// Nothing if it is neither.
std::optional<absl::Duration> ParseRetryAfter(absl::string_view value, absl::Time now);
// "Sat, 21 Nov 2026 09:00:00 GMT".
std::optional<absl::Time> ParseHttpDate(absl::string_view value);

}  // namespace roomkeeper
