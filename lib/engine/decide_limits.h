#pragma once

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"

#include "lib/model/states.h"

namespace roomkeeper {

// The numbers that Decide goes by.
struct DecideLimits {
  // A room that is not ACTIVE by then is deleted and made again. The official SDKs give up after 20
  // minutes; the slowest rooms take about that long.
  absl::Duration provisioning_timeout = absl::Minutes(25);
  std::int32_t rooms_per_job_max = 3;  // creates, then the job fails with the reason
  // Attempts of one step of a move that need a person, then it goes back to the version it left.
  std::int32_t move_attempts_max = 5;
  std::int32_t repairs_max = 5;  // times verify may send a job back
  // The platform promises nothing beyond one writer per room.
  std::int32_t writers_per_room = 1;
  // Full jitter: the n-th retry waits between backoff_min and min(backoff_max, base * 2^n).
  absl::Duration backoff_min = absl::Seconds(1);
  absl::Duration backoff_base = absl::Seconds(5);
  absl::Duration backoff_max = absl::Minutes(10);
  // Assets that become ACTIVE: asked again quickly at first, then slower.
  absl::Duration asset_wait_base = absl::Milliseconds(500);
  absl::Duration asset_wait_max = absl::Seconds(30);
  // A job held by a freeze looks again after half of this to all of it: so soon goes on what is
  // thawed.
  absl::Duration freeze_wait = absl::Seconds(30);
  // A full metastore heals only when somebody deletes rooms or raises the limit.
  absl::Duration limit_wait = absl::Minutes(10);
  // How long a compensation may try before the row says what is left.
  absl::Duration compensation_budget = absl::Hours(1);
  // A look may say "not found" of a room that is there (reads lag behind writes): an end without a
  // delete of ours needs a second look, this much later.
  absl::Duration second_look_after = absl::Seconds(5);
  // Longer than any call can take to land: the HTTP timeout and a margin. "Gone" is concluded only
  // when every call whose outcome is unknown is older.
  absl::Duration call_horizon = absl::Seconds(75);
  // A READY room is looked at for drift about so often (0: no room is), a DEGRADED one sooner, so
  // that it soon is READY once the cause is gone.
  absl::Duration look_interval = absl::ZeroDuration();
  absl::Duration degraded_look_interval = absl::Minutes(15);

  // Until the next look at a room in `state`; `chance` in [0, 1) spreads the looks.
  absl::Duration NextLook(RoomState state, double chance) const {
    const absl::Duration often = std::min(look_interval, degraded_look_interval);
    return (state == RoomState::kReady ? look_interval : often) * (0.75 + chance / 2);
  }
};

}  // namespace roomkeeper
