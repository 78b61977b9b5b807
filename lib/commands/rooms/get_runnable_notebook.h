#pragma once

#include <memory>
#include <string>

#include "lib/auth/principal.h"
#include "lib/commands/command_context.h"

namespace roomkeeper {

struct GetRunnableNotebookInput {
  RoomKey room = {};
  std::string notebook = {};  // empty: the package's first
  bool refresh = false;       // ask the platform; else answered from the store, no platform call
};
struct RunnableNotebook {
  CleanRoom room = {};
  NotebookState notebook = {};
  // Null if this server no longer has the version: parameters and tables are then unknown.
  std::shared_ptr<const PackageVersion> package = {};
};

// RESOURCE_NOT_FOUND (room or notebook); ROOM_NOT_READY with the sentence of ExplainCleanRoom, also
// while the room moves to another package version: the answer never mixes two;
// with refresh also PLATFORM_UNAVAILABLE and PLATFORM_REFUSED.
void GetRunnableNotebook(const CommandContext& context, const Principal& principal,
                         GetRunnableNotebookInput input, StoreDone<RunnableNotebook> done);

}  // namespace roomkeeper
