#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/cleanroom/plan.h"
#include "lib/commands/rooms/create_clean_room.h"

namespace roomkeeper {

struct CleanRoomPlanned {
  CleanRoom room = {};                 // as it would be
  std::vector<Action> actions = {};    // empty: it is as wanted
  std::vector<Problem> problems = {};  // what preflight found
  std::string digest = {};             // "sha256:<hex>" over the desired room and the actions
  ShardStatus shard = {};
  std::int32_t brand_jobs_max = 0;
  bool adds_room = false;
};

// A dry run: the room a create would make, what an existing one still lacks, or, asked for another
// version than it has, what UpdateCleanRoom would do to it. Reads the platform
// (preflight, and the room if there is one) and changes nothing. What DraftRoom refuses, and
// ROOM_DIFFERS, PLATFORM_UNAVAILABLE, PLATFORM_REFUSED.
void PlanCleanRoom(const CommandContext& context, const Principal& principal,
                   CreateCleanRoomInput input, StoreDone<CleanRoomPlanned> done);

}  // namespace roomkeeper
