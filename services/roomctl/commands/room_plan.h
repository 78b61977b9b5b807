#pragma once

#include "roomkeeper/v1/clean_room.pb.h"

#include "services/roomctl/command.h"

namespace roomkeeper {

// What would be done for a room, and what stands in its way; kRequestWrong if anything does.
ExitCode ShowPlan(CommandContext& context, const v1::PlanCleanRoomRequest& request);

}  // namespace roomkeeper
