#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/cleanroom/plan.h"
#include "lib/engine/draft.h"

namespace roomkeeper {

// One step of a workflow. `begin` queues its first calls (after a doubt: the look before them) or
// enters the next step if there is nothing to do. `answered` takes a good answer: it queues more
// calls, enters another step or ends the job. `finished` runs once nothing is queued or in flight.
struct StepRow {
  Step step = Step::kPreflight;
  const char* what = "";  // after "could not "
  void (*begin)(Draft& draft) = nullptr;
  void (*answered)(Draft& draft, const Call& call, const Answer& answer) = nullptr;
  void (*finished)(Draft& draft) = nullptr;  // null: `answered` does it all
};

// The row of a step; every step but kDone has one.
const StepRow& RowFor(Step step);

// Enters `step` and begins it.
void GoTo(Draft& draft, Step step, const std::string& finished_message = "");

// Ends the job with `problem`: at once if nothing of it is on the platform, else after what it made
// is deleted.
void Fail(Draft& draft, const Problem& problem);

// Ours is on the platform, or may be.
bool MadeSomething(const Draft& draft);

// The room is quarantined and the job fails; nothing is touched.
void Quarantine(Draft& draft, const Problem& problem);

// desired − observed, with the mark checked.
std::vector<Action> PlanFor(const Draft& draft, const std::optional<ObservedRoom>& observed);

}  // namespace roomkeeper
