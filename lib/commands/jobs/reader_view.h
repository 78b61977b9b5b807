#pragma once

#include <string>

#include "lib/auth/principal.h"
#include "lib/model/job.h"

namespace roomkeeper {

// What a reader may know of a trouble whose move is the provider's operator. Its sentence is
// written for operators: it has GRANT statements, names of tables and principals, and counts over
// all brands. A brand gets reason, move and `retryable` with a sentence that says whom to ask.
// Pure.

// `about`: the resource to name when asking, normally the job.
Problem ShownTo(const Principal& reader, Problem problem, const std::string& about);
// Of a job: error, waiting_for and what it is failing with.
Job ShownTo(const Principal& reader, Job job);
CleanRoom ShownTo(const Principal& reader, CleanRoom room);
// The message of an event. lib/engine writes "REASON: sentence" or "REASON" for a problem.
std::string MessageShownTo(const Principal& reader, const JobEvent& event);

}  // namespace roomkeeper
