#pragma once

#include <memory>

#include "lib/databricks_sim/core/call.h"

namespace roomkeeper::sim {

// The shape of a runs/submit body.
Schema SubmitSchema();

// Starts what the body asks for (row 39). A run that the platform would fail at once is a run, too.
Or<std::shared_ptr<Run>> StartRun(Call& call);

}  // namespace roomkeeper::sim
