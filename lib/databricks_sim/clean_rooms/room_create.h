#pragma once

#include "lib/databricks_sim/core/call.h"

namespace roomkeeper::sim {

// The shape of a CleanRoom in requests.
Schema CleanRoomSchema();

// Checks the body as a CleanRoom to create (rows 4 to 11, 21) and makes the central room, which is
// not in any metastore yet.
Or<std::shared_ptr<CentralRoom>> MakeCentralRoom(Call& call);

}  // namespace roomkeeper::sim
