#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "lib/model/room_spec.h"

namespace roomkeeper {

// Canonical JSON (lib/model/json/json_writer.h): stored in the room table and hashed into plan and
// spec digests, so the text of a given spec never changes; tests/unit/model holds examples.
std::string FormatRoomSpec(const RoomSpec& spec);
// kDataLoss: not what FormatRoomSpec writes.
absl::StatusOr<RoomSpec> ParseRoomSpec(absl::string_view json);

}  // namespace roomkeeper
