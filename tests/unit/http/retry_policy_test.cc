#include "lib/http/retry_policy.h"

#include <algorithm>
#include <random>

#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

TEST_CASE("delays are spread under a doubling bound", "[retry]") {
  std::mt19937_64 random(7);
  const RetryPolicy policy = {.budget = absl::Hours(1)};
  struct Case {
    int attempt;
    absl::Duration bound;
  };
  const auto c = GENERATE(Case{1, absl::Milliseconds(500)}, Case{2, absl::Seconds(1)},
                          Case{6, absl::Seconds(16)}, Case{7, absl::Seconds(30)},
                          Case{1000, absl::Seconds(30)});
  absl::Duration longest;
  absl::Duration shortest = absl::InfiniteDuration();
  for (int i = 0; i < 300; ++i) {
    const auto delay = NextRetry(policy, c.attempt, absl::ZeroDuration(), {}, random);
    REQUIRE(delay.has_value());
    longest = std::max(longest, *delay);
    shortest = std::min(shortest, *delay);
  }

  CHECK(longest <= c.bound);
  CHECK(longest > c.bound * 0.9);
  CHECK(shortest < c.bound * 0.1);
}

TEST_CASE("the server's Retry-After is a lower bound, the budget an upper one", "[retry]") {
  std::mt19937_64 random(7);
  const RetryPolicy policy = {.first_delay_max = absl::Nanoseconds(1), .budget = absl::Seconds(20)};

  CHECK(NextRetry(policy, 1, absl::Seconds(10), absl::Seconds(10), random) == absl::Seconds(10));
  CHECK_FALSE(NextRetry(policy, 1, absl::Seconds(10), absl::Seconds(10.001), random).has_value());
}

TEST_CASE("Retry-After is read as seconds or as a date, and capped", "[retry]") {
  const absl::Time now = absl::FromUnixSeconds(1795219200);  // Sat, 21 Nov 2026 00:00:00 GMT
  CHECK(ParseRetryAfter("3", now) == absl::Seconds(3));
  CHECK(ParseRetryAfter(" 0 ", now) == absl::ZeroDuration());
  CHECK(ParseRetryAfter("3600", now) == absl::Seconds(60));
  CHECK(ParseRetryAfter("Sat, 21 Nov 2026 00:00:05 GMT", now) == absl::Seconds(5));
  CHECK(ParseRetryAfter("Fri, 20 Nov 2026 00:00:05 GMT", now) == absl::ZeroDuration());
  CHECK_FALSE(ParseRetryAfter("-1", now).has_value());
  CHECK_FALSE(ParseRetryAfter("nan", now).has_value());
  CHECK_FALSE(ParseRetryAfter("soon", now).has_value());
  CHECK_FALSE(ParseRetryAfter("", now).has_value());
}

}  // namespace
}  // namespace roomkeeper::testing
