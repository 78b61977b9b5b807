#pragma once

#include "lib/databricks_sim/core/call.h"

namespace roomkeeper::sim {

// A room as the caller's metastore shows it (rows 12 to 14). `detail`: with remote_detailed_info.
Json RoomView(const Call& call, const Room& room, bool detail);
// What the answer to a create holds (row 2).
Json SparseRoomView(const Call& call, const Room& room);

std::int64_t Millis(absl::Time time);

}  // namespace roomkeeper::sim
