#pragma once

#include <optional>
#include <vector>

#include "absl/strings/string_view.h"

#include "lib/engine/workflows/step_table.h"

namespace roomkeeper {

// A repair mends a room in place: one that was READY and is not as wanted any more, or one that was
// taken in from the platform (AdoptCleanRoom, store rebuild). It is a PROVISION job (Job::repair)
// that begins at VERIFY, never deletes the room or makes it again, and leaves it DEGRADED if it
// cannot be mended. Somebody uses the room meanwhile.

struct Drift {
  Problem problem = {};
  bool mendable = false;  // a repair can put it right
};

// What `plan` says of a room that was READY; nothing: it is whole. `status` is the platform's.
std::optional<Drift> FindDrift(const std::vector<Action>& plan, absl::string_view status);

inline bool IsRepair(const Draft& draft) {
  return draft.job().repair > 0;
}

// The plan is about the room itself, which no repair changes: the job has ended. But one that never
// was READY may be waited for.
bool EndedByRoom(Draft& draft, const std::vector<Action>& plan);
// FAILED, and the room DEGRADED.
void EndRepair(Draft& draft, const Problem& problem);
// Ends it, or waits for the write in flight; the room stays as it is.
void CancelRepair(Draft& draft);
void FinishCancelledRepair(Draft& draft);

}  // namespace roomkeeper
