#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "lib/config/config.h"
#include "lib/obs/log.h"

namespace roomkeeper {

struct DaemonOptions {
  Config config = {};
  // Where to write an operator's key (mode 0600) if the store has none; empty: nowhere. The key is
  // never printed.
  std::string bootstrap_operator_key = {};
};

// The running service: the one place that knows every concrete class. Start, ready_line and Stop on
// one thread.
class Daemon {
 public:
  // Serves when it returns. An error says what to do; nothing is left behind. `log` outlives the
  // daemon.
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(DaemonOptions options, Log& log);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // {"ready":true,"grpc_address":…,"admin_address":…}
  std::string ready_line() const;

  // Drains: watches are told where to resume, calls end or are cut after grpc.drain_timeout, writes
  // in flight to the platform get the chance to land and to be recorded. May be called twice.
  void Stop();

 private:
  struct Parts;
  explicit Daemon(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace roomkeeper
