#include "lib/databricks_sim/clean_rooms/run_views.h"

namespace roomkeeper::sim {
namespace {

constexpr absl::Duration kOutputRetention = absl::Hours(24 * 30);

}  // namespace

RunState StateOf(const Run& run, absl::Time now) {
  if (now < run.end) {
    return {.life_cycle = "RUNNING"};
  }
  return {.life_cycle = run.life_cycle_at_end, .result = run.result_state};
}

Json RunStateView(const RunState& state) {
  Json json = {{"life_cycle_state", state.life_cycle}};
  Put(json, "result_state", state.result);
  return json;
}

absl::Time OutputExpiry(const Run& run) {
  return run.end + kOutputRetention;
}

bool HasOutput(const Run& run, absl::Time now) {
  return !run.output_schema.empty() && run.end <= now && now < OutputExpiry(run);
}

}  // namespace roomkeeper::sim
