#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "lib/cleanroom/provenance.h"
#include "lib/commands/brands/brands.h"
#include "lib/commands/shard_directory.h"
#include "lib/model/clean_room.h"
#include "lib/model/observed_room.h"
#include "lib/packages/package_catalog.h"
#include "lib/store/ops.h"

namespace roomkeeper {

// A room as one shard shows it, with detail where the platform gives it.
struct PlatformRoom {
  ShardId shard = {};
  ObservedRoom seen = {};
};

struct RebuildInput {
  std::vector<BrandWithInstalls> brands = {};  // all that are enrolled
  std::vector<PlatformRoom> rooms = {};        // all that there are, ours or not
  std::vector<ShardStatus> shards = {};
  const PackageCatalog& packages;
  const Provenance& provenance;
  absl::Time now = {};
};

// What becomes of one room of the platform.
struct RebuildFinding {
  enum class Outcome : std::uint8_t {
    kRebuilt = 1,
    kLeft = 2,  // ours, and no row can be made of it
    kNotOurs = 3,
  };
  Outcome outcome = Outcome::kNotOurs;
  ShardId shard = {};
  std::string room_name = {};
  MarkVerdict mark = MarkVerdict::kNoMark;
  JobId made_by = {};    // as the mark says, if it is ours
  CleanRoom room = {};   // kRebuilt
  std::string why = {};  // else: a clause, with what to do
};

struct RebuildPlan {
  // For an empty store: the brands, their installs, then each room with a job that adopts it.
  std::vector<WriteOp> writes = {};
  std::vector<RebuildFinding> findings = {};  // by outcome, shard and name
};

// The records of a store that was lost, from the platform's rooms. A room is rebuilt if its mark is
// signed with our key, its name is one of an enrolled install's, the package that its comment names
// is there, and nothing of it that cannot be changed differs from what these make. Its job adopts
// it as any other would, and mends what can be changed. Pure but for the ids of jobs.
// kFailedPrecondition: rooms name us, and none is signed with our key.
absl::StatusOr<RebuildPlan> PlanRebuild(const RebuildInput& input);

}  // namespace roomkeeper
