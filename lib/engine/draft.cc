#include "lib/engine/draft.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/engine/event_types.h"

namespace roomkeeper {
namespace {

absl::Duration NotNegative(absl::Duration d) {
  return std::max(d, absl::ZeroDuration());  // the wall clock may have stepped back
}

bool IsPowerOfTwo(std::int32_t n) {
  return n > 0 && (n & (n - 1)) == 0;
}

std::string WaitingFor(const Freeze& freeze) {
  return absl::StrCat("an operator to thaw: ", Describe(freeze));
}

}  // namespace

Draft::Draft(LiveJob live, const DecideEnv& env) : env_(env), live_(std::move(live)) {}

void Draft::Event(const char* type, const std::string& message) {
  decision_.commit = true;
  decision_.events.push_back({.job = live_.job.id,
                              .at = env_.now,
                              .type = type,
                              .job_state = live_.job.state,
                              .step = live_.job.step,
                              .room_state = live_.room.state,
                              .move = live_.job.move,
                              .message = message,
                              .epoch = live_.job.epoch});
}

void Draft::SetState(JobState state, Move move) {
  Job& job = live_.job;
  if (job.state != state || job.move != move) {
    job.state = state;
    job.move = move;
    job.since = env_.now;
  }
  decision_.commit = true;
}

void Draft::Add(Call call) {
  call.id = ++live_.last_call_id;
  live_.todo.push_back(std::move(call));
}

bool Draft::unsure() const {
  return live_.doubt || std::any_of(live_.in_flight.begin(), live_.in_flight.end(),
                                    [](const Call& call) { return IsWrite(call.kind); });
}

void Draft::AbandonReads() {
  live_.todo.clear();
  std::erase_if(live_.in_flight, [](const Call& call) { return !IsWrite(call.kind); });
  Account();
}

std::optional<Call> Draft::Settle(const Answer& answer) {
  const auto found = std::find_if(live_.in_flight.begin(), live_.in_flight.end(),
                                  [&](const Call& call) { return call.id == answer.call; });
  if (found == live_.in_flight.end()) {
    return std::nullopt;
  }
  Call call = std::move(*found);
  live_.in_flight.erase(found);
  progress().platform_calls += answer.calls;
  live_.held_back = std::max(live_.held_back, answer.waited);
  Account();
  if (IsWrite(call.kind) && answer.failure.error == CallError::kUnknownOutcome) {
    live_.doubt = true;
    SettleAfter(env_.now + env_.limits.call_horizon);
  }
  return call;
}

void Draft::SettleAfter(absl::Time time) {
  std::optional<absl::Time>& until = progress().settle_until;
  until = std::max(until.value_or(time), time);
}

// While something was in flight it is the platform's time, but for what our request budget took of
// it: of parallel calls the one held back longest. What is neither is ours.
void Draft::Account() {
  if (live_.in_flight.empty() && live_.busy_since != absl::Time()) {
    const absl::Duration busy = NotNegative(env_.now - live_.busy_since);
    const absl::Duration held_back = std::min(live_.held_back, busy);
    progress().budget_time += held_back;
    progress().platform_time += busy - held_back;
    live_.busy_since = {};
    live_.held_back = absl::ZeroDuration();
  }
}

void Draft::Start(Step step) {
  live_.job.step = step;
  live_.step_started_at = env_.now;
  SetState(JobState::kRunning, Move::kRoomkeeper);
  Event(event_type::kStepStarted, "");
}

void Draft::Enter(Step step, const std::string& finished_message) {
  Job& job = live_.job;
  Event(event_type::kStepFinished, finished_message);
  live_.todo.clear();
  live_.trouble.reset();
  live_.trouble_call.reset();
  job.step = step;
  job.since = env_.now;
  job.problem.reset();
  job.waiting_for.clear();
  progress().attempt = 0;
  SetState(compensating() ? JobState::kCancelling : JobState::kRunning, Move::kRoomkeeper);
  if (live_.room.problem.has_value()) {
    SetRoomState(live_.room.state, Move::kRoomkeeper, std::nullopt);
  }
  live_.step_started_at = env_.now;
  Event(event_type::kStepStarted, "");
}

void Draft::EnterWaiting(Step step, Move move, const std::string& waiting_for) {
  Enter(step);
  live_.job.waiting_for = waiting_for;
  SetState(JobState::kWaiting, move);
  decision_.events.back().job_state = JobState::kWaiting;
  decision_.events.back().move = move;
}

void Draft::Sleep(const char* event, const std::string& message, absl::Duration delay) {
  Job& job = live_.job;
  live_.todo.clear();
  job.wake_at = std::min(env_.now + delay, std::max(job.deadline_at, env_.now));
  SetState(compensating() ? JobState::kCancelling : JobState::kWaiting, job.move);
  slept_ = true;
  decision_.commit = true;
  if (event != nullptr) {
    Event(event, message);
  }
}

void Draft::Retry(const Problem& problem, absl::Duration delay) {
  Job& job = live_.job;
  // Fold: one event when the reason is new, then at each doubling of the attempts.
  const bool is_new = !job.problem.has_value() || job.problem->reason != problem.reason;
  ++progress().attempt;
  if (job.move != problem.move) {
    job.move = problem.move;
    job.since = env_.now;
  }
  job.problem = problem;
  job.waiting_for = "the next attempt";
  SetRoomState(live_.room.state, problem.move, problem);
  Sleep(is_new || IsPowerOfTwo(progress().attempt) ? event_type::kStepRetrying : nullptr,
        absl::StrCat(problem.reason, ": ", problem.message), delay);
}

void Draft::Wait(const std::string& waiting_for, Move move, absl::Duration delay) {
  ++progress().attempt;
  StandBy(waiting_for, move, delay);
}

void Draft::StandBy(const std::string& waiting_for, Move move, absl::Duration delay) {
  Job& job = live_.job;
  const bool is_new = job.waiting_for != waiting_for;
  if (job.move != move) {
    job.move = move;
    job.since = env_.now;
  }
  job.waiting_for = waiting_for;
  job.problem.reset();
  SetRoomState(live_.room.state, move, std::nullopt);
  Sleep(is_new ? event_type::kJobWaiting : nullptr, waiting_for, delay);
}

absl::Duration Draft::WaitFrozen() {
  const absl::Duration wait = env_.limits.freeze_wait * (0.5 + env_.chance / 2);
  live_.job.deadline_at += wait;
  return wait;
}

void Draft::StayQueued() {
  live_.job.wake_at = env_.now + WaitFrozen();
  slept_ = true;
  decision_.commit = true;
}

void Draft::HoldFrozen() {
  const absl::Duration wait = WaitFrozen();
  StandBy(WaitingFor(*env_.freeze), Move::kProviderOperator, wait);
}

bool Draft::IsHeldBy(const Freeze& freeze) const {
  return live_.job.waiting_for == WaitingFor(freeze);
}

absl::Duration Draft::BackOff() const {
  const DecideLimits& limits = env_.limits;
  absl::Duration cap = limits.backoff_base;
  for (std::int32_t i = 0; i < live_.job.progress.attempt && cap < limits.backoff_max; ++i) {
    cap *= 2;
  }
  cap = std::min(cap, limits.backoff_max);
  return std::max(limits.backoff_min, cap * env_.chance);
}

void Draft::SetRoomState(RoomState state, Move move, const std::optional<Problem>& problem) {
  CleanRoom& room = live_.room;
  if (room.state == state && room.move == move && room.problem == problem) {
    return;
  }
  const bool state_changed = room.state != state;
  if (state_changed || room.move != move) {
    room.state_since = env_.now;
  }
  room.state = state;
  room.move = move;
  room.problem = problem;
  if (state == RoomState::kReady) {
    room.ready_at = env_.now;
  }
  decision_.room_changed = true;
  decision_.commit = true;
  if (state_changed) {
    Event(event_type::kRoomState, problem.has_value() ? problem->reason : "");
  }
}

void Draft::SetCentralId(const std::string& central_clean_room_id) {
  if (!central_clean_room_id.empty() && live_.room.central_clean_room_id != central_clean_room_id) {
    live_.room.central_clean_room_id = central_clean_room_id;
    decision_.room_changed = true;  // rides in the next commit
  }
}

void Draft::NoteNotebook(const NotebookState& notebook) {
  decision_.room_changed = NoteVersion(live_.room, notebook) || decision_.room_changed;
}

void Draft::SetNotebooks(std::vector<NotebookState> notebooks) {
  for (const NotebookState& notebook : notebooks) {
    decision_.room_changed = NoteVersion(live_.room, notebook, env_.now) || decision_.room_changed;
  }
  if (live_.room.notebooks != notebooks) {
    live_.room.notebooks = std::move(notebooks);
    decision_.room_changed = true;
  }
}

void Draft::SwapSpecs() {
  LeaveFor(live_.room, RoomSpec(*live_.room.leaving));
  decision_.spec_changed = decision_.room_changed = decision_.commit = true;
}

void Draft::ForgetLeaving() {
  live_.room.leaving.reset();
  decision_.spec_changed = decision_.room_changed = decision_.commit = true;
}

void Draft::WindDown(const std::string& message) {
  Job& job = live_.job;
  AbandonReads();
  live_.abandoned_to = live_.last_call_id;
  live_.trouble.reset();
  live_.trouble_call.reset();
  progress().attempt = 0;
  job.waiting_for.clear();
  job.since = env_.now;
  SetState(JobState::kCancelling, Move::kRoomkeeper);
  Event(event_type::kJobCancelling, message);
}

void Draft::Compensate(const std::optional<Problem>& failing_with, const std::string& message,
                       Step step, RoomState room_state) {
  Job& job = live_.job;
  progress().failing_with = failing_with;
  job.problem = failing_with;
  job.step = step;
  job.deadline_at = env_.now + env_.limits.compensation_budget;
  live_.step_started_at = env_.now;
  WindDown(message);
  SetRoomState(room_state, Move::kRoomkeeper, failing_with);
}

void Draft::Finish(JobState state, const std::optional<Problem>& problem,
                   const std::string& message) {
  Job& job = live_.job;
  live_.todo.clear();
  live_.in_flight.clear();
  live_.doubt = false;
  job.problem = problem;
  job.waiting_for.clear();
  job.finished_at = env_.now;
  job.since = env_.now;
  if (const RoomState room = live_.room.state; IsRunnable(room)) {
    live_.room.look_at = env_.now + env_.limits.NextLook(room, env_.chance);
    decision_.room_changed = true;
  }
  if (state == JobState::kSucceeded) {
    Event(event_type::kStepFinished, "");
    job.step = Step::kDone;
  }
  SetState(state, Move::kNobody);
  Event(state == JobState::kSucceeded   ? event_type::kJobSucceeded
        : state == JobState::kCancelled ? event_type::kJobCancelled
                                        : event_type::kJobFailed,
        problem.has_value() ? absl::StrCat(problem->reason, ": ", message) : message);
  if (problem.has_value()) {
    decision_.events.back().move = problem->move;  // who may read the words, and acts next
  }
}

// Moves calls from todo to in flight, as many as may run at once: reads alone, writes up to the
// room's writers.
void Draft::SendQueued() {
  const auto writers = static_cast<std::size_t>(std::max(1, env_.limits.writers_per_room));
  while (!live_.todo.empty() && live_.in_flight.size() < writers &&
         (MayWrite() || !IsWrite(live_.todo.front().kind))) {
    if (live_.busy_since == absl::Time()) {
      live_.busy_since = env_.now;
    }
    live_.todo.front().sent_at = env_.now;
    live_.in_flight.push_back(live_.todo.front());
    decision_.send.push_back(std::move(live_.todo.front()));
    live_.todo.erase(live_.todo.begin());
  }
}

Decision Draft::Take() {
  Job& job = live_.job;
  SendQueued();
  if (live_.in_flight.empty() && !live_.todo.empty()) {
    HoldFrozen();  // only writes stay queued while nothing is in flight
  }
  const bool writing = std::any_of(live_.in_flight.begin(), live_.in_flight.end(),
                                   [](const Call& call) { return IsWrite(call.kind); });
  if (writing && !progress().intent_open) {
    progress().intent_open = true;
    decision_.commit = true;
    if (job.state == JobState::kWaiting) {
      SetState(JobState::kRunning, Move::kRoomkeeper);
    }
  } else if (!writing && !live_.doubt && decision_.commit) {
    progress().intent_open = false;
  }
  live_.room_dirty = live_.room_dirty || decision_.room_changed;
  decision_.room_changed = decision_.commit && live_.room_dirty;
  if (decision_.commit) {
    live_.room_dirty = false;
    job.updated_at = env_.now;
    live_.room.updated_at = env_.now;
    progress().our_time =
        NotNegative(env_.now - job.created_at - progress().platform_time - progress().budget_time);
    if (!slept_) {
      job.wake_at = env_.now;  // a crash from here on makes it due at once
    }
  }
  decision_.parked = live_.in_flight.empty();
  decision_.next = std::move(live_);
  return std::move(decision_);
}

}  // namespace roomkeeper
