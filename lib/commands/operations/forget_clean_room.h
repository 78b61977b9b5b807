#pragma once

#include <string>

#include "lib/auth/principal.h"
#include "lib/commands/command_context.h"

namespace roomkeeper {

struct ForgetCleanRoomInput {
  RoomKey room = {};
  std::string request_id = {};
  bool validate_only = false;
};

// Ends the record of a room that the platform no longer has, by a job that looks again: it leaves
// AWAITING_BRAND_DELETE, or DELETED if no brand ever saw the room. ROOM_STILL_THERE: then it has to
// be deleted. Also what DeleteCleanRoom refuses, PLATFORM_UNAVAILABLE, PLATFORM_REFUSED.
void ForgetCleanRoom(const CommandContext& context, const Principal& principal,
                     ForgetCleanRoomInput input, StoreDone<Job> done);

}  // namespace roomkeeper
