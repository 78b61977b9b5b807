#pragma once

#include <vector>

#include "lib/commands/shard_directory.h"
#include "lib/config/config.h"
#include "lib/databricks/shard_options.h"

namespace roomkeeper {

// The shards of the configuration: how they are reached, and what rooms there have in common.
std::vector<ShardOptions> MakeShards(const Config& config);
std::vector<ShardStatus> ListShards(const Config& config);  // no room is counted yet

}  // namespace roomkeeper
