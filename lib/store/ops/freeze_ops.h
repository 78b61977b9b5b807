#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"

#include "lib/model/audit.h"
#include "lib/model/freeze.h"

namespace roomkeeper {

// Part of lib/store/ops.h.

// Freezes a scope; again, it takes the new reason and keeps its `since`. kNotFound: no such brand.
struct SetFreeze {
  struct Result {
    Freeze freeze = {};
  };
  Freeze freeze = {};
  AuditStampPtr audit = {};
};

// Thaws a scope. One that is not frozen stays so.
struct LiftFreeze {
  struct Result {
    std::vector<Freeze> left = {};  // what is still frozen
  };
  std::string scope = {};
  absl::Time now = {};
  AuditStampPtr audit = {};
};

}  // namespace roomkeeper
