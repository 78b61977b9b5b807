#include "lib/model/states.h"

#include <utility>

namespace roomkeeper {
namespace {

template <typename E>
using Named = std::pair<E, const char*>;

constexpr std::array kJobKinds = {Named<JobKind>{JobKind::kProvision, "PROVISION"},
                                  Named<JobKind>{JobKind::kTeardown, "TEARDOWN"}};
constexpr std::array kJobStates = {
    Named<JobState>{JobState::kQueued, "QUEUED"},
    Named<JobState>{JobState::kRunning, "RUNNING"},
    Named<JobState>{JobState::kWaiting, "WAITING"},
    Named<JobState>{JobState::kCancelling, "CANCELLING"},
    Named<JobState>{JobState::kSucceeded, "SUCCEEDED"},
    Named<JobState>{JobState::kFailed, "FAILED"},
    Named<JobState>{JobState::kCancelled, "CANCELLED"},
};
constexpr std::array kSteps = {
    Named<Step>{Step::kPreflight, "PREFLIGHT"},
    Named<Step>{Step::kEnsureRoom, "ENSURE_ROOM"},
    Named<Step>{Step::kAwaitActive, "AWAIT_ACTIVE"},
    Named<Step>{Step::kEnsureAssets, "ENSURE_ASSETS"},
    Named<Step>{Step::kEnsureNotebooks, "ENSURE_NOTEBOOKS"},
    Named<Step>{Step::kVerify, "VERIFY"},
    Named<Step>{Step::kDeleteRoom, "DELETE_ROOM"},
    Named<Step>{Step::kAwaitGone, "AWAIT_GONE"},
    Named<Step>{Step::kDone, "DONE"},
};
constexpr std::array kRoomStates = {
    Named<RoomState>{RoomState::kPending, "PENDING"},
    Named<RoomState>{RoomState::kProvisioning, "PROVISIONING"},
    Named<RoomState>{RoomState::kConfiguring, "CONFIGURING"},
    Named<RoomState>{RoomState::kReady, "READY"},
    Named<RoomState>{RoomState::kDegraded, "DEGRADED"},
    Named<RoomState>{RoomState::kQuarantined, "QUARANTINED"},
    Named<RoomState>{RoomState::kFailed, "FAILED"},
    Named<RoomState>{RoomState::kDeleting, "DELETING"},
    Named<RoomState>{RoomState::kAwaitingBrandDelete, "AWAITING_BRAND_DELETE"},
    Named<RoomState>{RoomState::kDeleted, "DELETED"},
};
constexpr std::array kMoves = {
    Named<Move>{Move::kNobody, "NOBODY"},
    Named<Move>{Move::kRoomkeeper, "ROOMKEEPER"},
    Named<Move>{Move::kPlatform, "PLATFORM"},
    Named<Move>{Move::kBrandAdmin, "BRAND_ADMIN"},
    Named<Move>{Move::kProviderOperator, "PROVIDER_OPERATOR"},
};

template <typename Table, typename E>
absl::string_view NameIn(const Table& table, E value) {
  for (const auto& [candidate, name] : table) {
    if (candidate == value) {
      return name;
    }
  }
  return "UNKNOWN";
}

template <typename E, typename Table>
std::optional<E> ParseIn(const Table& table, absl::string_view name) {
  for (const auto& [value, candidate] : table) {
    if (name == candidate) {
      return value;
    }
  }
  return std::nullopt;
}

constexpr std::array kJobTransitions = {
    std::pair{JobState::kQueued, JobState::kRunning},
    std::pair{JobState::kQueued, JobState::kCancelled},
    std::pair{JobState::kRunning, JobState::kWaiting},
    std::pair{JobState::kRunning, JobState::kCancelling},
    std::pair{JobState::kRunning, JobState::kSucceeded},
    std::pair{JobState::kRunning, JobState::kFailed},
    std::pair{JobState::kWaiting, JobState::kRunning},
    std::pair{JobState::kWaiting, JobState::kCancelling},
    std::pair{JobState::kWaiting, JobState::kSucceeded},
    std::pair{JobState::kWaiting, JobState::kFailed},
    std::pair{JobState::kCancelling, JobState::kCancelled},
    std::pair{JobState::kCancelling, JobState::kFailed},
};

constexpr std::array kRoomTransitions = {
    std::pair{RoomState::kPending, RoomState::kProvisioning},
    std::pair{RoomState::kPending, RoomState::kConfiguring},
    std::pair{RoomState::kPending, RoomState::kDegraded},
    std::pair{RoomState::kPending, RoomState::kQuarantined},
    std::pair{RoomState::kPending, RoomState::kFailed},
    std::pair{RoomState::kPending, RoomState::kDeleting},
    std::pair{RoomState::kPending, RoomState::kDeleted},
    std::pair{RoomState::kProvisioning, RoomState::kConfiguring},
    std::pair{RoomState::kProvisioning, RoomState::kPending},
    std::pair{RoomState::kProvisioning, RoomState::kQuarantined},
    std::pair{RoomState::kProvisioning, RoomState::kFailed},
    std::pair{RoomState::kProvisioning, RoomState::kDeleting},
    std::pair{RoomState::kConfiguring, RoomState::kReady},
    std::pair{RoomState::kConfiguring, RoomState::kDegraded},
    std::pair{RoomState::kConfiguring, RoomState::kPending},
    std::pair{RoomState::kConfiguring, RoomState::kQuarantined},
    std::pair{RoomState::kConfiguring, RoomState::kFailed},
    std::pair{RoomState::kConfiguring, RoomState::kDeleting},
    std::pair{RoomState::kReady, RoomState::kConfiguring},
    std::pair{RoomState::kReady, RoomState::kDegraded},
    std::pair{RoomState::kReady, RoomState::kDeleting},
    std::pair{RoomState::kDegraded, RoomState::kReady},
    std::pair{RoomState::kDegraded, RoomState::kConfiguring},
    std::pair{RoomState::kDegraded, RoomState::kQuarantined},
    std::pair{RoomState::kDegraded, RoomState::kDeleting},
    std::pair{RoomState::kQuarantined, RoomState::kPending},
    std::pair{RoomState::kQuarantined, RoomState::kDeleting},
    std::pair{RoomState::kQuarantined, RoomState::kDeleted},
    std::pair{RoomState::kFailed, RoomState::kPending},
    std::pair{RoomState::kFailed, RoomState::kDeleting},
    std::pair{RoomState::kFailed, RoomState::kDeleted},
    std::pair{RoomState::kDeleting, RoomState::kAwaitingBrandDelete},
    std::pair{RoomState::kDeleting, RoomState::kQuarantined},
    std::pair{RoomState::kDeleting, RoomState::kFailed},
    std::pair{RoomState::kDeleting, RoomState::kDeleted},
    std::pair{RoomState::kAwaitingBrandDelete, RoomState::kDeleted},
    std::pair{RoomState::kDeleted, RoomState::kPending},
};

template <typename Table, typename E>
bool IsLegalIn(const Table& table, E from, E to) {
  if (from == to) {
    return true;
  }
  for (const auto& [a, b] : table) {
    if (a == from && b == to) {
      return true;
    }
  }
  return false;
}

}  // namespace

absl::string_view Name(JobKind kind) {
  return NameIn(kJobKinds, kind);
}
absl::string_view Name(JobState state) {
  return NameIn(kJobStates, state);
}
absl::string_view Name(Step step) {
  return NameIn(kSteps, step);
}
absl::string_view Name(RoomState state) {
  return NameIn(kRoomStates, state);
}
absl::string_view Name(Move move) {
  return NameIn(kMoves, move);
}
std::optional<JobKind> ParseJobKind(absl::string_view name) {
  return ParseIn<JobKind>(kJobKinds, name);
}
std::optional<JobState> ParseJobState(absl::string_view name) {
  return ParseIn<JobState>(kJobStates, name);
}
std::optional<Step> ParseStep(absl::string_view name) {
  return ParseIn<Step>(kSteps, name);
}
std::optional<RoomState> ParseRoomState(absl::string_view name) {
  return ParseIn<RoomState>(kRoomStates, name);
}
std::optional<Move> ParseMove(absl::string_view name) {
  return ParseIn<Move>(kMoves, name);
}

bool IsFinal(JobState state) {
  return state == JobState::kSucceeded || state == JobState::kFailed ||
         state == JobState::kCancelled;
}
bool IsRunnable(RoomState state) {
  return state == RoomState::kReady || state == RoomState::kDegraded;
}
bool IsGoing(RoomState state) {
  return state == RoomState::kDeleting || state == RoomState::kAwaitingBrandDelete ||
         state == RoomState::kDeleted;
}
bool IsLegal(JobState from, JobState to) {
  return IsLegalIn(kJobTransitions, from, to);
}
bool IsLegal(RoomState from, RoomState to) {
  return IsLegalIn(kRoomTransitions, from, to);
}

}  // namespace roomkeeper
