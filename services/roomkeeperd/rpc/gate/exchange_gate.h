#pragma once

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

#include "lib/base/mutex.h"

namespace roomkeeper {

// Token buckets: so many calls a second on average, and so many at once.
struct ExchangeLimits {
  double per_second_of_address = 0.5;
  double burst_of_address = 20;
  double per_second = 20;
  double burst = 200;
  std::size_t request_bytes_max = 4096;
};

// Bounds the calls of those who have not proved anything yet: of each address, and of all together,
// so that trying out codes gets nowhere and does not fill the store. Thread-safe; never blocks.
class ExchangeGate {
 public:
  explicit ExchangeGate(ExchangeLimits limits);

  // INVALID_REQUEST (too large), ENROLLMENT_RATE_EXCEEDED with a delay. `now` is monotonic.
  absl::Status Enter(const std::string& address, std::size_t request_bytes, absl::Duration now);

 private:
  // At about 100 bytes each; when full it starts from empty, and the bound of all holds on.
  static constexpr std::size_t kAddressesMax = 10000;

  struct Bucket {
    double tokens = 0;
    absl::Duration refilled_at = absl::ZeroDuration();
  };

  // Zero: it may go. Else when it may.
  static absl::Duration Wait(Bucket& bucket, double per_second, double burst, absl::Duration now);

  const ExchangeLimits limits_;
  Mutex mu_;
  absl::flat_hash_map<std::string, Bucket> addresses_ ABSL_GUARDED_BY(mu_);
  Bucket all_ ABSL_GUARDED_BY(mu_);
};

}  // namespace roomkeeper
