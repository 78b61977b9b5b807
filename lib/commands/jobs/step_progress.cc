#include "lib/commands/jobs/step_progress.h"

#include <algorithm>
#include <array>

namespace roomkeeper {
namespace {

constexpr std::array kProvisionSteps = {Step::kPreflight,       Step::kEnsureRoom,
                                        Step::kAwaitActive,     Step::kEnsureAssets,
                                        Step::kEnsureNotebooks, Step::kVerify};
constexpr std::array kRemovalSteps = {Step::kDeleteRoom, Step::kAwaitGone};

StepProgress* FindStep(std::vector<StepProgress>& steps, Step step) {
  const auto found = std::find_if(steps.begin(), steps.end(),
                                  [&](const StepProgress& row) { return row.step == step; });
  return found == steps.end() ? nullptr : &*found;
}

std::vector<StepProgress> PlannedSteps(const Job& job) {
  std::vector<StepProgress> steps;
  if (job.kind == JobKind::kProvision) {
    for (const Step step : kProvisionSteps) {
      const bool makes_room = step == Step::kEnsureRoom || step == Step::kAwaitActive;
      if (!makes_room || job.moves_from.empty()) {
        steps.push_back({.step = step});
      }
    }
  }
  const bool turned =
      std::find(kRemovalSteps.begin(), kRemovalSteps.end(), job.step) != kRemovalSteps.end();
  if (job.kind == JobKind::kTeardown || turned) {
    for (const Step step : kRemovalSteps) {
      steps.push_back({.step = step});
    }
  }
  return steps;
}

// A step lasts from its first event to the first later event of another step; a step that is met
// again (verify sent the job back) goes on from its first start.
void AddTimes(const std::vector<JobEvent>& events, absl::Time end,
              std::vector<StepProgress>& steps) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    StepProgress* row = FindStep(steps, events[i].step);
    if (row == nullptr || events[i].type == "job.queued") {
      continue;
    }
    if (!row->started_at) {
      row->started_at = events[i].at;
    }
    const absl::Time until = i + 1 < events.size() ? events[i + 1].at : end;
    row->took += until - events[i].at;
  }
}

void AddStates(const Job& job, std::vector<StepProgress>& steps) {
  using State = StepProgress::State;
  const bool over = IsFinal(job.state);
  const bool succeeded = job.state == JobState::kSucceeded;
  bool past = FindStep(steps, job.step) != nullptr || job.step == Step::kDone;
  for (StepProgress& row : steps) {
    if (row.step == job.step && !succeeded) {
      past = false;
      row.state = job.state == JobState::kFailed ? State::kFailed : State::kActive;
      if (job.state == JobState::kQueued) {
        row.state = State::kPending;
      } else if (job.state == JobState::kCancelled) {
        row.state = State::kSkipped;
      }
      continue;
    }
    if (past || succeeded) {
      row.state = State::kDone;
    } else {
      row.state = over ? State::kSkipped : State::kPending;
    }
  }
}

// A provision that turned to removal left some of its steps behind.
void MarkLeftBehind(std::vector<StepProgress>& steps) {
  for (StepProgress& row : steps) {
    if (row.state == StepProgress::State::kDone && !row.started_at) {
      row.state = StepProgress::State::kSkipped;
    }
  }
}

}  // namespace

std::vector<StepProgress> StepsOf(const Job& job, const std::vector<JobEvent>& events,
                                  absl::Time now) {
  std::vector<StepProgress> steps = PlannedSteps(job);
  AddStates(job, steps);
  if (!events.empty()) {
    AddTimes(events, job.finished_at.value_or(now), steps);
    if (job.kind == JobKind::kProvision && job.state != JobState::kSucceeded) {
      MarkLeftBehind(steps);
    }
  }
  return steps;
}

}  // namespace roomkeeper
