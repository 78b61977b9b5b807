#include "lib/io/timer_wheel.h"

#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

// Runs what is due and says how many.
std::size_t RunDue(TimerWheel& wheel) {
  std::size_t count = 0;
  while (const auto task = wheel.TakeDue()) {
    (*task)();
    ++count;
  }
  return count;
}

TEST_CASE("a timer is due at its tick, on every level of the wheel", "[timer_wheel]") {
  const std::uint64_t start = GENERATE(0U, 1U, 255U, 256U, 65535U, 70000U, (1ULL << 32) - 1);
  const std::uint64_t delay =
      GENERATE(1U, 255U, 256U, 257U, 65535U, 65536U, 65537U, 1U << 24, (1ULL << 32) + 5);
  CAPTURE(start, delay);
  TimerWheel wheel;
  wheel.Advance(start);
  bool fired = false;
  wheel.Add(start + delay, [&] { fired = true; });

  wheel.Advance(start + delay - 1);
  RunDue(wheel);
  CHECK_FALSE(fired);
  wheel.Advance(start + delay);
  RunDue(wheel);

  CHECK(fired);
  CHECK(wheel.size() == 0);
}

TEST_CASE("a timer for the present or the past is due at once", "[timer_wheel]") {
  TimerWheel wheel;
  wheel.Advance(1000);
  int fired = 0;
  wheel.Add(1000, [&] { ++fired; });
  wheel.Add(3, [&] { ++fired; });

  REQUIRE(wheel.NextTick() == 1000);
  RunDue(wheel);

  CHECK(fired == 2);
  CHECK_FALSE(wheel.NextTick().has_value());
}

TEST_CASE("a tick beyond the last one counts as the last one", "[timer_wheel]") {
  TimerWheel wheel;
  bool fired = false;
  wheel.Add(~0ULL, [&] { fired = true; });

  wheel.Advance(TimerWheel::kTickMax - 1);
  CHECK(RunDue(wheel) == 0);
  wheel.Advance(TimerWheel::kTickMax);
  RunDue(wheel);

  CHECK(fired);
}

TEST_CASE("timers of one tick run in the order they were set, however far ahead", "[timer_wheel]") {
  TimerWheel wheel;
  std::vector<int> order;
  wheel.Add(70000, [&] { order.push_back(1); });
  wheel.Advance(65000);
  wheel.Add(70000, [&] { order.push_back(2); });
  wheel.Advance(69990);
  wheel.Add(70000, [&] { order.push_back(3); });
  wheel.Advance(80000);

  RunDue(wheel);

  CHECK(order == std::vector<int>{1, 2, 3});
}

TEST_CASE("a cancelled timer never runs, and its id cancels nothing else", "[timer_wheel]") {
  TimerWheel wheel;
  bool first = false;
  bool second = false;
  const TimerWheel::Id id = wheel.Add(5, [&] { first = true; });

  CHECK(wheel.Cancel(id));
  wheel.Add(5, [&] { second = true; });  // takes the freed place
  CHECK_FALSE(wheel.Cancel(id));
  CHECK_FALSE(wheel.Cancel(0));
  wheel.Advance(5);
  RunDue(wheel);

  CHECK_FALSE(first);
  CHECK(second);
}

TEST_CASE("a due timer can still be cancelled by one that runs before it", "[timer_wheel]") {
  TimerWheel wheel;
  TimerWheel::Id victim = 0;
  bool ran = false;
  wheel.Add(5, [&] { wheel.Cancel(victim); });
  victim = wheel.Add(5, [&] { ran = true; });
  wheel.Advance(5);

  RunDue(wheel);

  CHECK_FALSE(ran);
  CHECK(wheel.due_count() == 0);
}

TEST_CASE("a random schedule runs in time order, none early, none late", "[timer_wheel]") {
  const std::uint64_t seed = 20261120;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  TimerWheel wheel;
  std::vector<std::uint64_t> fired;
  std::vector<std::uint64_t> wanted;
  for (int i = 0; i < 5000; ++i) {
    const std::uint64_t tick = random() % (1ULL << (random() % 30 + 1));
    const TimerWheel::Id id = wheel.Add(tick, [&fired, tick] { fired.push_back(tick); });
    if (random() % 3 == 0) {
      wheel.Cancel(id);
    } else {
      wanted.push_back(tick);
    }
  }

  RunDue(wheel);  // those of tick 0
  while (const auto next = wheel.NextTick()) {
    const std::size_t before = fired.size();
    wheel.Advance(*next);
    RunDue(wheel);
    for (std::size_t i = before; i < fired.size(); ++i) {
      REQUIRE(fired[i] == *next);
    }
  }

  std::sort(wanted.begin(), wanted.end());
  CHECK(fired == wanted);
}

TEST_CASE("a million timers cost less than 100 bytes each", "[timer_wheel]") {
  const std::size_t before = mallinfo2().uordblks;
  TimerWheel wheel;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) {
    wheel.Add(i * 7919 % (1ULL << 31), [] {});
  }
  const std::size_t after = mallinfo2().uordblks;

  CHECK(wheel.size() == 1'000'000);
  CHECK((after - before) / 1'000'000 < 100);
}

}  // namespace
}  // namespace roomkeeper::testing
