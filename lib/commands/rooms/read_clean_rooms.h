#pragma once

#include <string>
#include <vector>

#include "lib/auth/principal.h"
#include "lib/commands/command_context.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {

// RESOURCE_NOT_FOUND.
void GetCleanRoom(const CommandContext& context, RoomKey room, StoreDone<CleanRoom> done);

struct ListCleanRoomsInput {
  BrandPath parent = {};  // empty: all that the caller may see
  RoomQuery query = {};   // brand, install, after are set from parent and page_token
  std::string page_token = {};
};
struct ListCleanRoomsOutput {
  std::vector<CleanRoom> rooms = {};
  std::string next_page_token = {};
};
// INVALID_REQUEST for a foreign page token.
void ListCleanRooms(const CommandContext& context, const Principal& principal,
                    ListCleanRoomsInput input, StoreDone<ListCleanRoomsOutput> done);

}  // namespace roomkeeper
