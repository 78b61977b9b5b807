#pragma once

#include <vector>

#include "absl/status/statusor.h"

#include "lib/auth/principal.h"
#include "lib/commands/shard_directory.h"
#include "lib/model/brand.h"

namespace roomkeeper {

// The shard for a new room of `install`: the one it is pinned to, else the one nearest to the
// brand's metastore (same region, then same cloud, then any), with most head-room among the
// nearest that have any. A full shard is no refusal: preflight counts again and says so. Pure.
// `reader`: a refusal names the shard to operators only.
// kFailedPrecondition NO_ELIGIBLE_SHARD: there is none, or the pinned one is not configured.
absl::StatusOr<ShardStatus> PickShard(const std::vector<ShardStatus>& shards,
                                      const Install& install, const Principal& reader);

}  // namespace roomkeeper
