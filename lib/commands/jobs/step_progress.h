#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/time/time.h"

#include "lib/model/job.h"

namespace roomkeeper {

struct StepProgress {
  enum class State : std::uint8_t { kPending, kActive, kDone, kSkipped, kFailed };
  Step step = Step::kPreflight;
  State state = State::kPending;
  std::optional<absl::Time> started_at = {};
  absl::Duration took = absl::ZeroDuration();  // until now while active
};

// The steps of the job's kind in order, then those of a removal it turned to, with how far each is.
// Read from the events; without them (a list) only the states are filled. Pure.
std::vector<StepProgress> StepsOf(const Job& job, const std::vector<JobEvent>& events,
                                  absl::Time now);

}  // namespace roomkeeper
