#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "lib/cleanroom/provenance.h"
#include "lib/model/brand.h"
#include "lib/model/clean_room.h"
#include "lib/model/package.h"
#include "lib/model/resource_name.h"
#include "lib/model/room_spec.h"

namespace roomkeeper {

// What a shard's rooms have in common: where they are and who we are in them.
struct ShardFacts {
  std::string cloud_vendor = {};         // of the central room: aws | azure | gcp
  std::string region = {};               // cloud-native name
  std::string global_metastore_id = {};  // ours, as the platform states it
  std::string collaborator_alias = {};   // ours in every room of the shard
};

struct RoomSpecRequest {
  ShardFacts shard = {};
  CleanRoomId clean_room_id = {};
  std::int32_t generation = 1;
  JobId job = {};
  std::string invite_recipient_email = {};  // empty: the install's
};

// The desired room, fully resolved. Pure: the same input gives the same spec, mark included.
// kInvalidArgument: the brand's alias is ours, or the invitee is not one (see
// sharing_identifier.h).
absl::StatusOr<RoomSpec> BuildRoomSpec(const PackageVersion& package, const Brand& brand,
                                       const Install& install, const RoomSpecRequest& request,
                                       const Provenance& provenance);

// The spec of a room that leaves `from` for another version of its package: what the version says
// is new, what the room was made with stays. Pure; the mark names the job that made the room.
// kFailedPrecondition: `to` differs in what cannot be changed in a room, with the field and both
// values in the message.
absl::StatusOr<RoomSpec> MoveRoomSpec(const RoomSpec& from, const PackageVersion& to,
                                      const BrandId& brand, const Provenance& provenance);

// The package and version that a comment of BuildRoomSpec names. The mark does not sign these
// words: nothing if somebody has edited them.
std::optional<PackagePath> ReadPackage(absl::string_view comment);

}  // namespace roomkeeper
