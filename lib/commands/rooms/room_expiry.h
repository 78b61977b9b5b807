#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "lib/auth/principal.h"
#include "lib/commands/command_context.h"

namespace roomkeeper {

// When a room is to be removed by itself: a time, or so long from now. Neither: never.
struct ExpiryInput {
  std::optional<absl::Time> at = {};
  std::optional<absl::Duration> ttl = {};
};

// What the caller gave, for the hash of a request: empty if nothing.
std::string CanonicalText(const ExpiryInput& input);

// The time that is meant, for a room that was asked for at `created_at`. INVALID_REQUEST unless it
// lies in (now, created_at + room_lifetime_max]; `field` is the message that has the two fields,
// with a dot, or empty.
absl::StatusOr<absl::Time> ResolveExpiry(const CommandContext& context, const ExpiryInput& input,
                                         absl::Time created_at, absl::string_view field);

// When the sweep looks at a room first: to warn.
absl::Time FirstSweep(const CommandContext& context, absl::Time expires_at);

// Puts the expiry off; one that is later already stays. INVALID_REQUEST, RESOURCE_NOT_FOUND,
// ROOM_DOES_NOT_EXPIRE, ROOM_DELETED (it is being removed, or was).
void RenewCleanRoom(const CommandContext& context, const Principal& principal, RoomKey room,
                    ExpiryInput expiry, StoreDone<CleanRoom> done);

}  // namespace roomkeeper
