#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

#include "lib/model/clean_room.h"

namespace roomkeeper {

inline constexpr std::size_t kRoomNameBytesMax = 100;  // the platform allows 255

// The platform name of a room: "rk_<brand>_<clean room>_<hash>", [a-z0-9_], at most
// kRoomNameBytesMax bytes. A function of who we are, whose room it is and its generation, and of
// nothing else: repeating a request can never name a second room. Fixed in the row before any call.
// Case-insensitive by construction. Pure.
std::string PlatformRoomName(absl::string_view service_instance, const RoomKey& key,
                             std::int32_t generation);

// How often a room may have been made again before its record was lost.
inline constexpr std::int32_t kGenerationMax = 1000;

// The generation of `key` that has this name; 0: none up to kGenerationMax. Names are proof of
// nothing: anybody may take one.
std::int32_t GenerationOf(absl::string_view service_instance, const RoomKey& key,
                          absl::string_view room_name);

// The id that a room of `brand` with this name can have, if the name holds all of it: ask
// GenerationOf. Nothing: it is no such name.
std::optional<CleanRoomId> ReadCleanRoomId(const BrandId& brand, absl::string_view room_name);

// "<alias>.<schema>.<asset>": inside a room the sharer's alias is the catalog.
std::string RoomAssetName(absl::string_view provider_alias, absl::string_view shared_name);

// The platform stores names in lower case and compares them case-insensitively; whether it returns
// them as given is not documented.
bool SamePlatformName(absl::string_view a, absl::string_view b);

}  // namespace roomkeeper
