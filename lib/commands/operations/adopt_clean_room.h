#pragma once

#include <string>

#include "lib/auth/principal.h"
#include "lib/commands/command_context.h"
#include "lib/commands/rooms/create_clean_room.h"

namespace roomkeeper {

struct AdoptCleanRoomInput {
  std::string room_name = {};        // on the platform
  CreateCleanRoomInput create = {};  // what it is the room of
};

// Takes a room of ours that no record claims back into the records: the job of a create that finds
// it, and repairs what differs in it. It is looked for on the shard that the install is pinned to;
// of an install that is not, on every shard, and each has to answer. Only a room that carries our
// mark, has the name of this clean room, and equals the request in all that cannot be changed:
// ROOM_NOT_OURS, ROOM_DIFFERS. ROOM_ON_TWO_SHARDS: it is not clear which one. RESOURCE_NOT_FOUND:
// no shard has such a room. Also what CreateCleanRoom refuses, PLATFORM_UNAVAILABLE,
// PLATFORM_REFUSED.
void AdoptCleanRoom(const CommandContext& context, const Principal& principal,
                    AdoptCleanRoomInput input, StoreDone<Job> done);

}  // namespace roomkeeper
