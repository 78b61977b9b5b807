#pragma once

#include <string>
#include <vector>

#include "lib/auth/principal.h"
#include "lib/commands/command_context.h"
#include "lib/model/freeze.h"

namespace roomkeeper {

// Stops every write to the platform in a scope, and every new job there. RESOURCE_NOT_FOUND: no
// such brand or shard.
void FreezeScopeOf(const CommandContext& context, const Principal& principal,
                   const std::string& scope, const std::string& reason, StoreDone<Freeze> done);

// Answers what is still frozen.
void ThawScope(const CommandContext& context, const Principal& principal, const std::string& scope,
               StoreDone<std::vector<Freeze>> done);

}  // namespace roomkeeper
