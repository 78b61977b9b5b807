#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/auth/principal.h"
#include "lib/commands/command_context.h"

namespace roomkeeper {

struct ListTaskRunsInput {
  RoomKey room = {};
  std::int32_t limit = 50;
  std::string page_token = {};
};
struct ListTaskRunsOutput {
  struct Row {
    TaskRun run = {};
    std::string package_version = {};  // ours, if the run's etag is the present one
  };
  std::vector<Row> rows = {};  // newest first
  std::string next_page_token = {};
};

// How far back runs can be reached: one platform page is 100 of them.
inline constexpr std::int32_t kTaskRunsMax = 1000;

// Reads the platform. RESOURCE_NOT_FOUND, INVALID_REQUEST (page token), PLATFORM_UNAVAILABLE,
// PLATFORM_REFUSED. A room that is not on the platform (yet, or any more) has no runs.
void ListTaskRuns(const CommandContext& context, const Principal& principal,
                  ListTaskRunsInput input, StoreDone<ListTaskRunsOutput> done);

}  // namespace roomkeeper
