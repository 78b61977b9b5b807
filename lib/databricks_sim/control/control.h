#pragma once

#include <string>

#include "absl/status/statusor.h"

#include "lib/databricks_sim/world/world.h"

namespace roomkeeper::sim {

// Carries out one control request, a JSON object with "action", and gives the JSON answer ("{}"
// when there is nothing to say). kInvalidArgument: not JSON, no such action, a field that is
// missing or wrong. kNotFound: a workspace, room or secret that is not there. kFailedPrecondition:
// one secret too many. Every action and its fields is in docs/simulator.md.
absl::StatusOr<std::string> RunControl(World& world, const std::string& json);

}  // namespace roomkeeper::sim
