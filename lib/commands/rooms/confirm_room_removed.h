#pragma once

#include "lib/auth/principal.h"
#include "lib/commands/command_context.h"

namespace roomkeeper {

// The brand says that its tombstone is gone: AWAITING_BRAND_DELETE becomes DELETED. A room that is
// DELETED already is answered as it is. RESOURCE_NOT_FOUND,
// NOT_AWAITING_BRAND_DELETE.
void ConfirmRoomRemoved(const CommandContext& context, const Principal& principal, RoomKey room,
                        StoreDone<CleanRoom> done);

}  // namespace roomkeeper
