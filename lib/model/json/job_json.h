#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "lib/model/job.h"

namespace roomkeeper {

// Canonical JSON (lib/model/json/json_writer.h), stored in the job table. Durations are whole
// nanoseconds; times are RFC 3339 in UTC, or null.
std::string FormatJobProgress(const JobProgress& progress);
// kDataLoss: not what FormatJobProgress writes.
absl::StatusOr<JobProgress> ParseJobProgress(absl::string_view json);

}  // namespace roomkeeper
