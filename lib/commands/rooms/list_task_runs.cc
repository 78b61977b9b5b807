#include "lib/commands/rooms/list_task_runs.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/commands/page_token.h"
#include "lib/commands/refusals.h"
#include "lib/commands/rooms/read_clean_rooms.h"
#include "lib/commands/submit.h"

namespace roomkeeper {
namespace {

bool IsOnPlatform(RoomState state) {
  switch (state) {
    case RoomState::kConfiguring:
    case RoomState::kReady:
    case RoomState::kDegraded:
      return true;
    case RoomState::kPending:
    case RoomState::kProvisioning:
    case RoomState::kQuarantined:
    case RoomState::kFailed:
    case RoomState::kDeleting:
    case RoomState::kAwaitingBrandDelete:
    case RoomState::kDeleted:
      return false;
  }
  return false;
}

std::string VersionOf(const CleanRoom& room, const TaskRun& run) {
  if (std::string version = VersionAt(room, run.name, run.etag, run.start_time); !version.empty()) {
    return version;
  }
  // Rooms of before versions were kept: the present etag is all that is known.
  const bool present =
      std::any_of(room.notebooks.begin(), room.notebooks.end(), [&](const NotebookState& notebook) {
        return !run.etag.empty() && notebook.etag == run.etag && notebook.name == run.name;
      });
  return present ? room.spec.package_version : std::string();
}

// Where a page ends: so many runs of this start time are shown, and all that are newer. Runs have
// no id, new ones come in on top, and several may start in one millisecond.
struct Place {
  std::int64_t start_us = 0;
  std::int64_t shown = 0;  // at most kTaskRunsMax; 0: nothing is, this is the first page
};

constexpr std::int64_t kShownMax = 1024;
static_assert(kTaskRunsMax < kShownMax);

Place PlaceOf(std::int64_t position) {
  return {.start_us = position / kShownMax, .shown = position % kShownMax};
}

std::int64_t PositionOf(const Place& place) {
  return place.start_us * kShownMax + place.shown;
}

ListTaskRunsOutput PageOf(const CleanRoom& room, std::vector<TaskRun> runs, Place& place,
                          std::int32_t limit) {
  std::stable_sort(runs.begin(), runs.end(),
                   [](const TaskRun& a, const TaskRun& b) { return a.start_time > b.start_time; });
  ListTaskRunsOutput page;
  std::int64_t to_skip = place.shown;
  for (TaskRun& run : runs) {
    const std::int64_t start_us = absl::ToUnixMicros(run.start_time);
    if (place.shown != 0 && page.rows.empty()) {
      if (start_us > place.start_us) {
        continue;
      }
      if (start_us == place.start_us && to_skip > 0) {
        --to_skip;
        continue;
      }
    }
    if (static_cast<std::int32_t>(page.rows.size()) == limit) {
      return page;
    }
    place = {.start_us = start_us, .shown = start_us == place.start_us ? place.shown + 1 : 1};
    std::string version = VersionOf(room, run);
    page.rows.push_back({.run = std::move(run), .package_version = std::move(version)});
  }
  place = {};
  return page;
}

struct Query {
  std::string text = {};  // what the page token is bound to
  Place place = {};
  std::int32_t limit = 0;
  Principal reader = {};
};

void Ask(const CommandContext& context, const CleanRoom& room, const Query& query,
         const StoreDone<ListTaskRunsOutput>& done) {
  context.loop.Post([&context, room, query, done] {
    context.provider.ListTaskRuns(
        ScopeOf(query.reader, room), room.spec.room_name, kTaskRunsMax,
        [&context, room, query, done](CallResult<std::vector<TaskRun>> runs) {
          if (!runs.ok()) {
            done(FromCallFailure(query.reader, runs.failure, "list the runs"));
            return;
          }
          Place place = query.place;
          ListTaskRunsOutput page = PageOf(room, std::move(runs.value), place, query.limit);
          page.next_page_token =
              MakePageToken(context.settings.page_token_key, query.text, PositionOf(place));
          done(std::move(page));
        });
  });
}

}  // namespace

void ListTaskRuns(const CommandContext& context, const Principal& principal,
                  ListTaskRunsInput input, StoreDone<ListTaskRunsOutput> done) {
  Query query{
      .text = absl::StrCat("task runs\n", CallerScope(principal), "\n", FormatName(input.room)),
      .limit = input.limit,
      .reader = principal};
  const auto after = ParsePageToken(context.settings.page_token_key, query.text, input.page_token);
  if (!after.ok()) {
    done(after.status());
    return;
  }
  query.place = PlaceOf(*after);
  GetCleanRoom(
      context, input.room,
      [&context, query = std::move(query), done = std::move(done)](absl::StatusOr<CleanRoom> room) {
        if (!room.ok()) {
          done(room.status());
          return;
        }
        if (!IsOnPlatform(room->state)) {
          done(ListTaskRunsOutput{});
          return;
        }
        Ask(context, *room, query, done);
      });
}

}  // namespace roomkeeper
