#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "lib/commands/command_context.h"
#include "lib/commands/installs.h"
#include "lib/commands/rooms/room_expiry.h"

namespace roomkeeper {

struct CreateCleanRoomInput {
  BrandPath parent = {};  // empty: the caller's install
  CleanRoomId id = {};    // empty: the package's name
  PackageName package = {};
  std::string package_version = {};  // empty: the newest
  Labels labels = {};
  ExpiryInput expiry = {};
  // Repeat what was enrolled, or empty. Only an operator may name another address.
  std::string global_metastore_id = {};
  std::int64_t workspace_id = 0;
  std::string invite_recipient_email = {};
  bool keeps_invitee = false;  // the address is that of a stored room, not named by the caller
  std::string request_id = {};
  bool validate_only = false;
  // Only this generation of the room, for one that is there already: its job is a repair, which
  // never removes the room. Else the next.
  std::optional<std::int32_t> generation = {};
  ShardId shard = {};  // empty: the one the install is pinned to, or placement picks
};

// What a create is made of, once install, package and shard are known.
struct RoomDraft {
  Enrolled enrolled = {};
  std::shared_ptr<const PackageVersion> package = {};
  ShardStatus shard = {};
  RoomKey key = {};
};

// Everything that can be checked without changing anything: install, invitee, package, placement.
// INVITEE_MISMATCH, PACKAGE_NOT_FOUND, NO_ELIGIBLE_SHARD and what ResolveInstall and LoadEnrolled
// refuse.
void DraftRoom(const CommandContext& context, const Principal& principal,
               const CreateCleanRoomInput& input, StoreDone<RoomDraft> done);

// PACKAGE_NOT_FOUND, with the versions that there are.
absl::Status PackageNotFound(const CommandContext& context, const PackageName& name,
                             const std::string& version);

// The row to insert, for one generation of the room and one job. INVALID_REQUEST if the install's
// data make no room, or it would expire too early or too late.
absl::StatusOr<CleanRoom> MakeRoomRow(const CommandContext& context, const RoomDraft& draft,
                                      const CreateCleanRoomInput& input, std::int32_t generation,
                                      const JobId& job);

// Answers the job that makes the room, once it is durable; the same request_id and input answer
// the first one again. validate_only: a job without id. Also ROOM_EXISTS, REQUEST_ID_REUSED,
// BRAND_QUEUE_FULL, QUEUE_FULL, CI_ROOMS_FULL, FROZEN.
void CreateCleanRoom(const CommandContext& context, const Principal& principal,
                     CreateCleanRoomInput input, StoreDone<Job> done);

}  // namespace roomkeeper
