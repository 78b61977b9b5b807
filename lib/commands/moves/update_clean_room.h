#pragma once

#include <cstdint>
#include <string>

#include "lib/auth/principal.h"
#include "lib/commands/command_context.h"

namespace roomkeeper {

struct UpdateCleanRoomInput {
  RoomKey room = {};
  std::string package_version = {};
  std::int64_t revision = 0;  // 0: any
  std::string request_id = {};
  bool validate_only = false;
};

// Answers the job that takes the room to that version of its package, in place, or back if it
// cannot. Asked for the version that it has, the job looks whether the room is whole, and mends it.
// RESOURCE_NOT_FOUND, PACKAGE_NOT_FOUND, ROOM_NOT_READY (it is neither READY nor DEGRADED, or an
// earlier move left it between two other versions), ROOM_DIFFERS (the version needs another room),
// ROOM_DELETED, ROOM_BUSY, ETAG_MISMATCH, REQUEST_ID_REUSED, QUEUE_FULL, FROZEN.
void UpdateCleanRoom(const CommandContext& context, const Principal& principal,
                     UpdateCleanRoomInput input, StoreDone<Job> done);

// What `room` would be with `package`. ROOM_DIFFERS, with the field that keeps it from that.
absl::StatusOr<RoomSpec> SpecAfterMove(const CommandContext& context, const CleanRoom& room,
                                       const PackageVersion& package);

}  // namespace roomkeeper
