#pragma once

#include "lib/engine/workflows/step_table.h"

namespace roomkeeper {

// A room that is taken from one version of its package to another: a PROVISION job
// (Job::moves_from) that begins with preflight and goes on at ENSURE_ASSETS, since the room is
// there. CleanRoom::spec is what it is to be and `leaving` what it was. What only the old version
// had is removed last, by verify. It never deletes the room: cancelled or refused, it goes the same
// way back (CANCELLING, from ENSURE_ASSETS on, with the two specs swapped), and what can be neither
// done nor undone is left DEGRADED with the difference, for a later look or a later move to mend.

inline bool IsMove(const Draft& draft) {
  return !draft.job().moves_from.empty();
}

// Back to the version that was left. Or, on the way back, LeaveBetween.
void FailMove(Draft& draft, const Problem& problem);
void CancelMove(Draft& draft);

// On the way back, or of a repair after LeaveBetween: a write of the way there, of unknown outcome,
// may still land. Nothing is begun or concluded before, and the job sleeps until then.
bool WaitsToSettle(Draft& draft);
// Verified: the room is as it was.
void FinishMovedBack(Draft& draft);

// FAILED, and the room DEGRADED with the old version as what is wanted of it.
void LeaveBetween(Draft& draft, const Problem& problem);

// A write that was given up has landed: what its etag stands for is kept.
void NoteWritten(Draft& draft, const ObservedAsset& written);

}  // namespace roomkeeper
