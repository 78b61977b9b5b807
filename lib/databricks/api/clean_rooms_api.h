#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lib/cleanroom/provider.h"
#include "lib/databricks/rest_client.h"
#include "lib/model/observed_room.h"
#include "lib/model/room_spec.h"

namespace roomkeeper {

// /api/2.0/clean-rooms: rooms and their task runs. Shapes: databricks-sdk-go
// service/cleanrooms, v0.175.0.

void GetRoom(const ScopedRest& rest, const std::string& room, CallDone<ObservedRoom> done);
// Rooms that we may see, without detail; stops early when `more` says no. Pages of 100.
void ListRooms(const ScopedRest& rest, std::function<bool(const std::vector<ObservedRoom>&)> more,
               CallDone<std::vector<ObservedRoom>> done);
// Whether the platform answers at all, asked once, by its smallest list. Nothing but the breaker of
// `rest` hears the answer.
void ProbeRooms(RestClient& rest, std::function<void()> done);
// The answer is sparse, PROVISIONING: nothing else can be done until GET says ACTIVE.
void CreateRoom(const ScopedRest& rest, const RoomSpec& spec, CallDone<ObservedRoom> done);
// `body`: wire::UpdateRoomBody.
void UpdateRoom(const ScopedRest& rest, const std::string& room, std::string body,
                CallDone<ObservedRoom> done);
void DeleteRoom(const ScopedRest& rest, const std::string& room, CallDone<Empty> done);
// Newest first, at most `limit`.
void ListTaskRuns(const ScopedRest& rest, const std::string& room, std::int32_t limit,
                  CallDone<std::vector<TaskRun>> done);

}  // namespace roomkeeper
