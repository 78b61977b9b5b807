#pragma once

#include "lib/engine/workflows/step_table.h"

namespace roomkeeper {

// delete_room → await_gone → done: the whole of TEARDOWN, the compensation of a cancelled or failed
// PROVISION, and the first half of making a room again. Only a room that is provably ours is
// deleted, and "gone" is concluded only when no call of unknown outcome can still land.
namespace teardown {

void BeginDeleteRoom(Draft& draft);
void AnsweredDeleteRoom(Draft& draft, const Call& call, const Answer& answer);

void BeginAwaitGone(Draft& draft);
void AnsweredAwaitGone(Draft& draft, const Call& call, const Answer& answer);

}  // namespace teardown

// A removal that can not go on: the job fails, and the row says what is left and whose move it is.
void LeaveBehind(Draft& draft, const Problem& why);

}  // namespace roomkeeper
