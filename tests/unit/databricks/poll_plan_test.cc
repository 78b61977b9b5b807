#include "lib/databricks/poll_plan.h"

#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

ProvisioningTimes Times(absl::Duration from, absl::Duration step, int count) {
  ProvisioningTimes times;
  for (int i = 0; i < count; ++i) {
    times.Add(from + step * i);
  }
  return times;
}

constexpr PollLimits kLimits;
constexpr PollCost kRich = {.budget_per_second = 1000};

TEST_CASE("quantiles are of the last 64 times", "[poll_plan]") {
  CHECK(ProvisioningTimes().Quantile(0.5) == absl::ZeroDuration());
  ProvisioningTimes times = Times(absl::Seconds(1), absl::ZeroDuration(), 100);
  for (int i = 0; i < 64; ++i) {
    times.Add(absl::Seconds(10 + i));
  }

  CHECK(times.size() == 64);
  CHECK(times.Quantile(0) == absl::Seconds(10));
  CHECK(times.Quantile(1) == absl::Seconds(73));
  CHECK(times.Quantile(7) == absl::Seconds(73));
}

TEST_CASE("the first look waits for the fastest tenth once enough is known", "[poll_plan]") {
  CHECK(FirstLook(Times(absl::Minutes(1), absl::Seconds(1), 4), kLimits) == absl::Seconds(1));
  CHECK(FirstLook(Times(absl::Minutes(1), absl::Seconds(1), 11), kLimits) == absl::Seconds(61));
  CHECK(FirstLook(Times(absl::ZeroDuration(), absl::ZeroDuration(), 9), kLimits) ==
        kLimits.interval_min);
}

TEST_CASE("early looks grow while rooms are ready at once and end when they are not",
          "[poll_plan]") {
  EarlyLooks early;
  CHECK((early.Take() && early.Take()));
  CHECK_FALSE(early.Take());
  early.Seen(true);
  early.Seen(true);
  CHECK((early.Take() && early.Take() && early.Take() && early.Take()));
  CHECK_FALSE(early.Take());
  for (int i = 0; i < 4; ++i) {
    early.Seen(false);
  }
  CHECK_FALSE(early.Take());
  early.Revive();
  CHECK(early.Take());
  CHECK_FALSE(early.Take());
}

TEST_CASE("looks come a twentieth of the age apart, within the limits", "[poll_plan]") {
  const ProvisioningTimes none;
  CHECK(NextLook(absl::ZeroDuration(), none, kRich, kLimits) == kLimits.interval_min);
  CHECK(NextLook(absl::Seconds(40), none, kRich, kLimits) == absl::Seconds(2));
  CHECK(NextLook(absl::Hours(2), none, kRich, kLimits) == kLimits.interval_max);
}

TEST_CASE("looks come closer when provisioning always takes about the same", "[poll_plan]") {
  const ProvisioningTimes narrow = Times(absl::Seconds(60), absl::Milliseconds(400), 11);

  CHECK(NextLook(absl::Seconds(61), narrow, kRich, kLimits) < absl::Seconds(0.5));
  CHECK(NextLook(absl::Seconds(70), narrow, kRich, kLimits) == absl::Seconds(3.5));
}

TEST_CASE("many waiters look more often, never beyond the share of the budget", "[poll_plan]") {
  const ProvisioningTimes none;
  PollCost cost = {.waiters = 100, .requests = 2, .budget_per_second = 1000};
  CHECK(NextLook(absl::Seconds(40), none, cost, kLimits) == absl::Seconds(0.5));
  CHECK(ShortestWait(cost, kLimits) == kLimits.interval_min);
  cost.budget_per_second = 5;
  CHECK(NextLook(absl::Seconds(1), none, cost, kLimits) == absl::Seconds(0.8));
  cost.requests = 25;  // of a budget of 1000, ten a second
  cost.budget_per_second = 1000;
  CHECK(ShortestWait(cost, kLimits) == absl::Seconds(2.5));
  cost.budget_per_second = 0;
  CHECK(ShortestWait(cost, kLimits) < absl::Hours(1));
}

TEST_CASE("the list is read when it is cheaper than one GET each", "[poll_plan]") {
  CHECK_FALSE(UseList(4, 1, kLimits));
  CHECK(UseList(5, 1, kLimits));
  CHECK_FALSE(UseList(7, 7, kLimits));
  CHECK(UseList(8, 7, kLimits));
  CHECK(UseList(5, 0, kLimits));
}

}  // namespace
}  // namespace roomkeeper::testing
