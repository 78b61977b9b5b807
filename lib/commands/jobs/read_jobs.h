#pragma once

#include <string>
#include <vector>

#include "lib/auth/principal.h"
#include "lib/commands/command_context.h"
#include "lib/commands/jobs/step_progress.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {

// A caller may see the jobs of the rooms it may see. RESOURCE_NOT_FOUND, also for another brand's.
void FindJob(const CommandContext& context, const Principal& principal, JobId id,
             StoreDone<Job> done);
// … and OTHER_INSTALL if it may see the job but not change it.
void FindJobToChange(const CommandContext& context, const Principal& principal, JobId id,
                     StoreDone<Job> done);

struct JobView {
  Job job = {};
  std::vector<StepProgress> steps = {};
};
void GetJob(const CommandContext& context, const Principal& principal, JobId id,
            StoreDone<JobView> done);

struct ListJobsInput {
  BrandPath parent = {};        // empty: all that the caller may see
  CleanRoomId clean_room = {};  // with a full parent: of one room
  std::optional<JobState> state = {};
  std::int32_t limit = 50;
  std::string page_token = {};
};
struct ListJobsOutput {
  std::vector<Job> jobs = {};
  std::string next_page_token = {};
};
// INVALID_REQUEST for a foreign page token.
void ListJobs(const CommandContext& context, const Principal& principal, ListJobsInput input,
              StoreDone<ListJobsOutput> done);

}  // namespace roomkeeper
