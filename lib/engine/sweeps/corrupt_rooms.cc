#include "lib/engine/sweeps/corrupt_rooms.h"

#include <utility>

#include "lib/model/resource_name.h"
#include "lib/obs/metric_table.h"

namespace roomkeeper {

void CorruptRooms::Tell(const std::vector<DueRooms::Corrupt>& corrupt) {
  std::set<RoomKey> met;
  for (const DueRooms::Corrupt& room : corrupt) {
    if (!told_.contains(room.key)) {
      metrics_.Add(metric::kBugs, {"corrupt_row"});
      log_.Error("clean room is corrupt", {{"clean_room", FormatName(room.key)},
                                           {"brand", room.key.brand.value()},
                                           {"scan", std::string(scan_)},
                                           {"error", room.error}});
    }
    met.insert(room.key);
  }
  told_ = std::move(met);
}

}  // namespace roomkeeper
