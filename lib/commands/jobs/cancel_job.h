#pragma once

#include "lib/commands/jobs/read_jobs.h"

namespace roomkeeper {

// Asks a job to end; answers the job as stored, which goes on until what it made is removed.
// RESOURCE_NOT_FOUND, OTHER_INSTALL, JOB_FINAL, JOB_NOT_CANCELLABLE (a removal).
void CancelJobById(const CommandContext& context, const Principal& principal, JobId id,
                   StoreDone<Job> done);

}  // namespace roomkeeper
