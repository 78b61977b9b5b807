#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/auth/principal.h"
#include "lib/cleanroom/provenance.h"
#include "lib/commands/command_context.h"

namespace roomkeeper {

// Where the platform's rooms and our records do not match. The numbers are the API's.
struct Orphan {
  enum class Kind : std::uint8_t {
    kUnclaimed = 1,  // a room on the platform that no record claims
    kGone = 2,       // a record of a room that the platform no longer has
    kTombstone = 3,  // our side is deleted, the brand's not yet
  };
  Kind kind = Kind::kUnclaimed;
  ShardId shard = {};
  std::string room_name = {};  // on the platform
  // kUnclaimed: what the platform shows.
  std::string status = {};
  MarkVerdict mark = MarkVerdict::kNoMark;
  JobId made_by = {};  // as the mark says, worth something only with kOurs
  // kGone and kTombstone: the record.
  CleanRoom room = {};
};

struct OrphansOutput {
  std::vector<Orphan> orphans = {};  // by shard, then kind, then name
  struct NotAsked {
    ShardId shard = {};
    std::string message = {};
  };
  std::vector<NotAsked> not_asked = {};  // their rooms were not compared
};

// Compares the rooms of one shard, or of all, with the records. Reads only; each finding about the
// platform is looked at on its own before it is told, so that a stale list accuses nobody. Rooms
// with an open job are left out. RESOURCE_NOT_FOUND: no such shard.
void FindOrphans(const CommandContext& context, const Principal& principal, const ShardId& shard,
                 StoreDone<OrphansOutput> done);

}  // namespace roomkeeper
