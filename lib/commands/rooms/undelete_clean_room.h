#pragma once

#include "lib/auth/principal.h"
#include "lib/commands/command_context.h"

namespace roomkeeper {

// Takes back a removal that waits out its grace period: its job ends CANCELLED before it has
// touched the platform. Answers the room as it is then, also when it was taken back before.
// RESOURCE_NOT_FOUND, ROOM_NOT_IN_GRACE.
void UndeleteCleanRoom(const CommandContext& context, const Principal& principal, RoomKey room,
                       StoreDone<CleanRoom> done);

}  // namespace roomkeeper
