#include "lib/http/retry_policy.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/random/uniform_real_distribution.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace roomkeeper {
namespace {

// A server that asks for more is asked again after this: the budget bounds the rest.
constexpr absl::Duration kRetryAfterMax = absl::Seconds(60);

}  // namespace

std::optional<absl::Duration> NextRetry(const RetryPolicy& policy, int attempt,
                                        absl::Duration elapsed, absl::Duration retry_after,
                                        absl::BitGenRef random) {
  const int doublings = std::clamp(attempt - 1, 0, 30);
  const absl::Duration bound =
      std::min(policy.delay_max, policy.first_delay_max * (std::int64_t{1} << doublings));
  const double part = absl::uniform_real_distribution<double>(0.0, 1.0)(random);
  const absl::Duration delay = std::max(bound * part, retry_after);
  if (elapsed + delay > policy.budget) {
    return std::nullopt;
  }
  return delay;
}

std::optional<absl::Duration> ParseRetryAfter(absl::string_view value, absl::Time now) {
  value = absl::StripAsciiWhitespace(value);
  double seconds = 0;
  if (absl::SimpleAtod(value, &seconds)) {
    if (!(seconds >= 0)) {
      return std::nullopt;
    }
    return std::min(absl::Seconds(seconds), kRetryAfterMax);
  }
  if (const std::optional<absl::Time> at = ParseHttpDate(value)) {
    return std::clamp(*at - now, absl::ZeroDuration(), kRetryAfterMax);
  }
  return std::nullopt;
}

std::optional<absl::Time> ParseHttpDate(absl::string_view value) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", std::string(value), &time, &error)) {
    return std::nullopt;
  }
  return time;
}

}  // namespace roomkeeper
