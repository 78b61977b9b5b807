#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace roomkeeper {

// When to look at rooms that are being provisioned: the decisions of the room observer. Pure.

// How long provisioning took on a shard lately.
class ProvisioningTimes {
 public:
  void Add(absl::Duration took);
  std::size_t size() const { return recent_.size(); }
  // Of the last 64; `q` in [0, 1]. Zero when empty.
  absl::Duration Quantile(double q) const;

 private:
  std::vector<absl::Duration> recent_;  // a ring
  std::size_t next_ = 0;
};

// Whether to look at a room just after its create. On a shard where rooms are ACTIVE at once it
// saves the wait; elsewhere it would cost one request a room. So as many such looks may be open as
// the last ones earned: a ready room adds one, one that is not halves them, at none they end.
class EarlyLooks {
 public:
  // True: look now, and say what was seen.
  bool Take();
  void Seen(bool ready);
  // A room was ready by the time an ordinary first look came: it is worth a try again.
  void Revive();

 private:
  std::size_t open_ = 0;
  std::size_t window_ = 2;
};

struct PollLimits {
  absl::Duration interval_min = absl::Milliseconds(300);
  absl::Duration interval_max = absl::Seconds(10);  // as the official SDKs' waiters
  double requests_per_second_max = 10;              // observing must stay cheap (P5)
  // Of the shard's request budget: writes need the rest.
  double budget_share = 0.5;
  std::size_t single_gets_max = 4;
};

// What one look costs and may cost.
struct PollCost {
  std::size_t waiters = 1;       // rooms being provisioned
  std::int32_t requests = 1;     // of one look: GETs, or pages of LIST
  double budget_per_second = 5;  // of the shard, now
};

// The age at which a room is first looked at, the early look apart: when one in ten was ready, or
// soon while nothing is known.
absl::Duration FirstLook(const ProvisioningTimes& times, const PollLimits& limits);

// Until the next look at a room of `age`. A twentieth of the age: looking late then costs at most
// 5 % of the wait, and the number of looks grows only with its logarithm. Closer while completion
// is likely, if the times vary little; closer where one LIST serves many; never faster than the
// limits.
absl::Duration NextLook(absl::Duration age, const ProvisioningTimes& times, const PollCost& cost,
                        const PollLimits& limits);

// Between the beginnings of two looks, whatever the reason.
absl::Duration ShortestWait(const PollCost& cost, const PollLimits& limits);

// True: read the list for all; false: GET the rooms that are due.
bool UseList(std::size_t due, std::int32_t list_pages, const PollLimits& limits);

}  // namespace roomkeeper
