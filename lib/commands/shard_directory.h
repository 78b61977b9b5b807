#pragma once

#include <cstdint>
#include <vector>

#include "lib/cleanroom/room_spec_builder.h"
#include "lib/model/ids.h"

namespace roomkeeper {

// One provider workspace: its facts are of the configuration, so that a room can be asked for while
// the platform does not answer.
struct ShardStatus {
  ShardId id = {};
  ShardFacts facts = {};
  std::int64_t rooms = 0;      // on the platform, ours or not, as last counted; 0 before
  std::int64_t rooms_max = 0;  // what the metastore may hold
};

// Port: the shards of the configuration. Thread-safe, does not block.
class ShardDirectory {
 public:
  virtual ~ShardDirectory() = default;
  virtual std::vector<ShardStatus> List() const = 0;
};

}  // namespace roomkeeper
