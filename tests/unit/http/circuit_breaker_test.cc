#include "lib/http/circuit_breaker.h"

#include <random>
#include <utility>
#include <vector>

#include "tests/support/fake_loop.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

// A server behind a breaker, whose probes meet the outage at once unless they hang.
struct Guarded {
  Guarded() { loop.Advance(absl::Hours(1)); }

  absl::Duration now() const { return loop.clock().Monotonic(); }
  void Fail(int calls) {
    for (int i = 0; i < calls; ++i) {
      breaker.Failed(now());
    }
  }
  void Open() {
    Fail(1);
    loop.Advance(absl::Seconds(5));
    Fail(4);
    REQUIRE(breaker.open());
  }

  FakeLoop loop;
  std::mt19937_64 random{42};
  bool hangs = false;
  std::vector<absl::Duration> probed_at;
  std::function<void()> probed;
  std::vector<bool> changes;
  CircuitBreaker breaker{loop,
                         random,
                         {.probe =
                              [this](std::function<void()> done) {
                                probed_at.push_back(now());
                                breaker.Failed(now());
                                probed = std::move(done);
                                if (!hangs) {
                                  probed();
                                }
                              },
                          .changed = [this](bool open) { changes.push_back(open); }}};
};

TEST_CASE("so many calls in a row open the breaker, not fewer", "[breaker]") {
  const int calls = GENERATE(4, 5, 6);
  Guarded t;
  t.Fail(1);
  t.loop.Advance(absl::Seconds(5));

  t.Fail(calls - 1);

  CHECK(t.breaker.open() == (calls >= 5));
  CHECK(t.changes == (calls >= 5 ? std::vector<bool>{true} : std::vector<bool>{}));
}

TEST_CASE("however many fail at once, an outage lasts for seconds", "[breaker]") {
  const absl::Duration span =
      GENERATE(absl::Milliseconds(4999), absl::Seconds(5), absl::Milliseconds(5001));
  Guarded t;
  t.Fail(100);
  t.loop.Advance(span);

  t.Fail(1);

  CHECK(t.breaker.open() == (span >= absl::Seconds(5)));
}

TEST_CASE("calls that time out count from when they were sent", "[breaker]") {
  Guarded t;
  for (int i = 0; i < 5; ++i) {
    t.breaker.Failed(t.now() - absl::Seconds(30));
  }
  CHECK(t.breaker.open());
}

TEST_CASE("what was sent before the last answer proves nothing", "[breaker]") {
  const absl::Duration later = absl::Milliseconds(GENERATE(-1, 0, 1));
  Guarded t;
  t.Fail(4);
  t.loop.Advance(absl::Seconds(10));
  t.breaker.Answered();
  const absl::Duration answered_at = t.now();
  t.loop.Advance(absl::Seconds(10));
  for (int i = 0; i < 4; ++i) {
    t.breaker.Failed(answered_at + later);
  }
  CHECK_FALSE(t.breaker.open());  // the four before the answer are forgotten

  t.breaker.Failed(answered_at + later);

  CHECK(t.breaker.open() == (later >= absl::ZeroDuration()));
}

TEST_CASE("probes come one at a time, at intervals that grow to half a minute", "[breaker]") {
  Guarded t;
  t.Open();
  absl::Duration before = t.now();

  t.loop.Advance(absl::Minutes(20));

  CHECK(t.probed_at.size() > 40);
  CHECK(t.probed_at.size() <= 5 + 20 * 60 / 15);
  absl::Duration longest = absl::Seconds(1);
  for (const absl::Duration at : t.probed_at) {
    CHECK(at - before >= longest / 2);
    CHECK(at - before <= longest);
    before = at;
    longest = std::min(absl::Seconds(30), longest * 2);
  }
  CHECK(t.breaker.open());
}

TEST_CASE("a probe that hangs is the only one", "[breaker]") {
  Guarded t;
  t.hangs = true;
  t.Open();
  t.loop.Advance(absl::Minutes(2));
  CHECK(t.probed_at.size() == 1);
  CHECK(t.breaker.NextProbeIn() > absl::ZeroDuration());

  t.probed();
  t.loop.Advance(absl::Seconds(2));

  CHECK(t.probed_at.size() == 2);
}

TEST_CASE("any answer closes the breaker and ends the probes", "[breaker]") {
  Guarded t;
  t.hangs = GENERATE(false, true);
  t.Open();
  t.loop.Advance(absl::Seconds(10));
  const std::size_t probes = t.probed_at.size();

  t.breaker.Answered();
  if (t.hangs) {
    t.probed();
  }
  t.loop.Advance(absl::Minutes(1));

  CHECK_FALSE(t.breaker.open());
  CHECK(t.changes == std::vector<bool>{true, false});
  CHECK(t.probed_at.size() == probes);
}

TEST_CASE("one that opens while an old probe hangs waits for it", "[breaker]") {
  Guarded t;
  t.hangs = true;
  t.Open();
  t.loop.Advance(absl::Seconds(10));
  t.breaker.Answered();
  t.Open();
  t.loop.Advance(absl::Minutes(1));
  CHECK(t.probed_at.size() == 1);

  t.probed();
  t.loop.Advance(absl::Seconds(30));

  CHECK(t.probed_at.size() == 2);
}

TEST_CASE("an outage that comes back soon goes on with long intervals", "[breaker]") {
  const absl::Duration closed =
      GENERATE(absl::Milliseconds(29'999), absl::Seconds(30), absl::Milliseconds(30'001));
  Guarded t;
  t.Open();
  t.loop.Advance(absl::Minutes(5));
  t.breaker.Answered();
  t.loop.Advance(closed - absl::Seconds(5));
  t.Open();
  const absl::Duration opened = t.now();
  t.probed_at.clear();

  t.loop.Advance(absl::Seconds(30));

  REQUIRE_FALSE(t.probed_at.empty());
  CHECK((t.probed_at.front() - opened <= absl::Seconds(1)) == (closed >= absl::Seconds(30)));
}

TEST_CASE("who is turned away hears when the next probe is due", "[breaker]") {
  Guarded t;
  t.Open();
  for (int i = 0; i < 10; ++i) {
    const std::size_t probes = t.probed_at.size();
    const absl::Duration told = t.breaker.NextProbeIn();
    CHECK(told > absl::ZeroDuration());
    t.loop.Advance(told - absl::Nanoseconds(1));
    CHECK(t.probed_at.size() == probes);
    t.loop.Advance(absl::Nanoseconds(1));
    CHECK(t.probed_at.size() == probes + 1);
  }
}

}  // namespace
}  // namespace roomkeeper::testing
