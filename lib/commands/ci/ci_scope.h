#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "lib/auth/principal.h"
#include "lib/commands/command_context.h"
#include "lib/commands/rooms/create_clean_room.h"
#include "lib/commands/rooms/room_expiry.h"

namespace roomkeeper {

// What a CI key is held to, over what holds for every key. Callers with other keys pass unchanged.

// Whether a CI key sees the clean room, or the job, that has the name: RESOURCE_NOT_FOUND unless it
// is of its install and under its label. It takes the same reads whatever there is. `done` runs
// once, on a thread of the store.
void CheckCiSeesRoom(JobStore& jobs, const Principal& principal, const RoomKey& room,
                     std::function<void(absl::Status)> done);
void CheckCiSeesJob(JobStore& jobs, const Principal& principal, const JobId& job,
                    std::function<void(absl::Status)> done);

// ROOM_EXISTS, without a word about the room, if a CI key met one in the way that it does not see.
absl::Status CheckMet(const Principal& principal, const CleanRoom& room);

// Adds the label where it is absent; INVALID_REQUEST for another value of it. Of the labels of a
// room, or of those that a list is filtered by.
absl::Status HoldToLabel(const Principal& principal, absl::string_view field, Labels& labels);
// INVALID_REQUEST if it ends later than the key's ttl_max from now; `field` as for ResolveExpiry.
absl::Status HoldToLife(const CommandContext& context, const Principal& principal,
                        const ExpiryInput& expiry, absl::string_view field);
// Both, of a room to be made; without an expiry it gets the longest there may be.
absl::Status HoldToScope(const CommandContext& context, const Principal& principal,
                         CreateCleanRoomInput& input);
// For SubmitJob.
std::optional<CiScope> CiScopeOf(const Principal& principal);

}  // namespace roomkeeper
