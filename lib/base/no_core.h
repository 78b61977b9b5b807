#pragma once

namespace roomkeeper {

// From now on a crash of the process leaves no core file, and no other process of its user can read
// its memory: either would show the secrets in it. First thing in main; there is no way back.
void LeaveNoCore();

}  // namespace roomkeeper
