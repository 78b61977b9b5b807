#include "lib/databricks/api/clean_rooms_api.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/databricks/paging.h"
#include "lib/databricks/wire/rooms_json.h"

namespace roomkeeper {
namespace {

constexpr int kPageSizeMax = 100;

std::string RoomsPath() {
  return MakePath({"api", "2.0", "clean-rooms"});
}

std::string RoomPath(const std::string& room) {
  return MakePath({"api", "2.0", "clean-rooms", room});
}

}  // namespace

void GetRoom(const ScopedRest& rest, const std::string& room, CallDone<ObservedRoom> done) {
  Fetch<ObservedRoom>(rest, {.route = "GET /clean-rooms/{room}", .target = RoomPath(room)},
                      wire::ParseRoom, std::move(done));
}

void ListRooms(const ScopedRest& rest, std::function<bool(const std::vector<ObservedRoom>&)> more,
               CallDone<std::vector<ObservedRoom>> done) {
  RestCall call = {.route = "GET /clean-rooms", .target = RoomsPath()};
  AddQuery(call.target, "page_size", absl::StrCat(kPageSizeMax));
  PageWalk<ObservedRoom>::Start(rest, std::move(call), wire::ParseRooms, std::move(more),
                                std::move(done));
}

void ProbeRooms(RestClient& rest, std::function<void()> done) {
  RestCall call = {.route = "GET /clean-rooms", .target = RoomsPath(), .probe = true};
  AddQuery(call.target, "page_size", "1");
  rest.Send(std::move(call), [done = std::move(done)](const RestAnswer&) { done(); });
}

void CreateRoom(const ScopedRest& rest, const RoomSpec& spec, CallDone<ObservedRoom> done) {
  Fetch<ObservedRoom>(rest,
                      {.verb = RestVerb::kCreate,
                       .route = "POST /clean-rooms",
                       .target = RoomsPath(),
                       .body = wire::CreateRoomBody(spec)},
                      wire::ParseRoom, std::move(done));
}

void UpdateRoom(const ScopedRest& rest, const std::string& room, std::string body,
                CallDone<ObservedRoom> done) {
  Fetch<ObservedRoom>(rest,
                      {.verb = RestVerb::kUpdate,
                       .route = "PATCH /clean-rooms/{room}",
                       .target = RoomPath(room),
                       .body = std::move(body)},
                      wire::ParseRoom, std::move(done));
}

void DeleteRoom(const ScopedRest& rest, const std::string& room, CallDone<Empty> done) {
  Fetch<Empty>(
      rest,
      {.verb = RestVerb::kDelete, .route = "DELETE /clean-rooms/{room}", .target = RoomPath(room)},
      [](const std::string&) { return absl::StatusOr<Empty>(Empty{}); }, std::move(done));
}

void ListTaskRuns(const ScopedRest& rest, const std::string& room, std::int32_t limit,
                  CallDone<std::vector<TaskRun>> done) {
  const auto wanted = static_cast<std::size_t>(std::max(limit, 1));
  RestCall call = {.route = "GET /clean-rooms/{room}/task-runs",
                   .target = MakePath({"api", "2.0", "clean-rooms", room, "task-runs"})};
  // The order of the list is not documented: read all of it, then take the newest.
  AddQuery(call.target, "page_size", absl::StrCat(kPageSizeMax));
  PageWalk<TaskRun>::Start(
      rest, std::move(call), wire::ParseTaskRuns, nullptr,
      [wanted, done = std::move(done)](CallResult<std::vector<TaskRun>> result) {
        std::stable_sort(
            result.value.begin(), result.value.end(),
            [](const TaskRun& a, const TaskRun& b) { return a.start_time > b.start_time; });
        result.value.resize(std::min(result.value.size(), wanted));
        done(std::move(result));
      });
}

}  // namespace roomkeeper
