#pragma once

#include "lib/engine/workflows/step_table.h"

namespace roomkeeper {

// preflight → ensure_room → await_active → ensure_assets → ensure_notebooks → verify → done.
namespace provision {

void BeginPreflight(Draft& draft);
void AnsweredPreflight(Draft& draft, const Call& call, const Answer& answer);

void BeginEnsureRoom(Draft& draft);
void AnsweredEnsureRoom(Draft& draft, const Call& call, const Answer& answer);

void BeginAwaitActive(Draft& draft);
void AnsweredAwaitActive(Draft& draft, const Call& call, const Answer& answer);

void BeginEnsureAssets(Draft& draft);
void AnsweredEnsureAssets(Draft& draft, const Call& call, const Answer& answer);
void FinishedEnsureAssets(Draft& draft);

void BeginEnsureNotebooks(Draft& draft);
void AnsweredEnsureNotebooks(Draft& draft, const Call& call, const Answer& answer);
void FinishedEnsureNotebooks(Draft& draft);

void BeginVerify(Draft& draft);
void AnsweredVerify(Draft& draft, const Call& call, const Answer& answer);

}  // namespace provision

// Deletes the room and creates it again, within the budget of rooms per job; else fails with
// `problem`.
void Recreate(Draft& draft, const Problem& problem);

// The room of a provision is gone from the platform: begin again at ensure_room.
void RestartAtEnsureRoom(Draft& draft, const std::string& why);

}  // namespace roomkeeper
