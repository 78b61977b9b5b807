#pragma once

#include <cstdint>

#include "lib/cleanroom/provider.h"
#include "lib/model/clean_room.h"

namespace roomkeeper {

enum class Treatment : std::uint8_t {
  kRetry,      // later
  kLookFirst,  // observe, then act
  kWaitLong,   // a limit that waiting alone does not heal
  kWaitTurn,   // our own budget held it back: nothing was tried, nobody is at fault
  kSitOut,     // the platform answers nobody: nothing was tried
  kFail,
};

struct FailureRule {
  CallError error = CallError::kNone;
  Treatment treatment = Treatment::kRetry;
  const char* reason = "";  // Problem::reason, listed in docs/api.md
  Move move = Move::kRoomkeeper;
};

// One row for each CallError.
const FailureRule& RuleFor(const CallFailure& failure);

// What the failure of a call means for people. `what` says what was being done: "create the clean
// room".
Problem ProblemOf(const CallFailure& failure, const char* what);

}  // namespace roomkeeper
