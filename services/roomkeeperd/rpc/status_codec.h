#pragma once

#include <string>

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace roomkeeper {

// What a caller sees of a status: code, our message, and google.rpc details (ErrorInfo with the
// reason and domain "roomkeeper", BadRequest with all violations, RetryInfo). A status without a
// refusal is no decision of ours: the store's unavailability gets a reason and a delay, everything
// else becomes INTERNAL with `trace_id` and without its cause, which belongs in the log.
grpc::Status ToGrpc(const absl::Status& status, const std::string& trace_id);

}  // namespace roomkeeper
