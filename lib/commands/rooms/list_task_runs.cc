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
  const bool present =
      std::any_of(room.notebooks.begin(), room.notebooks.end(), [&](const NotebookState& notebook) {
        return !run.etag.empty() && notebook.etag == run.etag && notebook.name == run.name;
      });
  return present ? room.spec.package_version : std::string();
}

// A page goes on below the start time (µs) of the last run shown, because new runs come in on top.
// Runs that start in one microsecond with it would be left out; the platform counts milliseconds
// and one run at a time.
ListTaskRunsOutput PageOf(const CleanRoom& room, std::vector<TaskRun> runs, std::int64_t below_us,
                          std::int32_t limit, std::int64_t& next_us) {
  ListTaskRunsOutput page;
  next_us = 0;
  for (TaskRun& run : runs) {
    const std::int64_t start_us = absl::ToUnixMicros(run.start_time);
    if (below_us != 0 && start_us >= below_us) {
      continue;
    }
    if (static_cast<std::int32_t>(page.rows.size()) == limit) {
      next_us = absl::ToUnixMicros(page.rows.back().run.start_time);
      break;
    }
    std::string version = VersionOf(room, run);
    page.rows.push_back({.run = std::move(run), .package_version = std::move(version)});
  }
  return page;
}

struct Query {
  std::string text = {};  // what the page token is bound to
  std::int64_t below_us = 0;
  std::int32_t limit = 0;
};

void Ask(const CommandContext& context, const CleanRoom& room, const Query& query,
         const StoreDone<ListTaskRunsOutput>& done) {
  context.loop.Post([&context, room, query, done] {
    context.provider.ListTaskRuns(
        room.shard, room.spec.room_name, kTaskRunsMax,
        [&context, room, query, done](CallResult<std::vector<TaskRun>> runs) {
          if (!runs.ok()) {
            done(FromCallFailure(runs.failure, "list the runs"));
            return;
          }
          std::int64_t next_us = 0;
          ListTaskRunsOutput page =
              PageOf(room, std::move(runs.value), query.below_us, query.limit, next_us);
          page.next_page_token =
              MakePageToken(context.settings.page_token_key, query.text, next_us);
          done(std::move(page));
        });
  });
}

}  // namespace

void ListTaskRuns(const CommandContext& context, const Principal& principal,
                  ListTaskRunsInput input, StoreDone<ListTaskRunsOutput> done) {
  Query query{
      .text = absl::StrCat("task runs\n", CallerScope(principal), "\n", FormatName(input.room)),
      .limit = input.limit};
  const auto below = ParsePageToken(context.settings.page_token_key, query.text, input.page_token);
  if (!below.ok()) {
    done(below.status());
    return;
  }
  query.below_us = *below;
  GetCleanRoom(
      context, principal, input.room,
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
