#include "lib/commands/operations/rotate_credentials.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/commands/operations/ask_shards.h"

namespace roomkeeper {
namespace {

// No record of the store changes with it, so the entry is written by itself, ahead.
AuditEntry EntryOfRotation(const AuditStamp& stamp, const ShardId& shard, absl::Time now) {
  return {.at = now,
          .until = now,
          .actor_kind = stamp.actor_kind,
          .actor = stamp.actor,
          .install = stamp.install,
          .on_behalf_of = stamp.on_behalf_of,
          .method = stamp.method,
          .resource = shard.empty() ? "shards" : absl::StrCat("shards/", shard.value()),
          .outcome = AuditOutcome::kDone,
          .code = "OK",
          .request_id = stamp.request_id,
          .trace_id = stamp.trace_id,
          .peer = stamp.peer};
}

bool IsShard(const CommandContext& context, const ShardId& shard) {
  const std::vector<ShardStatus> all = context.shards.List();
  return shard.empty() ||
         std::any_of(all.begin(), all.end(), [&](const ShardStatus& it) { return it.id == shard; });
}

}  // namespace

void RotateCredentials(const CommandContext& context, const Principal& principal,
                       ShardProber& prober, const RotateCredentialsInput& input,
                       StoreDone<std::vector<RotationRow>> done) {
  const auto rotate = [&context, &prober, input](StoreDone<std::vector<RotationRow>> finish) {
    AskShards<RotationRow>(
        context, input.shard, std::move(finish),
        [&prober, plan = input.plan](const ShardId& id,
                                     std::function<void(std::vector<RotationRow>)> take) {
          prober.RotateSecret(
              id, plan, [take = std::move(take)](RotationRow row) { take({std::move(row)}); });
        });
  };
  const AuditStampPtr stamp = principal.stamp;
  if (input.plan || stamp == nullptr || !IsShard(context, input.shard)) {
    rotate(std::move(done));
    return;
  }
  AppendAudit entry;
  entry.entries = {EntryOfRotation(*stamp, input.shard, context.clock.Now())};
  context.audit.Append(std::move(entry), [rotate, stamp, done = std::move(done)](
                                             const absl::StatusOr<AppendAudit::Result>& entered) {
    if (!entered.ok()) {
      done(entered.status());
      return;
    }
    stamp->entered = true;
    rotate(done);
  });
}

}  // namespace roomkeeper
