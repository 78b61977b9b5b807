#pragma once

#include <string>
#include <vector>

#include "lib/engine/decide.h"

namespace roomkeeper {

// A decision in the making: what the workflows build with. Keeps the rules that hold in every step:
// an intent is in the commit before its write, each change of state has its event, waits are
// folded, times are accounted.
class Draft {
 public:
  Draft(LiveJob live, const DecideEnv& env);

  const Job& job() const { return live_.job; }
  const CleanRoom& room() const { return live_.room; }
  const DecideEnv& env() const { return env_; }
  absl::Time now() const { return env_.now; }
  LiveJob& live() { return live_; }
  JobProgress& progress() { return live_.job.progress; }
  bool compensating() const { return live_.job.state == JobState::kCancelling; }
  // A write is in flight or its outcome is unknown.
  bool unsure() const;
  bool asleep() const { return slept_; }  // it waits for its wake_at
  bool idle() const { return live_.todo.empty() && live_.in_flight.empty(); }

  // Queues a call of the present step.
  void Add(Call call);
  // Reads that nobody waits for any more: their answers will be ignored. Writes stay.
  void AbandonReads();
  // Takes the answered call out; nothing if it was abandoned.
  std::optional<Call> Settle(const Answer& answer);
  // A write of unknown outcome may land until `time`. Durable with the next commit; before it, the
  // open intent says the same.
  void SettleAfter(absl::Time time);

  // QUEUED → RUNNING at `step`.
  void Start(Step step);
  // Ends the present step and enters another (without beginning its calls).
  void Enter(Step step, const std::string& finished_message = "");
  void EnterWaiting(Step step, Move move, const std::string& waiting_for);
  // The present step goes wrong for now: sleep `delay`, then begin it again.
  void Retry(const Problem& problem, absl::Duration delay);
  // The present step waits for something that is not a failure.
  void Wait(const std::string& waiting_for, Move move, absl::Duration delay);
  // As Wait, but no attempt is counted: nothing was tried.
  void StandBy(const std::string& waiting_for, Move move, absl::Duration delay);
  // Sleeps because of the freeze there is, and is given the time back. The step begins again.
  void HoldFrozen();
  // The same of a job that has not begun: it stays as it is.
  void StayQueued();
  bool IsHeldBy(const Freeze& freeze) const;
  absl::Duration BackOff() const;  // for the attempt at hand, with jitter

  void SetRoomState(RoomState state, Move move, const std::optional<Problem>& problem);
  void SetCentralId(const std::string& central_clean_room_id);
  void SetNotebooks(std::vector<NotebookState> notebooks);
  // A notebook was written, or seen as wanted: rides in the next commit.
  void NoteNotebook(const NotebookState& notebook);

  // What the room was to leave becomes what it is to be, and the other way round.
  void SwapSpecs();
  // The room has left the other version for good.
  void ForgetLeaving();

  // CANCELLING: nothing more is begun, and what is in flight is waited for.
  void WindDown(const std::string& message);
  // Into compensation: CANCELLING at `step`, the room in `room_state`.
  void Compensate(const std::optional<Problem>& failing_with, const std::string& message,
                  Step step = Step::kDeleteRoom, RoomState room_state = RoomState::kDeleting);
  // Final. The room's state is the caller's to set.
  void Finish(JobState state, const std::optional<Problem>& problem, const std::string& message);

  Decision Take();

 private:
  void Event(const char* type, const std::string& message);
  void SetState(JobState state, Move move);
  void Sleep(const char* event, const std::string& message, absl::Duration delay);
  bool MayWrite() const { return env_.freeze == nullptr; }
  absl::Duration WaitFrozen();  // given back to the deadline
  void SendQueued();
  void Account();

  const DecideEnv& env_;
  LiveJob live_;
  Decision decision_;
  bool slept_ = false;
};

}  // namespace roomkeeper
