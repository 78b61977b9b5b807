#include "services/roomctl/exit_code.h"

namespace roomkeeper {

ExitCode ExitCodeOf(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return ExitCode::kOk;
    case grpc::StatusCode::NOT_FOUND:
      return ExitCode::kNotFound;
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::PERMISSION_DENIED:
      return ExitCode::kDenied;
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::OUT_OF_RANGE:
    case grpc::StatusCode::UNIMPLEMENTED:
      return ExitCode::kRequestWrong;
    case grpc::StatusCode::DEADLINE_EXCEEDED:  // of one call; --timeout is not told by a status
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DATA_LOSS:
    case grpc::StatusCode::DO_NOT_USE:
      return ExitCode::kPlatformFailed;
  }
  return ExitCode::kPlatformFailed;
}

ExitCode ExitCodeOf(const v1::Job& job) {
  switch (job.state()) {
    case v1::JOB_STATE_SUCCEEDED:
      return ExitCode::kOk;
    case v1::JOB_STATE_CANCELLED:
      return ExitCode::kRequestWrong;
    case v1::JOB_STATE_FAILED:
      if (job.error().retryable() || job.error().move() == v1::MOVE_PLATFORM) {
        return ExitCode::kPlatformFailed;
      }
      return job.error().move() == v1::MOVE_BRAND_ADMIN ? ExitCode::kRequestWrong
                                                        : ExitCode::kPackageFault;
    default:  // an open enum: what is not final has not ended
      return ExitCode::kTimeout;
  }
}

}  // namespace roomkeeper
