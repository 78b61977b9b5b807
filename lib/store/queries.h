#pragma once

#include "lib/store/ops.h"

namespace roomkeeper {

// What a query means, for engines that look at rows one by one. `after` and `limit` are theirs.
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
