#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/auth/principal.h"
#include "lib/commands/command_context.h"

namespace roomkeeper {

struct DeleteCleanRoomInput {
  RoomKey room = {};
  std::int64_t revision = 0;  // 0: any
  std::string request_id = {};
  bool validate_only = false;
  bool force = false;                        // also while a run is active
  std::optional<absl::Duration> grace = {};  // default: the server's
};

// Answers the job that removes the room; until the grace period is over it may be taken back
// (UndeleteCleanRoom). INVALID_REQUEST (a longer grace than the server's), RESOURCE_NOT_FOUND,
// ROOM_DELETED (nothing is left to remove), ROOM_BUSY, ETAG_MISMATCH,
// REQUEST_ID_REUSED, BRAND_QUEUE_FULL, QUEUE_FULL. Unless forced, the platform is asked for the
// runs of a READY or DEGRADED room first: ROOM_IN_USE, and PLATFORM_UNAVAILABLE if it does not
// answer.
void DeleteCleanRoom(const CommandContext& context, const Principal& principal,
                     DeleteCleanRoomInput input, StoreDone<Job> done);

}  // namespace roomkeeper
