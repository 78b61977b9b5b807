#include "lib/engine/workflows/teardown.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "lib/engine/workflows/provision.h"
#include "lib/model/reasons.h"

namespace roomkeeper {
namespace {

bool IsTeardown(const Draft& draft) {
  return draft.job().kind == JobKind::kTeardown;
}

void FinishTeardown(Draft& draft) {
  // The brand's tombstone is invisible to us: only a room that never came up, or that the brand
  // itself deleted first, surely left none.
  const CleanRoom& room = draft.room();
  const bool brand_saw_it = !room.central_clean_room_id.empty() || room.ready_at.has_value();
  if (brand_saw_it && !draft.live().brand_deleted) {
    draft.SetRoomState(RoomState::kAwaitingBrandDelete, Move::kBrandAdmin, std::nullopt);
    draft.Finish(JobState::kSucceeded, std::nullopt,
                 "gone on the provider's side; the brand still has to delete its side");
    return;
  }
  draft.SetRoomState(RoomState::kDeleted, Move::kNobody, std::nullopt);
  draft.Finish(JobState::kSucceeded, std::nullopt, "the clean room is deleted");
}

void FinishCompensation(Draft& draft) {
  if (const std::optional<Problem> problem = draft.job().progress.failing_with;
      problem.has_value()) {
    draft.SetRoomState(RoomState::kFailed, problem->move, problem);
    draft.Finish(JobState::kFailed, problem, problem->message);
    return;
  }
  draft.SetRoomState(RoomState::kDeleted, Move::kNobody, std::nullopt);
  draft.Finish(JobState::kCancelled, std::nullopt, "nothing is left on the platform");
}

// `look` saw no room. One that set out before the calls were too old to land proves nothing,
// however late its answer comes.
void Gone(Draft& draft, const Call& look) {
  const absl::Time settled = draft.job().progress.settle_until.value_or(absl::InfinitePast());
  if (look.sent_at < settled) {
    draft.live().doubt = false;  // the wait itself resolves it
    if (draft.job().step != Step::kAwaitGone) {
      draft.Enter(Step::kAwaitGone);
    }
    draft.Wait("calls of unknown outcome to be too old to land", Move::kRoomkeeper,
               std::max(settled - draft.now(), absl::ZeroDuration()));
  } else if (IsTeardown(draft)) {
    FinishTeardown(draft);
  } else if (draft.compensating()) {
    FinishCompensation(draft);
  } else {
    RestartAtEnsureRoom(draft, "the failed room is gone");
  }
}

// Nothing there at first sight, and we deleted nothing.
void NotThere(Draft& draft, const Call& look) {
  const Job& job = draft.job();
  const bool never_made = job.kind == JobKind::kProvision && job.progress.room_attempts == 0 &&
                          job.retry_of.empty() && !draft.live().doubt;
  const bool made_again = job.kind == JobKind::kProvision && !draft.compensating();
  if (never_made || made_again) {  // made again: the name will tell if it was there after all
    Gone(draft, look);
    return;
  }
  draft.Enter(Step::kAwaitGone);
  draft.Wait("a second look at whether the room is gone", Move::kRoomkeeper,
             draft.env().limits.second_look_after);
}

// The name is taken by a room that is not provably ours: hands off.
void NotOurs(Draft& draft, const Problem& problem) {
  if (draft.compensating()) {
    FinishCompensation(draft);  // so nothing of ours is left
    return;
  }
  Quarantine(draft, problem);
}

void DeleteIfOurs(Draft& draft, const ObservedRoom& observed) {
  const MarkVerdict mark =
      draft.env().provenance.Verify(observed.comment, draft.room().spec.room_name);
  if (mark != MarkVerdict::kOurs) {
    NotOurs(draft, {.reason = reason::kRoomNotOurs,
                    .message = absl::StrCat("the clean room ", observed.name,
                                            " carries no valid mark of this Roomkeeper: it is left "
                                            "alone; delete it by hand if it is to go"),
                    .move = Move::kProviderOperator});
    return;
  }
  if (observed.has_detail) {
    draft.SetCentralId(observed.central_clean_room_id);
  }
  draft.live().brand_deleted = observed.status == "DELETED";
  draft.Add({.kind = CallKind::kDeleteRoom});
}

}  // namespace

namespace teardown {

void BeginDeleteRoom(Draft& draft) {
  draft.Add({.kind = CallKind::kObserve, .depth = Provider::Depth::kRoom});
}

void AnsweredDeleteRoom(Draft& draft, const Call& call, const Answer& answer) {
  if (call.kind == CallKind::kDeleteRoom) {
    GoTo(draft, Step::kAwaitGone);
  } else if (!answer.room.has_value()) {
    NotThere(draft, call);
  } else {
    DeleteIfOurs(draft, *answer.room);
  }
}

void BeginAwaitGone(Draft& draft) {
  draft.Add({.kind = CallKind::kObserve, .depth = Provider::Depth::kRoom});
}

void AnsweredAwaitGone(Draft& draft, const Call& call, const Answer& answer) {
  if (call.kind == CallKind::kDeleteRoom) {
    draft.Wait("the platform to remove the room", Move::kPlatform, draft.BackOff());
    return;
  }
  if (!answer.room.has_value()) {
    Gone(draft, call);
    return;
  }
  if (draft.job().progress.attempt == 0) {
    draft.Wait("the platform to remove the room", Move::kPlatform, draft.env().limits.backoff_min);
    return;
  }
  // Still there, or there again (a late create landed): delete it once more.
  DeleteIfOurs(draft, *answer.room);
}

}  // namespace teardown

void LeaveBehind(Draft& draft, const Problem& why) {
  Problem problem = why;
  problem.message = absl::StrCat(why.message, "; the clean room ", draft.room().spec.room_name,
                                 " may be left on the platform: delete the clean room again, or "
                                 "delete it there by hand");
  problem.move = Move::kProviderOperator;
  problem.retryable = true;
  draft.SetRoomState(RoomState::kFailed, problem.move, problem);
  draft.Finish(JobState::kFailed, problem, problem.message);
}

}  // namespace roomkeeper
