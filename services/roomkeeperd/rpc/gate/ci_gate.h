#pragma once

#include <functional>

#include <google/protobuf/message.h>

#include "absl/status/status.h"

#include "lib/auth/principal.h"
#include "lib/store/job_store.h"
#include "services/roomkeeperd/rpc/authz.h"

namespace roomkeeper {

// The one place where what a CI key does not see is hidden from it: the clean room or job that the
// request names is looked up, its own or not, and is RESOURCE_NOT_FOUND unless it is of the key's
// install and under its label. Lists are filtered by their commands. The request has passed
// CheckRequest. `done` runs once, possibly inside, else on a thread of the store.
void CheckCiNames(JobStore& jobs, const Grant& grant, const Principal& principal,
                  const google::protobuf::Message& request, std::function<void(absl::Status)> done);

}  // namespace roomkeeper
