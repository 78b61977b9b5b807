#pragma once

#include <memory>
#include <string>

#include "lib/store/memory/memory_engine.h"
#include "tests/simulation/clients.h"

namespace roomkeeper::testing {

struct RunOptions {
  bool print = false;
  // By default each run has a memory engine of its own.
  StorageEngine* engine = nullptr;
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
