#pragma once

#include "lib/yaml/yaml_fields.h"
#include "services/databricks_sim/config.h"

namespace roomkeeper::sim {

// The part of the config file that describes the world: knobs, metastores, workspaces. What is
// wrong is added to `problems`.
void ReadWorld(YamlFields& top, YamlProblems& problems, ShellConfig& config);

}  // namespace roomkeeper::sim
