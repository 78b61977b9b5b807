#include "lib/engine/workflows/repair.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "lib/engine/workflows/move.h"
#include "lib/model/reasons.h"

namespace roomkeeper {
namespace {

constexpr char kCancelled[] = "cancelled: the clean room stays as it is";
constexpr char kNotChecked[] =
    "the clean room was taken in, and the job that was to see it whole was cancelled: the next "
    "look for drift does that, or RetryJob";
constexpr char kMakeItAnew[] = "delete the clean room, then create it again";

Drift Gone(std::string message, Move move) {
  return {.problem = {.reason = reason::kRoomGone,
                      .message = absl::StrCat(message, ": ", kMakeItAnew),
                      .move = move}};
}

// Whatever is not ours is left alone, but not quarantined: it heals when it is put back.
Drift NotAsOurs(const Action& quarantine) {
  Drift drift = {.problem = *quarantine.problem};
  drift.problem.retryable = true;
  return drift;
}

Drift NotActive(absl::string_view status) {
  return {.problem = {.reason = reason::kPlatformState,
                      .message = absl::StrCat("the platform shows the clean room as ", status),
                      .move = Move::kPlatform,
                      .retryable = true}};
}

// Of waits only: what a person has to end before what ends by itself.
Drift Waits(const std::vector<Action>& plan) {
  const auto person = std::find_if(plan.begin(), plan.end(), [](const Action& action) {
    return action.problem.has_value() && action.problem->move != Move::kPlatform;
  });
  return {.problem = *(person == plan.end() ? plan.front() : *person).problem};
}

Drift Differences(const std::vector<Action>& plan) {
  std::vector<std::string> found;
  for (const Action& action : plan) {
    if (action.kind != ActionKind::kAwaitAsset) {
      found.push_back(absl::StrCat(Name(action.kind), " ", action.subject));
    }
  }
  return {.problem = {.reason = reason::kRoomDrifted,
                      .message = absl::StrCat("somebody changed the clean room; it needs: ",
                                              absl::StrJoin(found, ", ")),
                      .move = Move::kRoomkeeper,
                      .retryable = true},
          .mendable = true};
}

}  // namespace

std::optional<Drift> FindDrift(const std::vector<Action>& plan, absl::string_view status) {
  if (plan.empty()) {
    return std::nullopt;
  }
  switch (plan.front().kind) {
    case ActionKind::kQuarantine:
      return NotAsOurs(plan.front());
    case ActionKind::kCreateRoom:
      return Gone(
          "the platform has no such clean room any more; somebody deleted it on the "
          "provider's side",
          Move::kProviderOperator);
    case ActionKind::kRecreateRoom:
      return status == "DELETED"
                 ? Gone("the brand has deleted the clean room on its side", Move::kBrandAdmin)
                 : Gone("the platform shows the clean room as FAILED", Move::kProviderOperator);
    case ActionKind::kAwaitActive:
      return NotActive(status);
    case ActionKind::kAddAsset:
    case ActionKind::kInspectAsset:
    case ActionKind::kUpdateAsset:
    case ActionKind::kAwaitAsset:
    case ActionKind::kAddNotebook:
    case ActionKind::kInspectNotebook:
    case ActionKind::kUpdateNotebook:
    case ActionKind::kRemoveAsset:
    case ActionKind::kUpdateRoom:
      break;
  }
  return OnlyWaits(plan) ? Waits(plan) : Differences(plan);
}

bool EndedByRoom(Draft& draft, const std::vector<Action>& plan) {
  const ActionKind first = plan.front().kind;
  const bool is_down = first == ActionKind::kAwaitActive && draft.room().ready_at.has_value();
  const bool about_room = first == ActionKind::kQuarantine || first == ActionKind::kCreateRoom ||
                          first == ActionKind::kRecreateRoom || is_down;
  std::optional<absl::Time>& absent = draft.progress().absent_since;
  if (IsMove(draft) && first == ActionKind::kCreateRoom && !absent.has_value()) {
    absent = draft.now();  // reads may lag: one look does not end what people wait for
    draft.Wait("a second look at whether the room is gone", Move::kRoomkeeper,
               draft.env().limits.second_look_after);
    return true;
  }
  if (about_room && IsMove(draft)) {
    LeaveBetween(draft, FindDrift(plan, "not ACTIVE")->problem);
  } else if (about_room) {
    EndRepair(draft, FindDrift(plan, "not ACTIVE")->problem);  // the next look says it in detail
  }
  return about_room;
}

void EndRepair(Draft& draft, const Problem& problem) {
  draft.SetRoomState(RoomState::kDegraded, problem.move, problem);
  draft.Finish(JobState::kFailed, problem, problem.message);
}

void CancelRepair(Draft& draft) {
  if (draft.job().state == JobState::kQueued) {
    FinishCancelledRepair(draft);
  } else {
    draft.WindDown(kCancelled);  // once that is durable and nothing is in flight, it ends
  }
}

void FinishCancelledRepair(Draft& draft) {
  if (!IsRunnable(draft.room().state)) {
    draft.SetRoomState(RoomState::kDegraded, Move::kRoomkeeper,
                       Problem{.reason = reason::kRoomNotChecked,
                               .message = kNotChecked,
                               .move = Move::kRoomkeeper,
                               .retryable = true});
  }
  draft.Finish(JobState::kCancelled, std::nullopt, kCancelled);
}

}  // namespace roomkeeper
