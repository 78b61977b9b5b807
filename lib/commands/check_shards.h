#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lib/commands/command_context.h"
#include "lib/model/room_spec.h"

namespace roomkeeper {

// One line of roomctl doctor.
struct ShardCheckRow {
  ShardId shard = {};
  std::string name = {};  // "credentials", "table prod.identity.graph", …
  bool ok = false;
  std::string message = {};
  std::string fix = {};  // empty when ok
};

// Port: what can be asked of a provider workspace. Loop thread only; reads only; `done` runs once,
// on the loop's thread. What could not be asked is a row that is not ok.
class ShardProber {
 public:
  virtual ~ShardProber() = default;
  virtual void Probe(const ShardId& shard, std::vector<AssetSpec> assets,
                     std::function<void(std::vector<ShardCheckRow>)> done) = 0;
};

// Probes the shard, or all when it is empty, with the assets of the newest version of each package.
// RESOURCE_NOT_FOUND: no such shard.
void CheckShards(const CommandContext& context, ShardProber& prober, const ShardId& shard,
                 StoreDone<std::vector<ShardCheckRow>> done);

}  // namespace roomkeeper
