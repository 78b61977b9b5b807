#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace roomkeeper {

struct StoreBackup {
  std::string path = {};
  std::int64_t bytes = 0;
  std::int64_t schema_version = 0;
  absl::Duration took = absl::ZeroDuration();
};

// Copies of the store while it serves. Thread-safe.
class StoreBackups {
 public:
  virtual ~StoreBackups() = default;

  // Copies the store, as of one instant, to a new file. Does not block; `done` runs once, on a
  // thread of its own or, when the call is refused, at once. kResourceExhausted: another copy is
  // being made. kCancelled: the server stops. Any other error says what to do; nothing of the copy
  // is left.
  virtual void Take(std::function<void(absl::StatusOr<StoreBackup>)> done) = 0;
};

}  // namespace roomkeeper
