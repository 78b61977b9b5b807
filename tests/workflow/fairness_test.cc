// R10: what a brand with ten thousand open jobs costs another brand.

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "tests/support/matchers.h"
#include "tests/workflow/world.h"

namespace roomkeeper::testing {
namespace {

constexpr int kFlood = 10'000;
// A job of the flood holds its place for two calls; then it waits for ACTIVE without one.
constexpr absl::Duration kPlaceHeld = absl::Milliseconds(2 * 50);

EngineOptions SmallEngine() {
  EngineOptions options;
  options.active_jobs_max = 8;
  options.active_jobs_per_brand_max = 8;
  return options;
}

void Flood(World& world) {
  world.platform.options.rooms_max = 2 * kFlood;
  for (int i = 0; i < kFlood; ++i) {
    (void)world.Provision(absl::StrCat("room-", i), "flood");
  }
}

// The bound: the quiet brand's first call leaves after one further job of the flood has begun at
// most, and within the time that one place is held.
void CheckFirstCall(World& world, const JobId& quiet, absl::Time asked_at) {
  const int begun = world.platform.calls("Preflight");
  const auto is_quiet = [](const CallOrigin& origin) { return origin.brand.value() == "quiet"; };
  REQUIRE(world.loop.RunUntil([&] {
    return std::any_of(world.platform.origins().begin(), world.platform.origins().end(), is_quiet);
  }));

  CHECK(world.platform.calls("Preflight") - begun <= 2);
  CHECK(world.loop.clock().Now() - asked_at <= kPlaceHeld);

  // … and once begun, nothing of the flood holds it up.
  REQUIRE(world.RunToEnd(quiet));
  CHECK(world.GetRoom(quiet).state == RoomState::kReady);
  const Job job = world.GetJob(quiet);
  CHECK(job.progress.our_time <= kPlaceHeld);
}

TEST_CASE("R10: a brand with 10,000 requests delays another's first by one job at most",
          "[workflow]") {
  World world(SmallEngine());
  Flood(world);
  // At first the flood's jobs begin, later they come back from the wait for ACTIVE as well.
  world.loop.Advance(GENERATE(absl::Milliseconds(10), absl::Seconds(22), absl::Minutes(1)));

  const absl::Time asked_at = world.loop.clock().Now();
  const JobId quiet = world.Provision("only", "quiet");

  CheckFirstCall(world, quiet, asked_at);
}

TEST_CASE("R10: after a restart a brand does not wait behind 10,000 older requests of another",
          "[workflow]") {
  World world(SmallEngine());
  world.Crash();
  Flood(world);
  const JobId quiet = world.Provision("only", "quiet");
  world.Boot();
  world.loop.Advance(absl::Milliseconds(1));  // all are claimed, and every place is taken

  CheckFirstCall(world, quiet, world.loop.clock().Now());
}

}  // namespace
}  // namespace roomkeeper::testing
