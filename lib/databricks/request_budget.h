#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/time.h"

#include "lib/base/fair_line.h"
#include "lib/http/rate_limiter.h"
#include "lib/io/loop.h"
#include "lib/model/ids.h"

namespace roomkeeper {

// For whom a request is sent. Each class has a queue of its own, so that none waits behind another.
enum class CallClass : std::uint8_t {
  kEngine,       // jobs, and what keeps the service itself going
  kInteractive,  // reads that a caller of ours waits for: as many as callers like to ask
  kBackground,   // looks that nobody waits for: only while neither of the others waits
};

struct BudgetLimits {
  double requests_per_second = 5;
  std::size_t in_flight_max = 64;  // so that a hung workspace cannot take all connections
  std::size_t queue_max = 10'000;
  std::size_t interactive_in_flight_max = 16;
  std::size_t interactive_queue_max = 256;
  std::size_t background_in_flight_max = 4;
  std::size_t background_queue_max = 64;
  // While both classes wait, one request in so many is interactive. What one class does not use
  // the other may, and what neither uses the background.
  int interactive_one_in = 5;
};

// How many callers that each have one call at a time this rate can serve, so that none waits longer
// than half of what a write may (RestOptions::write_leaves_within). With more, writes expire in the
// queue, and what their jobs ask before the next try is waste.
std::int32_t CallersServed(double requests_per_second);

// Who may send the next request to one workspace: a rate, a bound on what is in flight, turns
// between the classes, and within a class turns between the brands, each brand's requests in the
// order in which they came. Requests of no brand take turns as one more. Loop thread only; does not
// block.
class RequestBudget {
 public:
  // True: send now, and say Leave() when it is answered. False: it waited until `leave_by` or is
  // turned away; nothing is in flight for it. Never runs inside Enter, EnterFirst or TurnAway.
  using Turn = std::function<void(bool send)>;

  // The loop outlives the budget, and the budget its requests.
  RequestBudget(Loop& loop, BudgetLimits limits);
  RequestBudget(const RequestBudget&) = delete;
  RequestBudget& operator=(const RequestBudget&) = delete;

  // Room for one more in the queue of the class?
  bool HasRoom(CallClass of) const;
  // Waits for a turn, at the longest until `leave_by` (monotonic). Not bounded: see HasRoom.
  void Enter(CallClass of, const BrandId& brand, absl::Duration leave_by, Turn turn);
  // As Enter, before all that wait in its class.
  void EnterFirst(CallClass of, const BrandId& brand, absl::Duration leave_by, Turn turn);
  void Leave(CallClass of);

  // The workspace answered 429.
  void OnRateLimited(absl::Duration retry_after);
  // It does not answer at all: what waits is told that it will not be sent, soon.
  void TurnAway();
  // It answers again.
  void StartSlowly();
  double per_second();
  // How long one that comes now has to wait, about; for those who are told to come later.
  absl::Duration Delay(CallClass of, const BrandId& brand);

 private:
  // When it leaves at the latest, and its number among all that ever came.
  using Ticket = std::pair<absl::Duration, std::uint64_t>;
  struct Waiting {
    Ticket ticket;
    Turn turn;
  };
  struct Line {
    std::size_t in_flight_max;
    std::size_t queue_max;
    FairLine<BrandId, Waiting> queue = {};
    std::map<Ticket, BrandId> leaving = {};  // those of `queue` that do not wait for ever
    std::size_t in_flight = 0;
  };

  Line& LineOf(CallClass of) { return lines_[static_cast<std::size_t>(of)]; }
  const Line& LineOf(CallClass of) const { return lines_[static_cast<std::size_t>(of)]; }
  Waiting NewWaiting(Line& line, const BrandId& brand, absl::Duration leave_by, Turn turn);
  void PumpSoon();
  void Pump();
  bool EndOne();
  Line* Next();
  void ArmTimer();

  Loop& loop_;
  const BudgetLimits limits_;
  RateLimiter limiter_;
  std::array<Line, 3> lines_;
  std::vector<Turn> turned_away_;  // to be told; the last one first
  std::uint64_t tickets_ = 0;
  int engine_turns_ = 0;  // in a row, while interactive calls waited
  Loop::TimerId timer_ = 0;
  bool pump_posted_ = false;
  bool pumping_ = false;
};

}  // namespace roomkeeper
