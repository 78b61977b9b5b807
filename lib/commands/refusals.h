#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/auth/principal.h"
#include "lib/cleanroom/provider.h"
#include "lib/model/clean_room.h"
#include "lib/model/refusal.h"

namespace roomkeeper {

// The refusals that several commands share. Hidden and absent resources get the same words.

absl::Status NotFound(std::string resource_name);
// The one answer to a read that failed: absent is NotFound(name), everything else is passed on.
absl::Status NotFoundOr(const absl::Status& status, const std::string& resource_name);
absl::Status OtherInstall(const Principal& principal, const std::string& resource_name);
// The caller's role is not enough for `what`, a clause ("to make an operator's key").
absl::Status RoleTooLow(const Principal& principal, Role needed, absl::string_view what);
absl::Status PlatformUnavailable(std::string message,
                                 absl::Duration retry_after = absl::Seconds(10));
// RESOURCE_EXHAUSTED: the platform is asked as much as it may be.
absl::Status PlatformReadsFull(std::string message, absl::Duration retry_after);
absl::Status ShuttingDown();
// For a read of the platform that a caller waits for. Only operators are told what the platform
// said; both get the trace, by which the log has it.
absl::Status FromCallFailure(const Principal& reader, const CallFailure& failure,
                             absl::string_view what);
absl::Status EtagMismatch(const std::string& resource_name, std::int64_t stored_revision);
absl::Status RequestIdReused(const std::string& request_id);
// One wrong field.
absl::Status InvalidField(std::string field, std::string description);

// NotFound unless the caller may see the room, OtherInstall unless it may change it.
absl::Status CheckMaySee(const Principal& principal, const RoomKey& room);
absl::Status CheckMayChange(const Principal& principal, const RoomKey& room);

}  // namespace roomkeeper
