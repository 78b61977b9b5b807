#pragma once

#include "lib/obs/log.h"

namespace roomkeeper {

// From now on what gRPC itself logs (bad handshakes, failed binds) becomes events of `log`, so that
// stderr holds JSON lines only. `log` outlives every use of gRPC. Thread-safe; a second call
// changes the log.
void RouteGrpcLog(Log& log);

}  // namespace roomkeeper
