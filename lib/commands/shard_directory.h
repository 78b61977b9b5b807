#pragma once

#include <cstdint>
#include <vector>

#include "lib/cleanroom/room_spec_builder.h"
#include "lib/model/ids.h"

namespace roomkeeper {

// What is known of one provider workspace now.
struct ShardStatus {
  ShardId id = {};
  // Facts are unknown until the workspace was reached once; then `facts` is empty and no room can
  // be placed.
  bool known = false;
  ShardFacts facts = {};
  std::int64_t rooms = 0;      // on the platform, ours or not, as last counted
  std::int64_t rooms_max = 0;  // what the metastore may hold
};

// Port: the shards of the configuration. Thread-safe, does not block.
class ShardDirectory {
 public:
  virtual ~ShardDirectory() = default;
  virtual std::vector<ShardStatus> List() const = 0;
};

}  // namespace roomkeeper
