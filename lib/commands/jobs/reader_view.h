#pragma once

#include <string>

#include "lib/auth/principal.h"
#include "lib/model/job.h"

namespace roomkeeper {

// What a reader may know. The sentence of a trouble is written for operators: what the platform
// said may name workspaces, tables, principals, GRANT statements and counts over all brands. A
// brand gets reason, move and `retryable` as they are, with a sentence that says whose move it is
// and whom to ask; a sentence about the brand's own admin is its own. Pure.

// `about`: the resource to name when asking, normally the job.
Problem ShownTo(const Principal& reader, Problem problem, const std::string& about);
// Of a job: error, waiting_for and what it is failing with.
Job ShownTo(const Principal& reader, Job job);
CleanRoom ShownTo(const Principal& reader, CleanRoom room);
// The message of an event. lib/engine writes "REASON: sentence" or "REASON" for a problem.
std::string MessageShownTo(const Principal& reader, const JobEvent& event);

}  // namespace roomkeeper
