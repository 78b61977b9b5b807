#pragma once

#include <grpcpp/support/status.h>

#include "roomkeeper/v1/job.pb.h"

namespace roomkeeper {

// What the process ends with: scripts branch on these. docs/roomctl.md lists them; never renumber.
enum class ExitCode : int {
  kOk = 0,
  kRequestWrong = 1,  // or refused in the present state, or left to the brand's admin to mend
  kUsage = 2,         // the command line is wrong; nothing was sent
  kNotFound = 3,
  kDenied = 4,  // no key, a wrong key, or not allowed
  kPackageFault =
      5,  // the job failed and will again until the package or the provider's setup changes
  kPlatformFailed = 75,  // the platform or the server failed; a retry may help (EX_TEMPFAIL)
  kTimeout = 124,        // --timeout passed; the job goes on
};

ExitCode ExitCodeOf(const grpc::Status& status);
// Of a job that is final; of one that is not: kTimeout.
ExitCode ExitCodeOf(const v1::Job& job);

}  // namespace roomkeeper
