#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"

#include "lib/auth/principal.h"
#include "lib/commands/command_context.h"

namespace roomkeeper {

struct Explanation {
  CleanRoom room = {};
  std::optional<Job> job = {};  // the last that touched it
  std::string text = {};        // one paragraph: which step, since when, why, whose move
  std::string action = {};      // what that person must do; empty if nobody must act
};

// Pure: the words.
Explanation Explain(CleanRoom room, std::optional<Job> job, absl::Time now);

// RESOURCE_NOT_FOUND.
void ExplainCleanRoom(const CommandContext& context, const Principal& principal, RoomKey room,
                      StoreDone<Explanation> done);

}  // namespace roomkeeper
