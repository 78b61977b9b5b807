#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/databricks_sim/simulator.h"

namespace roomkeeper::sim {

// The JSON of the control URL. Parsers answer kInvalidArgument with every problem of the body.

absl::StatusOr<Fault> ParseFault(const std::string& body);
// {"knob": "value", …}; each is checked against the table of knobs.
absl::StatusOr<Knobs> ParseKnobs(const std::string& body);
// {"by": "1h30m"}
absl::StatusOr<absl::Duration> ParseAdvance(const std::string& body);

std::string FormatRequests(const std::vector<LoggedRequest>& requests);
// {"total": …, "counts": {"POST /api/2.0/clean-rooms": …}}
std::string FormatCounts(const std::vector<LoggedRequest>& requests);
std::string FormatClock(absl::Time now, absl::Duration ahead);
std::string FormatError(absl::string_view message);

}  // namespace roomkeeper::sim
