#pragma once

#include <string>

#include "lib/commands/jobs/read_jobs.h"

namespace roomkeeper {

struct RetryJobInput {
  JobId job = {};
  std::string request_id = {};
  bool validate_only = false;
};

// A new job of the same kind for the same room. RESOURCE_NOT_FOUND, OTHER_INSTALL,
// JOB_NOT_RETRYABLE (it is not FAILED or CANCELLED, or not the room's last job), and what a submit
// refuses. A provision whose room is gone makes the next generation, from the same package version.
void RetryJob(const CommandContext& context, const Principal& principal, RetryJobInput input,
              StoreDone<Job> done);

}  // namespace roomkeeper
