#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "lib/cleanroom/provider.h"
#include "lib/databricks/poll_plan.h"
#include "lib/databricks/rest_client.h"
#include "lib/io/loop.h"
#include "lib/obs/metrics.h"

namespace roomkeeper {

// Waits for rooms of one shard to leave PROVISIONING, for all waiters together: few are read one by
// one, many from the list. Learns how long provisioning takes and looks when it is likely to be
// over (poll_plan.h). Loop thread only. All inner times are monotonic: the wall clock may step.
class RoomObserver {
 public:
  // Both outlive the observer; it outlives its requests.
  RoomObserver(Loop& loop, RestClient& rest, Metrics& metrics, PollLimits limits = {});
  ~RoomObserver();
  RoomObserver(const RoomObserver&) = delete;
  RoomObserver& operator=(const RoomObserver&) = delete;

  // As Provider::AwaitProvisioned. `created_at`: when the room was created, by our clock.
  void Await(const CallOrigin& origin, const std::string& room, absl::Time created_at,
             absl::Duration patience, CallDone<ObservedRoom> done);

  std::size_t waiting() const { return rooms_.size(); }
  const ProvisioningTimes& times() const { return times_; }

 private:
  struct Waiter {
    absl::Duration patience_ends;
    CallDone<ObservedRoom> done;
  };
  struct Room {
    CallOrigin origin;  // of the first waiter
    absl::Duration created_at;
    absl::Duration look_at;
    std::vector<Waiter> waiters;
    CallResult<ObservedRoom> last;  // as last seen, or the failure that hides it
    bool seen = false;              // PROVISIONING
    bool looked = false;            // `last` is what a look said
    bool followed = false;          // no gap in which it may have become ready unseen
    std::int32_t calls = 0;
  };
  using Rooms = std::map<std::string, Room>;  // by name in lower case

  absl::Duration Now() const;
  void LookEarly(const Room& room);
  void Schedule();
  void Tick();
  void EndPatience();
  std::vector<std::string> Due();
  void LookOneByOne(const std::vector<std::string>& due);
  void LookAtList();
  void OnList(CallResult<std::vector<ObservedRoom>> list);
  void Take(const std::string& name, CallResult<ObservedRoom> result);
  // As Take, but a room just created may not be there yet.
  void TakeFresh(const std::string& name, CallResult<ObservedRoom> result);
  void LookLater(Room& room, absl::Duration not_before);
  void Answer(const std::string& name, const CallResult<ObservedRoom>& result);
  void BeginLook(std::int32_t requests);
  void EndLook();
  PollCost Cost();

  Loop& loop_;
  RestClient& rest_;
  Metrics& metrics_;
  const PollLimits limits_;
  Rooms rooms_;
  ProvisioningTimes times_;
  EarlyLooks early_;
  std::int32_t list_pages_ = 1;
  std::int32_t looks_open_ = 0;
  std::int32_t requests_of_look_ = 1;
  absl::Duration look_began_ = -absl::InfiniteDuration();
  absl::Duration next_look_ =
      -absl::InfiniteDuration();  // not before: the limits hold for all together
  Loop::TimerId timer_ = 0;
};

}  // namespace roomkeeper
