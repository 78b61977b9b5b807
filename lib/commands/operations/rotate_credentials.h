#pragma once

#include <vector>

#include "lib/auth/principal.h"
#include "lib/commands/check_shards.h"
#include "lib/commands/command_context.h"

namespace roomkeeper {

struct RotateCredentialsInput {
  ShardId shard = {};  // empty: all
  bool plan = false;   // says what would be done, and does nothing
};

// Replaces the OAuth secrets of the shards' principals. That it was ordered is entered in the audit
// log before anything is done. What fails is a row that says so, and may be repeated.
// RESOURCE_NOT_FOUND: no such shard.
void RotateCredentials(const CommandContext& context, const Principal& principal,
                       ShardProber& prober, const RotateCredentialsInput& input,
                       StoreDone<std::vector<RotationRow>> done);

}  // namespace roomkeeper
