// Deterministic simulation of the whole of lib/ (docs/reliability.md).
//
//   RK_SIMULATION_SEEDS=N         runs N seeds (2,000)
//   RK_SIMULATION_SQLITE_SEEDS=N  … and N of them on the SQLite store as well (200)
//   RK_SIMULATION_FIRST=N         from this one on (1)
//   RK_SIMULATION_TRACE=1         prints what happens

#include <cstdlib>
#include <iostream>

#include "absl/strings/numbers.h"

#include "tests/simulation/world.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

std::uint64_t Number(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  std::uint64_t number = 0;
  return text != nullptr && absl::SimpleAtoi(text, &number) ? number : otherwise;
}

TEST_CASE("whatever happens, the promises hold", "[simulation]") {
  const std::uint64_t first = Number("RK_SIMULATION_FIRST", 1);
  const std::uint64_t seeds = Number("RK_SIMULATION_SEEDS", 2000);
  const RunOptions options = {.print = Number("RK_SIMULATION_TRACE", 0) != 0};
  RunResult sum;
  int failed = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    const RunResult run = RunSeed(seed, options);
    sum.events += run.events;
    sum.jobs += run.jobs;
    sum.succeeded += run.succeeded;
    sum.crashes += run.crashes;
    sum.zombies += run.zombies;
    sum.virtual_time += run.virtual_time;
    if (!run.violations.empty()) {
      ++failed;
      std::cout << "seed " << seed << ": " << run.violations << "\n";
    }
  }
  std::cout << seeds << " seeds from " << first << ": " << sum.jobs << " jobs (" << sum.succeeded
            << " succeeded), " << sum.crashes << " crashes, " << sum.zombies << " zombies, "
            << sum.events << " events, " << absl::ToInt64Hours(sum.virtual_time)
            << " h of virtual time\n";
  CHECK(failed == 0);
}

TEST_CASE("on SQLite, with the power cut at each crash, not one event differs", "[simulation]") {
  const std::uint64_t first = Number("RK_SIMULATION_FIRST", 1);
  const std::uint64_t seeds = Number("RK_SIMULATION_SQLITE_SEEDS", 200);
  int crashes = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    CAPTURE(seed);
    const RunResult in_memory = RunSeed(seed);
    const RunResult on_sqlite = RunSeed(seed, {.on_sqlite = true});

    CHECK(on_sqlite.violations == in_memory.violations);
    CHECK(on_sqlite.events == in_memory.events);
    CHECK(on_sqlite.trace_hash == in_memory.trace_hash);
    crashes += on_sqlite.crashes;
  }
  std::cout << seeds << " seeds on SQLite: " << crashes << " crashes\n";
}

TEST_CASE("a seed replays exactly", "[simulation]") {
  for (const std::uint64_t seed : {7U, 8U, 9U}) {
    const RunResult once = RunSeed(seed);
    const RunResult again = RunSeed(seed);

    CHECK(once.trace_hash == again.trace_hash);
    CHECK(once.events == again.events);
    CHECK(once.trace_hash != RunSeed(seed + 100).trace_hash);
  }
}

}  // namespace
}  // namespace roomkeeper::testing
