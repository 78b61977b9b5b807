#pragma once

#include "tests/service/rpc/seen_fields.h"

namespace roomkeeper::testing {

// What a room and its job show while the room goes to another package version.
void SeeMovingRoom(SeenFields& seen);

}  // namespace roomkeeper::testing
