#include "lib/engine/workflows/teardown.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "lib/engine/workflows/provision.h"
#include "lib/model/reasons.h"

namespace roomkeeper {
namespace {

constexpr char kSecondLook[] = "a second look at whether the room is gone";

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

void LookAgain(Draft& draft, const char* waiting_for, absl::Duration delay) {
  draft.live().doubt = false;  // the wait itself resolves it
  if (draft.job().step != Step::kAwaitGone) {
    draft.Enter(Step::kAwaitGone);
  }
  draft.Wait(waiting_for, Move::kRoomkeeper, delay);
}

// `look` saw no room. One that set out before the calls were too old to land proves nothing,
// however late its answer comes; nor does the first after that, since reads may lag behind a create
// that landed late. Who makes the room again is told by its name.
void Gone(Draft& draft, const Call& look) {
  JobProgress& progress = draft.progress();
  const absl::Time settled = progress.settle_until.value_or(absl::InfinitePast());
  const bool removes = IsTeardown(draft) || draft.compensating();
  if (look.sent_at < settled) {
    LookAgain(draft, "calls of unknown outcome to be too old to land",
              std::max(settled - draft.now(), absl::ZeroDuration()));
  } else if (removes && progress.settle_until.has_value() && !progress.absent_since.has_value()) {
    progress.absent_since = look.sent_at;
    LookAgain(draft, kSecondLook, draft.env().limits.second_look_after);
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
  draft.Wait(kSecondLook, Move::kRoomkeeper, draft.env().limits.second_look_after);
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
  draft.progress().absent_since.reset();
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
