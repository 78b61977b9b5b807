#pragma once

#include <cstdint>
#include <string>

#include "tests/simulation/clients.h"

namespace roomkeeper::testing {

struct RunOptions {
  bool print = false;
  // On the SQLite store, whose power goes whenever a process dies. Not one event differs.
  bool on_sqlite = false;
};

struct RunResult {
  std::string violations = {};  // empty: all promises held
  std::uint64_t trace_hash = 0;
  std::int64_t events = 0;
  int jobs = 0;
  int succeeded = 0;
  int crashes = 0;
  int zombies = 0;
  absl::Duration virtual_time = absl::ZeroDuration();
};

// One whole run: a platform, brands and processes of Roomkeeper under the illness of this seed;
// then the faults stop, and everything must come to a true end.
RunResult RunSeed(std::uint64_t seed, const RunOptions& options = {});

}  // namespace roomkeeper::testing
