#pragma once

#include <string>

#include "lib/cleanroom/provider.h"
#include "lib/databricks/rest_client.h"

namespace roomkeeper {

// Provider::ObserveRoom: the room, its assets, and its notebooks, as deep as asked, with what can
// be asked at once asked at once. The assets of a room that is not ACTIVE may be refused: then
// has_assets is false.
void ReadRoom(const ScopedRest& rest, const std::string& room, Provider::Depth depth,
              CallDone<ObservedRoom> done);

}  // namespace roomkeeper
