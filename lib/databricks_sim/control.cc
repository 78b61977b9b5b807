#include "lib/databricks_sim/control.h"

#include "absl/strings/str_cat.h"

namespace roomkeeper::sim {

absl::StatusOr<std::string> RunControl(World&, FaultList&, const std::string&) {
  return absl::InvalidArgumentError("no action");
}

}  // namespace roomkeeper::sim
