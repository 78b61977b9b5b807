#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

#include "lib/model/brand.h"
#include "lib/model/clean_room.h"
#include "lib/model/job.h"

namespace roomkeeper {

// Every read that is not of one row. Pages are ordered by creation, oldest first; `after` is the
// position after which to go on (0: start) and `next` the one to go on after (0: no more).

struct JobQuery {
  std::optional<BrandId> brand = {};
  std::optional<InstallId> install = {};
  std::optional<CleanRoomId> clean_room = {};
  std::optional<JobState> state = {};
  Labels room_labels = {};  // all must be the present room's of that name
  std::int64_t after = 0;
  std::int32_t limit = 50;
};
struct JobPage {
  std::vector<Job> jobs = {};
  std::int64_t next = 0;
};

struct RoomQuery {
  std::optional<BrandId> brand = {};
  std::optional<InstallId> install = {};
  std::optional<PackageName> package = {};
  std::optional<std::string> package_version = {};
  std::optional<RoomState> state = {};
  Labels labels = {};         // all must match
  bool show_deleted = false;  // without it, DELETED rooms show only when `state` asks for them
  bool skip_corrupt = false;  // leaves out rows that cannot be read; without it: kDataLoss
  std::int64_t after = 0;
  std::int32_t limit = 50;
};
struct RoomPage {
  std::vector<CleanRoom> rooms = {};
  std::int64_t next = 0;
};

// What makes a room due.
enum class DueFor : std::uint8_t {
  kSweep,  // sweep_at
  kLook,   // look_at
};

struct DueRooms {
  // A due room whose row cannot be read (kDataLoss). It stays due until the row is repaired, and
  // holds up no other.
  struct Corrupt {
    RoomKey key = {};
    std::string error = {};
  };
  std::vector<CleanRoom> rooms = {};
  std::vector<Corrupt> corrupt = {};  // met on the way to `rooms`; the first few
};

struct BrandPage {
  std::vector<Brand> brands = {};
  std::int64_t next = 0;
};

// For metrics and placement.
struct StoreStats {
  struct ShardRooms {
    ShardId shard = {};
    RoomState state = RoomState::kPending;
    std::int64_t count = 0;
  };
  std::vector<std::pair<JobState, std::int64_t>> jobs =
      {};  // open jobs exactly; final ones may be left out
  std::vector<ShardRooms> rooms = {};
  std::optional<absl::Time> oldest_queued_at = {};
  // By shard, since when its longest-waiting room is AWAITING_BRAND_DELETE; no entry: it has none.
  std::vector<std::pair<ShardId, absl::Time>> awaiting_brand_delete = {};
};

// What a query means, for engines that look at rows one by one. `after`, `limit` and `room_labels`
// are theirs.
inline bool Matches(const JobQuery& query, const Job& job) {
  return (!query.brand.has_value() || *query.brand == job.room.brand) &&
         (!query.install.has_value() || *query.install == job.room.install) &&
         (!query.clean_room.has_value() || *query.clean_room == job.room.id) &&
         (!query.state.has_value() || *query.state == job.state);
}

inline bool Matches(const Labels& wanted, const Labels& labels) {
  for (const auto& [key, value] : wanted) {
    const auto it = labels.find(key);
    if (it == labels.end() || it->second != value) {
      return false;
    }
  }
  return true;
}

inline bool Matches(const RoomQuery& query, const CleanRoom& room) {
  // Asking for DELETED by state is asking to see them.
  const bool hidden = room.state == RoomState::kDeleted && !query.show_deleted &&
                      query.state != RoomState::kDeleted;
  return !hidden && (!query.brand.has_value() || *query.brand == room.key.brand) &&
         (!query.install.has_value() || *query.install == room.key.install) &&
         (!query.package.has_value() || *query.package == room.spec.package) &&
         (!query.package_version.has_value() ||
          *query.package_version == room.spec.package_version) &&
         (!query.state.has_value() || *query.state == room.state) &&
         Matches(query.labels, room.labels);
}

}  // namespace roomkeeper
