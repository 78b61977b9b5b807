#include "lib/commands/operations/freezes.h"

#include <algorithm>
#include <utility>

#include "lib/commands/refusals.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {

void FreezeScopeOf(const CommandContext& context, const Principal& principal,
                   const std::string& scope, const std::string& reason, StoreDone<Freeze> done) {
  if (const ShardId shard = FrozenShard(scope); !shard.empty()) {
    const std::vector<ShardStatus> shards = context.shards.List();
    if (std::none_of(shards.begin(), shards.end(),
                     [&](const ShardStatus& status) { return status.id == shard; })) {
      done(NotFound(scope));
      return;
    }
  }
  context.jobs.Set({.freeze = {.scope = scope,
                               .reason = reason,
                               .by = principal.Credential(),
                               .since = context.clock.Now()},
                    .audit = principal.stamp},
                   [scope, done = std::move(done)](absl::StatusOr<SetFreeze::Result> result) {
                     if (result.ok()) {
                       done(std::move(result->freeze));
                     } else {
                       done(NotFoundOr(result.status(), scope));
                     }
                   });
}

void ThawScope(const CommandContext& context, const Principal& principal, const std::string& scope,
               StoreDone<std::vector<Freeze>> done) {
  context.jobs.Lift({.scope = scope, .now = context.clock.Now(), .audit = principal.stamp},
                    [done = std::move(done)](absl::StatusOr<LiftFreeze::Result> result) {
                      if (result.ok()) {
                        done(std::move(result->left));
                      } else {
                        done(result.status());
                      }
                    });
}

}  // namespace roomkeeper
