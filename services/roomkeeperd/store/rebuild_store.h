#pragma once

#include <string>

#include "absl/status/statusor.h"

#include "lib/config/config.h"

namespace roomkeeper {

struct RebuildOptions {
  std::string enrolments_file = {};  // see enrolments.h
  bool dry_run = false;              // only look and tell; a server may run
};

// Makes the store anew from the platform's rooms and the enrolments (see PlanRebuild). Only reads
// the platform. Answers what became of each room and what to do next. Until the last moment there
// is no store, whatever goes wrong. kFailedPrecondition: there is a store, a server has it, or the
// provenance key is lost. kUnavailable: a shard or one of its rooms cannot be read. Blocks.
absl::StatusOr<std::string> RebuildStore(const Config& config, const RebuildOptions& options);

}  // namespace roomkeeper
