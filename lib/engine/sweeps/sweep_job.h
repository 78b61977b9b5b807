#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/store/ops.h"

namespace roomkeeper {

// A job that a sweep makes of a clean room as it read it, unasked, for replica `owner`: kind, step,
// deadline, message and what becomes of the room are the caller's to set. Of two replicas that read
// the same row one makes the job, and nobody if the row has changed since.
SubmitJob MakeSweepJob(absl::string_view sweep, const CleanRoom& room, const std::string& owner,
                       absl::Time now);

}  // namespace roomkeeper
