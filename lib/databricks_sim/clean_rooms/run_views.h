#pragma once

#include <string>

#include "lib/databricks_sim/core/call.h"

namespace roomkeeper::sim {

// Of a job run, in the words of the Jobs API.
struct RunState {
  std::string life_cycle = {};  // RUNNING, TERMINATED, SKIPPED
  std::string result = {};      // empty while it runs
};
RunState StateOf(const Run& run, absl::Time now);

Json RunStateView(const RunState& state);

// Whether the output schema is (still) there.
bool HasOutput(const Run& run, absl::Time now);
absl::Time OutputExpiry(const Run& run);

}  // namespace roomkeeper::sim
