#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "lib/model/observed_room.h"
#include "lib/model/room_spec.h"

namespace roomkeeper::wire {

template <typename T>
struct Page {
  std::vector<T> items = {};
  std::string next_page_token = {};  // empty: the last page
};

// POST /api/2.0/clean-rooms: bare, not wrapped.
std::string CreateRoomBody(const RoomSpec& spec);
// PATCH /api/2.0/clean-rooms/{room}: wrapped, and of all of it only the comment, which stays local.
std::string UpdateRoomBody(const RoomSpec& spec);

// The answer to POST (sparse) or GET of a room.
absl::StatusOr<ObservedRoom> ParseRoom(const std::string& body);
absl::StatusOr<Page<ObservedRoom>> ParseRooms(const std::string& body);
absl::StatusOr<Page<TaskRun>> ParseTaskRuns(const std::string& body);

}  // namespace roomkeeper::wire
