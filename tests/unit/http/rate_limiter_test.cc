#include "lib/http/rate_limiter.h"

#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

constexpr absl::Duration kStart = absl::Hours(1);

int TakeAll(RateLimiter& limiter, absl::Duration now) {
  int taken = 0;
  while (limiter.TryTake(now)) {
    ++taken;
  }
  return taken;
}

TEST_CASE("a second's worth may go at once, then the rate holds", "[rate_limiter]") {
  RateLimiter limiter(5);

  CHECK(TakeAll(limiter, kStart) == 5);
  CHECK(TakeAll(limiter, kStart + absl::Milliseconds(199)) == 0);
  CHECK(TakeAll(limiter, kStart + absl::Milliseconds(201)) == 1);
  CHECK(TakeAll(limiter, kStart + absl::Hours(1)) == 5);
}

TEST_CASE("NextAt tells when the next request may go", "[rate_limiter]") {
  RateLimiter limiter(2);
  CHECK(limiter.NextAt(kStart) == kStart);
  TakeAll(limiter, kStart);

  const absl::Duration at = limiter.NextAt(kStart);

  CHECK(at > kStart + absl::Milliseconds(499));
  CHECK(at < kStart + absl::Milliseconds(510));
  CHECK(limiter.TryTake(at));
}

TEST_CASE("a 429 halves the rate and holds everything for its Retry-After", "[rate_limiter]") {
  RateLimiter limiter(8);
  limiter.TryTake(kStart);

  limiter.OnRateLimited(kStart, absl::Seconds(3));

  CHECK(limiter.per_second(kStart) == Approx(4));
  CHECK_FALSE(limiter.TryTake(kStart + absl::Milliseconds(2999)));
  CHECK(limiter.NextAt(kStart) == kStart + absl::Seconds(3));
  CHECK(limiter.TryTake(kStart + absl::Seconds(3)));
}

TEST_CASE("many 429 of one moment halve once, later ones again, down to a floor",
          "[rate_limiter]") {
  RateLimiter limiter(8);
  for (int i = 0; i < 10; ++i) {
    limiter.OnRateLimited(kStart + absl::Milliseconds(i), absl::ZeroDuration());
  }
  CHECK(limiter.per_second(kStart + absl::Milliseconds(9)) == Approx(4).epsilon(0.01));

  for (int i = 1; i <= 30; ++i) {
    limiter.OnRateLimited(kStart + absl::Seconds(i), absl::ZeroDuration());
  }
  CHECK(limiter.per_second(kStart + absl::Seconds(30)) < 1);
  CHECK(limiter.per_second(kStart + absl::Seconds(30)) >= 0.1);
}

TEST_CASE("the rate grows back to its maximum, not beyond", "[rate_limiter]") {
  RateLimiter limiter(8);
  limiter.OnRateLimited(kStart, absl::ZeroDuration());

  CHECK(limiter.per_second(kStart + absl::Seconds(5)) == Approx(6));
  CHECK(limiter.per_second(kStart + absl::Seconds(10)) == Approx(8));
  CHECK(limiter.per_second(kStart + absl::Seconds(60)) == Approx(8));
}

TEST_CASE("after an outage the rate begins at a tenth and grows back", "[rate_limiter]") {
  RateLimiter limiter(8);

  limiter.StartSlowly(kStart);

  CHECK(TakeAll(limiter, kStart) == 1);
  CHECK(limiter.per_second(kStart) == Approx(0.8));
  CHECK(limiter.per_second(kStart + absl::Seconds(9)) == Approx(4.4));
  CHECK(limiter.per_second(kStart + absl::Seconds(18)) == Approx(8));
  limiter.OnRateLimited(kStart + absl::Seconds(18), absl::ZeroDuration());
  limiter.OnRateLimited(kStart + absl::Seconds(19), absl::ZeroDuration());
  for (int i = 20; i < 40; ++i) {
    limiter.OnRateLimited(kStart + absl::Seconds(i), absl::ZeroDuration());
  }
  const double slow = limiter.per_second(kStart + absl::Seconds(39));
  limiter.StartSlowly(kStart + absl::Seconds(39));
  CHECK(limiter.per_second(kStart + absl::Seconds(39)) == Approx(std::min(slow, 0.8)));
}

TEST_CASE("a rate below one a second still sends", "[rate_limiter]") {
  RateLimiter limiter(0.5);
  CHECK(TakeAll(limiter, kStart) == 1);
  CHECK(TakeAll(limiter, kStart + absl::Milliseconds(1900)) == 0);
  CHECK(TakeAll(limiter, kStart + absl::Milliseconds(2100)) == 1);
}

}  // namespace
}  // namespace roomkeeper::testing
