#include "lib/engine/workflows/provision.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "lib/engine/workflows/ensure_inside.h"
#include "lib/engine/workflows/move.h"
#include "lib/engine/workflows/repair.h"
#include "lib/model/reasons.h"

namespace roomkeeper {
namespace {

// The part of a plan that is about the room itself: true if it moved the job elsewhere.
bool HandledRoom(Draft& draft, const std::vector<Action>& plan) {
  if (IsMove(draft) && (plan.empty() || plan.front().kind != ActionKind::kCreateRoom)) {
    draft.progress().absent_since.reset();  // it is there
  }
  if (plan.empty()) {
    return false;
  }
  if ((IsRepair(draft) || IsMove(draft)) && EndedByRoom(draft, plan)) {
    return true;
  }
  switch (plan.front().kind) {
    case ActionKind::kQuarantine:
      Quarantine(draft, *plan.front().problem);
      return true;
    case ActionKind::kCreateRoom:
      RestartAtEnsureRoom(draft, "the room is no longer on the platform");
      return true;
    case ActionKind::kRecreateRoom:
      Recreate(draft, {.reason = reason::kRoomProvisioningFailed,
                       .message = "the platform shows the room as FAILED or DELETED",
                       .move = Move::kPlatform,
                       .retryable = true});
      return true;
    case ActionKind::kAwaitActive:
      draft.progress().provisioning_since = draft.now();
      GoTo(draft, Step::kAwaitActive, "the room is not ACTIVE");
      return true;
    case ActionKind::kAddAsset:
    case ActionKind::kInspectAsset:
    case ActionKind::kUpdateAsset:
    case ActionKind::kAwaitAsset:
    case ActionKind::kAddNotebook:
    case ActionKind::kInspectNotebook:
    case ActionKind::kUpdateNotebook:
    case ActionKind::kRemoveAsset:
    case ActionKind::kUpdateRoom:
      return false;
  }
  return false;
}

void NoteDetail(Draft& draft, const std::optional<ObservedRoom>& observed) {
  if (observed.has_value() && observed->has_detail) {
    draft.SetCentralId(observed->central_clean_room_id);
  }
}

void RoomIsThere(Draft& draft, absl::Time since) {
  draft.live().doubt = false;
  draft.progress().provisioning_since = since;
  draft.progress().room_attempts = std::max(draft.progress().room_attempts, 1);
  draft.SetRoomState(RoomState::kProvisioning, Move::kPlatform, std::nullopt);
  GoTo(draft, Step::kAwaitActive);
}

void AdoptOrCreate(Draft& draft, const Answer& answer) {
  if (!answer.room.has_value()) {
    draft.live().doubt = false;  // the name is free: the unique name fences a late create
    draft.Add({.kind = CallKind::kCreateRoom});
    return;
  }
  NoteDetail(draft, answer.room);
  const std::vector<Action> plan = PlanFor(draft, answer.room);
  if (plan.empty() || plan.front().kind == ActionKind::kAwaitActive) {
    RoomIsThere(draft, draft.now());  // provably ours and equal: adopted
  } else {
    HandledRoom(draft, plan);
  }
}

// LIST may leave the comment out; what it does show must prove the room ours before we fill it.
bool SeenAsForeign(Draft& draft, const Answer& answer) {
  if (!answer.room->has_detail && answer.room->comment.empty()) {
    return false;
  }
  const std::vector<Action> plan = PlanFor(draft, answer.room);
  return !plan.empty() && plan.front().kind == ActionKind::kQuarantine && HandledRoom(draft, plan);
}

void Ready(Draft& draft, const ObservedRoom& observed) {
  draft.SetNotebooks(NotebooksSeen(draft.room().spec, observed));
  draft.SetRoomState(RoomState::kReady, Move::kNobody, std::nullopt);
  if (draft.room().leaving.has_value()) {
    draft.ForgetLeaving();
  }
  if (IsMove(draft) && draft.compensating()) {
    FinishMovedBack(draft);
    return;
  }
  draft.Finish(JobState::kSucceeded, std::nullopt, "the clean room is READY");
}

absl::Duration AssetWait(const Draft& draft) {
  const DecideLimits& limits = draft.env().limits;
  absl::Duration wait = limits.asset_wait_base;
  for (int i = 0; i < draft.job().progress.attempt && wait < limits.asset_wait_max; ++i) {
    wait *= 2;
  }
  return std::min(wait, limits.asset_wait_max) * (0.5 + draft.env().chance / 2);
}

void WaitForAssets(Draft& draft, const std::vector<Action>& plan) {
  const auto denied = std::find_if(plan.begin(), plan.end(), [](const Action& action) {
    return action.problem.has_value() && action.problem->move != Move::kPlatform;
  });
  if (denied != plan.end() && IsRepair(draft)) {
    EndRepair(draft, *denied->problem);  // the scan sees when it heals
    return;
  }
  if (denied != plan.end() && IsMove(draft)) {
    Fail(draft, *denied->problem);
    return;
  }
  if (denied != plan.end()) {
    draft.Retry(*denied->problem, draft.BackOff());
    return;
  }
  draft.Wait("the platform to make the assets ACTIVE", Move::kPlatform, AssetWait(draft));
}

std::string Needs(const std::vector<Action>& plan) {
  return absl::StrJoin(plan, ", ", [](std::string* out, const Action& action) {
    absl::StrAppend(out, Name(action.kind), " ", action.subject);
  });
}

// True, and the job fails, once verify has found something amiss too often.
bool DoesNotSettle(Draft& draft, const std::vector<Action>& plan) {
  if (++draft.progress().repairs <= draft.env().limits.repairs_max) {
    return false;
  }
  Fail(draft, {.reason = reason::kRoomDoesNotSettle,
               .message = absl::StrCat("after ", draft.env().limits.repairs_max,
                                       " repairs the room still needs: ", Needs(plan)),
               .move = Move::kProviderOperator,
               .retryable = true});
  return true;
}

// What is left once all that is wanted is there. Then verify looks again.
void DoRest(Draft& draft, const std::vector<Action>& plan) {
  if (DoesNotSettle(draft, plan)) {
    return;
  }
  for (const Action& action : plan) {
    if (action.kind == ActionKind::kRemoveAsset) {
      draft.Add({.kind = CallKind::kRemoveAsset, .subject = action.subject, .type = action.type});
    } else if (action.kind == ActionKind::kUpdateRoom) {
      draft.Add({.kind = CallKind::kUpdateRoom});
    }
  }
}

void Repair(Draft& draft, const std::vector<Action>& plan) {
  if (DoesNotSettle(draft, plan)) {
    return;
  }
  draft.progress().assets_done.clear();
  draft.progress().notebooks_done.clear();
  draft.live().doubt = true;  // look again, act on what is seen then
  GoTo(draft, Step::kEnsureAssets, absl::StrCat("needs repair: ", Needs(plan)));
}

// The room is ACTIVE and shown whole, and is not as wanted.
void PutRight(Draft& draft, const std::vector<Action>& plan) {
  const auto is_rest = [](const Action& action) { return IsRest(action); };
  const auto waits = [](const Action& action) { return action.kind == ActionKind::kAwaitAsset; };
  const bool some_waits = std::any_of(plan.begin(), plan.end(), waits);
  if (OnlyWaits(plan)) {
    WaitForAssets(draft, plan);
  } else if (!std::all_of(plan.begin(), plan.end(),
                          [&](const Action& action) { return is_rest(action) || waits(action); })) {
    Repair(draft, plan);
  } else if (some_waits && IsMove(draft) && !draft.compensating()) {
    WaitForAssets(draft, plan);  // the old goes when the new can be used
  } else {
    DoRest(draft, plan);
  }
}

}  // namespace

namespace provision {

void BeginPreflight(Draft& draft) {
  draft.Add(
      {.kind = CallKind::kPreflight, .fresh = draft.job().progress.attempt > 0 || IsMove(draft)});
}

void AnsweredPreflight(Draft& draft, const Call& /*call*/, const Answer& answer) {
  std::vector<Problem> problems = answer.problems;
  if (IsMove(draft)) {  // it adds no room
    std::erase_if(problems, [](const Problem& problem) {
      return problem.reason == reason::kRoomLimitReached;
    });
  }
  const absl::Time settled = draft.job().progress.settle_until.value_or(absl::InfinitePast());
  if (problems.empty() && draft.now() < settled) {
    // Nothing was sent by this job yet: they are an earlier one's, and a late delete would take the
    // room that this one makes or adopts.
    draft.StandBy("calls of an earlier job to be too old to land", Move::kRoomkeeper,
                  settled - draft.now());
    return;
  }
  if (problems.empty()) {
    GoTo(draft, IsMove(draft) ? Step::kEnsureAssets : Step::kEnsureRoom);
    return;
  }
  const auto fatal = std::find_if(problems.begin(), problems.end(),
                                  [](const Problem& problem) { return !problem.retryable; });
  Problem shown = fatal == problems.end() ? problems.front() : *fatal;
  shown.message = absl::StrJoin(problems, "; ", [](std::string* out, const Problem& problem) {
    absl::StrAppend(out, problem.message);
  });
  if (fatal != problems.end() || IsMove(draft)) {
    Fail(draft, shown);
    return;
  }
  draft.Retry(shown, std::max(draft.BackOff(), shown.reason == reason::kRoomLimitReached
                                                   ? draft.env().limits.limit_wait
                                                   : absl::ZeroDuration()));
}

void BeginEnsureRoom(Draft& draft) {
  if (draft.live().doubt) {
    draft.Add({.kind = CallKind::kObserve, .depth = Provider::Depth::kRoom});
  } else {
    draft.Add({.kind = CallKind::kCreateRoom});
  }
}

void AnsweredEnsureRoom(Draft& draft, const Call& call, const Answer& answer) {
  if (call.kind == CallKind::kObserve) {
    AdoptOrCreate(draft, answer);
    return;
  }
  ++draft.progress().room_attempts;
  RoomIsThere(draft, draft.now());
}

void BeginAwaitActive(Draft& draft) {
  const absl::Time since = draft.job().progress.provisioning_since.value_or(draft.now());
  const absl::Time until =
      std::min(since + draft.env().limits.provisioning_timeout, draft.job().deadline_at);
  draft.Add({.kind = CallKind::kAwaitProvisioned,
             .created_at = since,
             .patience = std::max(until - draft.now(), absl::ZeroDuration())});
}

void AnsweredAwaitActive(Draft& draft, const Call& call, const Answer& answer) {
  if (!answer.room.has_value()) {
    RestartAtEnsureRoom(draft, "the room is no longer on the platform");
    return;
  }
  NoteDetail(draft, answer.room);
  const std::string& status = answer.room->status;
  if (SeenAsForeign(draft, answer)) {
    return;
  }
  if (status == "ACTIVE") {
    draft.SetRoomState(RoomState::kConfiguring, Move::kRoomkeeper, std::nullopt);
    GoTo(draft, IsRepair(draft) ? Step::kVerify : Step::kEnsureAssets);
    return;
  }
  if (status == "FAILED" || status == "DELETED") {
    Recreate(draft, {.reason = reason::kRoomProvisioningFailed,
                     .message = absl::StrCat("the platform ended the room's provisioning as ",
                                             status, "; it gives no reason"),
                     .move = Move::kPlatform,
                     .retryable = true});
    return;
  }
  if (draft.now() >= draft.job().deadline_at) {
    Fail(draft, {.reason = reason::kDeadlineExceeded,
                 .message = "the room was not ACTIVE by the job's deadline",
                 .move = Move::kPlatform,
                 .retryable = true});
    return;
  }
  const absl::Time timeout = call.created_at + draft.env().limits.provisioning_timeout;
  if (draft.now() >= timeout) {
    Recreate(draft, {.reason = reason::kRoomProvisioningTimedOut,
                     .message = absl::StrCat(
                         "the room was still ", status, " after ",
                         absl::FormatDuration(draft.env().limits.provisioning_timeout)),
                     .move = Move::kPlatform,
                     .retryable = true});
    return;
  }
  BeginAwaitActive(draft);
}

void BeginEnsureAssets(Draft& draft) {
  if (WaitsToSettle(draft)) {
    return;
  }
  BeginInside(draft, kAssets);
}

void AnsweredEnsureAssets(Draft& draft, const Call& call, const Answer& answer) {
  if (call.kind != CallKind::kObserve) {
    AnsweredInside(draft, kAssets, call, answer);
    return;
  }
  NoteDetail(draft, answer.room);
  const std::vector<Action> plan = PlanFor(draft, answer.room);
  if (!HandledRoom(draft, plan)) {
    ObservedInside(draft, kAssets, *answer.room, plan);
  }
}

void FinishedEnsureAssets(Draft& draft) {
  if (IsRepair(draft)) {
    draft.live().doubt = true;  // most of it is there: look before writing
  }
  GoTo(draft, Step::kEnsureNotebooks);
}

void BeginEnsureNotebooks(Draft& draft) {
  BeginInside(draft, kNotebooks);
}

void AnsweredEnsureNotebooks(Draft& draft, const Call& call, const Answer& answer) {
  if (call.kind != CallKind::kObserve) {
    AnsweredInside(draft, kNotebooks, call, answer);
    return;
  }
  NoteDetail(draft, answer.room);
  const std::vector<Action> plan = PlanFor(draft, answer.room);
  if (!HandledRoom(draft, plan)) {
    ObservedInside(draft, kNotebooks, *answer.room, plan);
  }
}

void FinishedEnsureNotebooks(Draft& draft) {
  GoTo(draft, Step::kVerify);
}

void BeginVerify(Draft& draft) {
  if (WaitsToSettle(draft)) {
    return;
  }
  draft.Add({.kind = CallKind::kObserve, .depth = Provider::Depth::kFull});
}

void AnsweredVerify(Draft& draft, const Call& call, const Answer& answer) {
  if (IsWrite(call.kind)) {
    if (draft.idle()) {
      BeginVerify(draft);
    }
    return;
  }
  NoteDetail(draft, answer.room);
  const std::vector<Action> plan = PlanFor(draft, answer.room);
  if (HandledRoom(draft, plan)) {
    return;
  }
  if (!answer.room->has_detail || !answer.room->has_assets) {
    draft.Wait("the platform to show the whole room", Move::kPlatform, AssetWait(draft));
  } else if (!plan.empty()) {
    PutRight(draft, plan);
  } else {
    Ready(draft, *answer.room);
  }
}

}  // namespace provision

void RestartAtEnsureRoom(Draft& draft, const std::string& why) {
  if (IsRepair(draft)) {
    EndRepair(draft, FindDrift(PlanFor(draft, std::nullopt), "")->problem);
    return;
  }
  JobProgress& progress = draft.progress();
  progress.assets_done.clear();
  progress.notebooks_done.clear();
  progress.provisioning_since.reset();
  if (progress.room_attempts >= draft.env().limits.rooms_per_job_max) {
    Fail(draft, draft.job().progress.failing_with.value_or(
                    Problem{.reason = reason::kRoomProvisioningFailed,
                            .message = absl::StrCat(why, ", and the budget of ",
                                                    draft.env().limits.rooms_per_job_max,
                                                    " rooms for this job is used up"),
                            .move = Move::kProviderOperator,
                            .retryable = true}));
    return;
  }
  draft.SetRoomState(RoomState::kPending, Move::kRoomkeeper, std::nullopt);
  GoTo(draft, Step::kEnsureRoom, why);
}

void Recreate(Draft& draft, const Problem& problem) {
  if (IsRepair(draft)) {
    EndRepair(draft, problem);
    return;
  }
  if (draft.job().progress.room_attempts >= draft.env().limits.rooms_per_job_max) {
    Problem last = problem;
    absl::StrAppend(&last.message, " (", draft.job().progress.room_attempts, " rooms were tried)");
    Fail(draft, last);
    return;
  }
  GoTo(draft, Step::kDeleteRoom,
       absl::StrCat(problem.message, ": it is deleted and created again"));
}

}  // namespace roomkeeper
