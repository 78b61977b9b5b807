#include "services/roomkeeperd/rpc/status_codec.h"

#include <google/protobuf/any.pb.h>

#include "absl/strings/str_cat.h"

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

#include "lib/model/reasons.h"
#include "lib/model/refusal.h"

namespace roomkeeper {
namespace {

constexpr char kDomain[] = "roomkeeper";
constexpr absl::Duration kStoreRetry = absl::Seconds(1);

// What stands behind an error that nobody decided on.
Refusal FromError(const absl::Status& status, const std::string& trace_id) {
  if (absl::IsUnavailable(status)) {
    return {.code = absl::StatusCode::kUnavailable,
            .reason = reason::kStoreUnavailable,
            .message = "the job table cannot be reached now",
            .retry_after = kStoreRetry};
  }
  if (absl::IsResourceExhausted(status)) {
    return {.code = absl::StatusCode::kResourceExhausted,
            .reason = reason::kServerBusy,
            .message = "the server has too much to do now",
            .retry_after = kStoreRetry};
  }
  return {.code = status.code() == absl::StatusCode::kDataLoss ? absl::StatusCode::kDataLoss
                                                               : absl::StatusCode::kInternal,
          .reason = reason::kInternal,
          .message = absl::StrCat("internal error; tell the operator trace ", trace_id),
          .metadata = {{"trace_id", trace_id}}};
}

google::rpc::Status Encode(const Refusal& refusal) {
  google::rpc::Status encoded;
  encoded.set_code(static_cast<int>(refusal.code));
  encoded.set_message(refusal.message);
  google::rpc::ErrorInfo info;
  info.set_reason(refusal.reason);
  info.set_domain(kDomain);
  info.mutable_metadata()->insert(refusal.metadata.begin(), refusal.metadata.end());
  encoded.add_details()->PackFrom(info);
  if (!refusal.violations.empty()) {
    google::rpc::BadRequest bad;
    for (const FieldViolation& violation : refusal.violations) {
      auto* row = bad.add_field_violations();
      row->set_field(violation.field);
      row->set_description(violation.description);
    }
    encoded.add_details()->PackFrom(bad);
  }
  if (refusal.retry_after > absl::ZeroDuration()) {
    google::rpc::RetryInfo retry;
    const std::int64_t ms = absl::ToInt64Milliseconds(refusal.retry_after);
    retry.mutable_retry_delay()->set_seconds(ms / 1000);
    retry.mutable_retry_delay()->set_nanos(static_cast<int>(ms % 1000) * 1000000);
    encoded.add_details()->PackFrom(retry);
  }
  return encoded;
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status, const std::string& trace_id) {
  if (status.ok()) {
    return grpc::Status::OK;
  }
  if (absl::IsCancelled(status)) {  // the caller went away: nobody's fault, and nobody reads it
    return {grpc::StatusCode::CANCELLED, std::string(status.message())};
  }
  const auto found = FindRefusal(status);
  const Refusal refusal = found ? *found : FromError(status, trace_id);
  return {static_cast<grpc::StatusCode>(refusal.code), refusal.message,
          Encode(refusal).SerializeAsString()};
}

}  // namespace roomkeeper
