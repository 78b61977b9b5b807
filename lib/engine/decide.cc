#include "lib/engine/decide.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/base/check.h"
#include "lib/engine/draft.h"
#include "lib/engine/failures.h"
#include "lib/engine/workflows/move.h"
#include "lib/engine/workflows/provision.h"
#include "lib/engine/workflows/repair.h"
#include "lib/engine/workflows/step_table.h"
#include "lib/engine/workflows/teardown.h"
#include "lib/model/reasons.h"

namespace roomkeeper {
namespace {

constexpr std::array kSteps = {
    StepRow{Step::kPreflight, "check the request against the platform", provision::BeginPreflight,
            provision::AnsweredPreflight},
    StepRow{Step::kEnsureRoom, "create the clean room", provision::BeginEnsureRoom,
            provision::AnsweredEnsureRoom},
    StepRow{Step::kAwaitActive, "see whether the clean room is ACTIVE", provision::BeginAwaitActive,
            provision::AnsweredAwaitActive},
    StepRow{Step::kEnsureAssets, "add the assets", provision::BeginEnsureAssets,
            provision::AnsweredEnsureAssets, provision::FinishedEnsureAssets},
    StepRow{Step::kEnsureNotebooks, "add the notebooks", provision::BeginEnsureNotebooks,
            provision::AnsweredEnsureNotebooks, provision::FinishedEnsureNotebooks},
    StepRow{Step::kVerify, "verify the clean room", provision::BeginVerify,
            provision::AnsweredVerify},
    StepRow{Step::kDeleteRoom, "delete the clean room", teardown::BeginDeleteRoom,
            teardown::AnsweredDeleteRoom},
    StepRow{Step::kAwaitGone, "see whether the clean room is gone", teardown::BeginAwaitGone,
            teardown::AnsweredAwaitGone},
};

Step FirstStep(const Job& job) {
  switch (job.kind) {
    case JobKind::kProvision:
      return job.repair > 0 ? Step::kVerify : Step::kPreflight;
    case JobKind::kTeardown:
      return Step::kDeleteRoom;
  }
  return Step::kPreflight;
}

void Begin(Draft& draft) {
  if (IsRepair(draft) && draft.compensating()) {
    FinishCancelledRepair(draft);
    return;
  }
  const StepRow& row = RowFor(draft.job().step);
  row.begin(draft);
  if (draft.idle() && !draft.asleep() && row.finished != nullptr) {
    row.finished(draft);  // nothing to do
  }
}

Problem DeadlineExceeded(const Job& job) {
  Problem problem = {.reason = reason::kDeadlineExceeded,
                     .message = absl::StrCat("not done by ", absl::FormatTime(job.deadline_at)),
                     .move = Move::kProviderOperator,
                     .retryable = true};
  if (job.problem.has_value()) {
    absl::StrAppend(&problem.message, "; last: ", job.problem->reason, ": ", job.problem->message);
    problem.move = job.problem->move;
  } else if (!job.waiting_for.empty()) {
    absl::StrAppend(&problem.message, "; it waited for ", job.waiting_for);
  }
  return problem;
}

bool TakesCancel(const Job& job) {
  // A teardown can not be undone once its delete may have been sent, and a compensation is already
  // the way back.
  return job.kind == JobKind::kProvision && !IsFinal(job.state) &&
         job.state != JobState::kCancelling;
}

void Cancel(Draft& draft) {
  draft.live().job.cancel_requested = true;
  if (IsRepair(draft)) {
    CancelRepair(draft);
    return;
  }
  if (IsMove(draft)) {
    CancelMove(draft);
    return;
  }
  if (draft.job().state == JobState::kQueued) {
    if (!draft.job().retry_of.empty()) {
      draft.Start(Step::kPreflight);  // an earlier job may have left a room: go and look
      return;
    }
    draft.SetRoomState(RoomState::kDeleted, Move::kNobody, std::nullopt);
    draft.Finish(JobState::kCancelled, std::nullopt, "cancelled before it began");
    return;
  }
  draft.Compensate(std::nullopt, "cancelled: what was made is deleted");
  if (draft.idle()) {
    Begin(draft);
  }
}

// A removal that may still be taken back does not begin, neither before its time (the clock may
// have stepped) nor in a freeze.
bool IsHeldInGrace(Draft& draft) {
  const std::optional<absl::Time> purge_at = draft.room().purge_at;
  if (draft.job().state != JobState::kQueued || !purge_at.has_value()) {
    return false;
  }
  if (draft.env().freeze != nullptr && draft.now() >= *purge_at) {
    draft.StayQueued();
    return true;
  }
  return draft.now() < *purge_at;
}

void Resume(Draft& draft, Signal signal) {
  LiveJob& live = draft.live();
  const Job& job = live.job;
  live.doubt = job.progress.intent_open;
  live.step_started_at = job.since;
  if (signal == Signal::kClaimed && job.step == Step::kAwaitActive && job.progress.attempt == 0) {
    // The wait goes on as if there had been no restart.
    live.busy_since = job.progress.provisioning_since.value_or(absl::Time());
  }
  if (signal == Signal::kClaimed && live.doubt) {
    draft.SettleAfter(draft.now() + draft.env().limits.call_horizon);  // sent by whoever had it
  }
  if (job.cancel_requested && TakesCancel(job)) {
    Cancel(draft);
    return;
  }
  if (IsHeldInGrace(draft)) {
    return;
  }
  if (job.state == JobState::kQueued) {
    draft.Start(FirstStep(job));
    if (job.kind == JobKind::kTeardown) {
      live.job.waiting_for.clear();
      live.room.purge_at.reset();
      draft.SetRoomState(RoomState::kDeleting, Move::kRoomkeeper, std::nullopt);
    } else if (IsRepair(draft) && live.room.state == RoomState::kPending) {
      draft.SetRoomState(RoomState::kConfiguring, Move::kRoomkeeper, std::nullopt);  // taken in
    }
  } else if (draft.env().freeze != nullptr && draft.IsHeldBy(*draft.env().freeze)) {
    draft.HoldFrozen();  // the platform need not be asked again for that
    return;
  } else if (draft.now() >= job.deadline_at) {
    Fail(draft, DeadlineExceeded(job));
    return;
  }
  Begin(draft);
}

// What reads as an answer although the platform says "not found": there is no such room.
bool IsGoodAnswer(const Call& call, const Answer& answer) {
  const bool may_be_absent =
      call.kind == CallKind::kObserve || call.kind == CallKind::kAwaitProvisioned ||
      call.kind == CallKind::kDeleteRoom || call.kind == CallKind::kRemoveAsset;
  return answer.ok() || (may_be_absent && answer.failure.error == CallError::kNotFound);
}

// No back-off: what is short are the shard's requests, and they come back at a steady rate.
void WaitTurn(Draft& draft, absl::Duration at_least) {
  const absl::Duration turn = draft.env().limits.backoff_min * (1 + draft.env().chance);
  const absl::Duration wait = std::max(turn, at_least);
  draft.progress().budget_time += wait;
  draft.StandBy("the shard's request budget", Move::kRoomkeeper, wait);
}

// Nor here. They come back one after the other, and not before the next probe.
void SitOut(Draft& draft, absl::Duration next_probe) {
  draft.StandBy("the platform to answer again", Move::kPlatform,
                std::max(draft.env().limits.backoff_min, next_probe) * (1 + draft.env().chance));
}

// Somebody uses the room that a move works on: it does not wait long for a person who may come.
bool GivesUp(const Draft& draft, const FailureRule& rule) {
  return IsMove(draft) && !draft.compensating() && rule.move == Move::kProviderOperator &&
         draft.job().progress.attempt >= draft.env().limits.move_attempts_max;
}

const char* WhatOf(const Draft& draft, const Call& call) {
  switch (call.kind) {
    case CallKind::kRemoveAsset:
      return "remove what the package version lacks";
    case CallKind::kUpdateRoom:
      return "write the clean room's comment";
    case CallKind::kPreflight:
    case CallKind::kObserve:
    case CallKind::kAwaitProvisioned:
    case CallKind::kGetAsset:
    case CallKind::kCreateRoom:
    case CallKind::kDeleteRoom:
    case CallKind::kAddAsset:
    case CallKind::kUpdateAsset:
    case CallKind::kAddNotebook:
    case CallKind::kUpdateNotebook:
      break;
  }
  return RowFor(draft.job().step).what;
}

void HandleTrouble(Draft& draft) {
  LiveJob& live = draft.live();
  const Answer trouble = *std::exchange(live.trouble, std::nullopt);
  const Call call = *std::exchange(live.trouble_call, std::nullopt);
  const FailureRule& rule = RuleFor(trouble.failure);
  const Problem problem = ProblemOf(trouble.failure, WhatOf(draft, call));
  if (rule.treatment == Treatment::kFail || GivesUp(draft, rule)) {
    Fail(draft, problem);
    return;
  }
  if (rule.treatment == Treatment::kWaitTurn) {
    WaitTurn(draft, trouble.failure.retry_after);
    return;
  }
  if (rule.treatment == Treatment::kSitOut) {
    SitOut(draft, trouble.failure.retry_after);
    return;
  }
  if (rule.treatment == Treatment::kLookFirst && IsWrite(call.kind)) {
    live.doubt = true;
    if (draft.job().progress.attempt == 0) {
      ++draft.progress().attempt;
      Begin(draft);  // look at once; from the second time on, later
      return;
    }
  }
  absl::Duration delay = std::max(draft.BackOff(), trouble.failure.retry_after);
  if (rule.treatment == Treatment::kWaitLong) {
    delay = std::max(delay, draft.env().limits.limit_wait);
  }
  draft.Retry(problem, delay);
}

// A write of a step that was abandoned for compensation: what it may have left matters still.
void NoteLateAnswer(Draft& draft, const Call& call, const Answer& answer) {
  if (answer.ok() && answer.asset.has_value()) {
    NoteWritten(draft, *answer.asset);
  }
  if (call.kind == CallKind::kCreateRoom && answer.ok()) {
    ++draft.progress().room_attempts;
  } else if (!answer.ok() && RuleFor(answer.failure).treatment == Treatment::kLookFirst) {
    draft.live().doubt = true;
  }
}

// The answer is to a step that was given up for compensation.
bool IsLate(Draft& draft, const Call& call) {
  if (!draft.compensating()) {
    return false;
  }
  return IsMove(draft) ? call.id <= draft.live().abandoned_to
                       : call.kind != CallKind::kObserve && call.kind != CallKind::kDeleteRoom;
}

void TakeAnswer(Draft& draft, const Answer& answer) {
  const std::optional<Call> call = draft.Settle(answer);
  LiveJob& live = draft.live();
  if (!call.has_value() || IsFinal(draft.job().state)) {
    return;
  }
  if (IsLate(draft, *call)) {
    NoteLateAnswer(draft, *call, answer);
    if (draft.idle()) {
      Begin(draft);  // the last write of the abandoned step is answered
    }
    return;
  }
  const StepRow& row = RowFor(draft.job().step);
  if (!IsGoodAnswer(*call, answer)) {
    live.todo.clear();
    if (!live.trouble.has_value()) {
      live.trouble = answer;
      live.trouble_call = call;
    }
  } else {
    const std::size_t queued = live.todo.size();
    row.answered(draft, *call, answer);
    if (live.trouble.has_value()) {
      live.todo.resize(std::min(queued, live.todo.size()));
    }
  }
  if (!draft.idle() || draft.asleep() || IsFinal(draft.job().state)) {
    return;
  }
  if (live.trouble.has_value()) {
    HandleTrouble(draft);
  } else if (draft.job().step == row.step && row.finished != nullptr) {
    row.finished(draft);
  }
}

}  // namespace

bool IsWrite(CallKind kind) {
  return kind >= CallKind::kCreateRoom;
}

const StepRow& RowFor(Step step) {
  for (const StepRow& row : kSteps) {
    if (row.step == step) {
      return row;
    }
  }
  RK_CHECK(false);
  return kSteps.front();
}

void GoTo(Draft& draft, Step step, const std::string& finished_message) {
  if (draft.job().kind == JobKind::kProvision && !draft.compensating() &&
      draft.now() >= draft.job().deadline_at) {
    Fail(draft, DeadlineExceeded(draft.job()));
    return;
  }
  if (step == Step::kAwaitActive) {
    draft.EnterWaiting(step, Move::kPlatform, "the platform to make the room ACTIVE");
  } else {
    draft.Enter(step, finished_message);
  }
  Begin(draft);
}

bool MadeSomething(const Draft& draft) {
  const Job& job = draft.job();
  const RoomState state = draft.room().state;
  return state == RoomState::kProvisioning || state == RoomState::kConfiguring || draft.unsure() ||
         !job.retry_of.empty();
}

void Fail(Draft& draft, const Problem& problem) {
  if (IsRepair(draft)) {
    EndRepair(draft, problem);
    return;
  }
  if (IsMove(draft)) {
    FailMove(draft, problem);
    return;
  }
  if (draft.compensating() || draft.job().kind == JobKind::kTeardown) {
    LeaveBehind(draft, problem);
    return;
  }
  if (!MadeSomething(draft)) {
    draft.SetRoomState(RoomState::kFailed, problem.move, problem);
    draft.Finish(JobState::kFailed, problem, problem.message);
    return;
  }
  draft.Compensate(problem, absl::StrCat(problem.reason, ": what was made is deleted"));
  if (draft.idle()) {
    Begin(draft);
  }
}

void Quarantine(Draft& draft, const Problem& problem) {
  draft.SetRoomState(RoomState::kQuarantined, problem.move, problem);
  draft.Finish(JobState::kFailed, problem, problem.message);
}

std::vector<Action> PlanFor(const Draft& draft, const std::optional<ObservedRoom>& observed) {
  const RoomSpec& desired = draft.room().spec;
  const MarkVerdict mark = observed.has_value()
                               ? draft.env().provenance.Verify(observed->comment, desired.room_name)
                               : MarkVerdict::kNoMark;
  std::vector<std::string> trusted = draft.job().progress.assets_done;
  for (const NotebookState& notebook : draft.job().progress.notebooks_done) {
    trusted.push_back(notebook.name);
  }
  const std::optional<RoomSpec>& leaving = draft.room().leaving;
  return MakePlan({.desired = desired,
                   .observed = observed,
                   .mark = mark,
                   .trusted = trusted,
                   .leaving = leaving.has_value() ? &*leaving : nullptr});
}

Decision Decide(LiveJob live, const Input& input, const DecideEnv& env) {
  Draft draft(std::move(live), env);
  if (const Signal* signal = std::get_if<Signal>(&input); signal != nullptr) {
    if (IsFinal(draft.job().state)) {
      return draft.Take();
    }
    if (*signal != Signal::kCancel) {
      Resume(draft, *signal);
    } else if (TakesCancel(draft.job())) {
      Cancel(draft);
    }
  } else {
    TakeAnswer(draft, std::get<Answer>(input));
  }
  return draft.Take();
}

}  // namespace roomkeeper
