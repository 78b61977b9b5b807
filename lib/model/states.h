#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace roomkeeper {

// The legal transitions of jobs and clean rooms are kJobTransitions and kRoomTransitions in
// states.cc. They are repeated as CHECK constraints in SQL and drawn in docs/state_machine.md;
// tests/lint holds the three together. The numbers are stored: never reuse or renumber one.

enum class JobKind : std::uint8_t { kProvision = 1, kTeardown = 2 };

enum class JobState : std::uint8_t {
  kQueued = 1,      // durable, not yet begun
  kRunning = 2,     // being decided, or a call is in flight
  kWaiting = 3,     // until wake_at, for the platform, a back-off or a budget
  kCancelling = 4,  // compensation runs
  kSucceeded = 5,
  kFailed = 6,
  kCancelled = 7,
};

enum class Step : std::uint8_t {
  kPreflight = 1,
  kEnsureRoom = 2,
  kAwaitActive = 3,
  kEnsureAssets = 4,
  kEnsureNotebooks = 5,
  kVerify = 6,
  kDeleteRoom = 7,  // teardown, and compensation of a cancelled or failed provision
  kAwaitGone = 8,
  kDone = 9,
};

enum class RoomState : std::uint8_t {
  kPending = 1,
  kProvisioning = 2,
  kConfiguring = 3,
  kReady = 4,
  kDegraded = 5,
  kQuarantined = 6,
  kFailed = 7,
  kDeleting = 8,
  kAwaitingBrandDelete = 9,
  kDeleted = 10,
};

// Who has to act before a non-final job or room goes on.
enum class Move : std::uint8_t {
  kNobody = 0,  // final, or READY
  kRoomkeeper = 1,
  kPlatform = 2,
  kBrandAdmin = 3,
  kProviderOperator = 4,
};

// Upper-case names as in the API, e.g. "AWAITING_BRAND_DELETE", "PROVIDER_OPERATOR", "ENSURE_ROOM".
absl::string_view Name(JobKind kind);
absl::string_view Name(JobState state);
absl::string_view Name(Step step);
absl::string_view Name(RoomState state);
absl::string_view Name(Move move);
std::optional<JobKind> ParseJobKind(absl::string_view name);
std::optional<JobState> ParseJobState(absl::string_view name);
std::optional<Step> ParseStep(absl::string_view name);
std::optional<RoomState> ParseRoomState(absl::string_view name);
std::optional<Move> ParseMove(absl::string_view name);

inline constexpr std::array kAllJobStates = {
    JobState::kQueued,    JobState::kRunning, JobState::kWaiting,  JobState::kCancelling,
    JobState::kSucceeded, JobState::kFailed,  JobState::kCancelled};
inline constexpr std::array kAllRoomStates = {
    RoomState::kPending, RoomState::kProvisioning, RoomState::kConfiguring,
    RoomState::kReady,   RoomState::kDegraded,     RoomState::kQuarantined,
    RoomState::kFailed,  RoomState::kDeleting,     RoomState::kAwaitingBrandDelete,
    RoomState::kDeleted};

bool IsFinal(JobState state);
bool IsRunnable(RoomState state);  // READY, or DEGRADED: whether a run succeeds then is not known
bool IsGoing(RoomState state);     // its removal has begun, or is over
// A state may always "change" to itself. Nothing leaves a final job state.
bool IsLegal(JobState from, JobState to);
bool IsLegal(RoomState from, RoomState to);

}  // namespace roomkeeper
