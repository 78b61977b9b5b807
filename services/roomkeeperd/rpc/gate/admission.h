#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "lib/base/mutex.h"
#include "lib/model/brand.h"
#include "lib/obs/metrics.h"
#include "services/roomkeeperd/rpc/gate/exchange_gate.h"

namespace roomkeeper {

// Bounds on what the server holds at a time and does in a second. Those of a brand hold for all its
// keys together; operators are bounded by the first two and by the platform's only.
struct FrontDeskLimits {
  // Unary calls in work: each waits for the store or the platform, at about 10 KB.
  std::int32_t calls_max = 20000;
  // Open WatchJob streams and WaitJob calls, at about 20 KB.
  std::int32_t waits_max = 10000;
  std::int32_t calls_per_brand_max = 1'000'000;
  std::int32_t waits_per_brand_max = 1'000'000;
  // A token bucket: so many calls a second on average, and so many at once.
  double calls_per_second_per_brand = 1e6;
  double calls_burst_per_brand = 1e6;
  // Calls of one brand (all operators together count as one) that wait for the platform.
  std::int32_t platform_reads_per_brand_max = 4;
  // Removals of one brand that wait for one of these places instead of being refused: a brand that
  // removes all its rooms at once is served in turn.
  std::size_t removals_in_line_per_brand_max = 64;
  // Exchanges of enrolment codes, by callers without a key.
  ExchangeLimits exchanges = {};
  // A watch whose caller has not taken an event for so long is cut.
  absl::Duration watch_write_timeout = absl::Minutes(1);
};

// What one call holds of the bounds, to be given back.
struct Admitted {
  bool waits = false;  // for a job, for minutes
  bool counted = false;
  bool counted_for_brand = false;
  bool reads_platform = false;
  BrandId brand = {};
};

// Counts calls against the bounds. Each step admits or refuses with RESOURCE_EXHAUSTED and a delay;
// whatever was admitted, Leave gives back. `now` is monotonic. Thread-safe; never blocks.
class Admission {
 public:
  Admission(FrontDeskLimits limits, Metrics& metrics) : limits_(limits), metrics_(metrics) {}

  // Before anything is known of the caller: SERVER_BUSY.
  absl::Status Enter(Admitted& call);
  // A brand's call, its key verified: BRAND_RATE_EXCEEDED, BRAND_CALLS_FULL.
  absl::Status EnterBrand(Admitted& call, const BrandId& brand, absl::Duration now);
  // One that waits for the platform, of a brand or (empty) of the operators: PLATFORM_READS_FULL.
  // `done` runs once: inside, or, for a removal that waits in line, when another call leaves or the
  // lines are sent away. The call lives until Leave, which comes after `done`.
  using Let = std::function<void(absl::Status)>;
  void EnterPlatform(Admitted& call, const BrandId& brand, bool removes, Let done);
  void Leave(const Admitted& call);
  // Nobody waits in line any more, now or later: they are answered with this.
  void SendLinesAway(const absl::Status& why);

  const FrontDeskLimits& limits() const { return limits_; }

 private:
  struct InLine {
    Admitted* call = nullptr;
    Let done = {};
  };
  struct Use {
    std::int32_t calls = 0;
    std::int32_t waits = 0;
    std::int32_t platform_reads = 0;
    std::deque<InLine> line = {};
    double tokens = 0;
    absl::Duration refilled_at = -absl::InfiniteDuration();
  };

  // Gives the call's place to the next in line, whose `done` it answers, or back.
  Let LeavePlatform(const Admitted& call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status TakeToken(Use& use, absl::Duration now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const FrontDeskLimits limits_;
  Metrics& metrics_;
  Mutex mu_;
  std::int32_t calls_ ABSL_GUARDED_BY(mu_) = 0;
  std::int32_t waits_ ABSL_GUARDED_BY(mu_) = 0;
  bool lines_closed_ ABSL_GUARDED_BY(mu_) = false;
  // Of brands that have called; as many as are enrolled at most.
  std::map<BrandId, Use> brands_ ABSL_GUARDED_BY(mu_);
};

}  // namespace roomkeeper
