#include "lib/commands/refusals.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/model/reasons.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {

absl::Status NotFound(std::string resource_name) {
  return ToStatus({.code = absl::StatusCode::kNotFound,
                   .reason = reason::kNotFound,
                   .message = absl::StrCat(resource_name, " does not exist"),
                   .metadata = {{"resource", resource_name}}});
}

absl::Status NotFoundOr(const absl::Status& status, const std::string& resource_name) {
  return absl::IsNotFound(status) ? NotFound(resource_name) : status;
}

absl::Status OtherInstall(const Principal& principal, const std::string& resource_name) {
  const std::string bound =
      principal.install.empty()
          ? std::string("reads only: it is not bound to an install")
          : absl::StrCat("is bound to ", FormatName(principal.brand, principal.install));
  return ToStatus(
      {.code = absl::StatusCode::kPermissionDenied,
       .reason = reason::kOtherInstall,
       .message = absl::StrCat("this API key may not change ", resource_name, ": it ", bound),
       .metadata = {{"resource", resource_name}}});
}

absl::Status RoleTooLow(const Principal& principal, Role needed, absl::string_view what) {
  return ToStatus(
      {.code = absl::StatusCode::kPermissionDenied,
       .reason = reason::kRoleTooLow,
       .message = absl::StrCat("the role ", Name(principal.role), " is not enough ", what,
                               ": it takes the role ", Name(needed),
                               "; call as somebody who has it, or ask ",
                               IsOperator(needed) ? "an admin" : "the operator", " for such a key"),
       .metadata = {{"role", std::string(Name(principal.role))},
                    {"role_needed", std::string(Name(needed))}}});
}

absl::Status PlatformUnavailable(std::string message, absl::Duration retry_after) {
  return ToStatus({.code = absl::StatusCode::kUnavailable,
                   .reason = reason::kPlatformUnavailable,
                   .message = std::move(message),
                   .retry_after = retry_after});
}

absl::Status PlatformReadsFull(std::string message, absl::Duration retry_after) {
  return ToStatus({.code = absl::StatusCode::kResourceExhausted,
                   .reason = reason::kPlatformReadsFull,
                   .message = std::move(message),
                   .retry_after = retry_after});
}

absl::Status ShuttingDown() {
  return ToStatus({.code = absl::StatusCode::kUnavailable,
                   .reason = reason::kShuttingDown,
                   .message = "the server shuts down; call again",
                   .retry_after = absl::Seconds(1)});
}

absl::Status FromCallFailure(const Principal& reader, const CallFailure& failure,
                             absl::string_view what) {
  if (failure.error_code == kNotSentBudget) {
    return PlatformReadsFull(
        absl::StrCat("too many calls read the platform now: it was not asked to ", what),
        failure.retry_after);
  }
  switch (failure.error) {
    case CallError::kNone:
      return absl::OkStatus();
    case CallError::kRateLimited:
    case CallError::kUnavailable:
    case CallError::kUnknownOutcome:
    case CallError::kConflict:
      return PlatformUnavailable(absl::StrCat("the platform could not ", what, " now"),
                                 std::max(failure.retry_after, absl::Seconds(5)));
    case CallError::kInvalid:
    case CallError::kInvalidState:
    case CallError::kUnauthenticated:
    case CallError::kDenied:
    case CallError::kNotFound:
    case CallError::kAlreadyExists:
    case CallError::kLimitReached:
      break;
  }
  Refusal refusal{.code = absl::StatusCode::kFailedPrecondition,
                  .reason = reason::kPlatformRefused,
                  .message = absl::StrCat("the platform refused to ", what),
                  .metadata = {{"trace_id", reader.trace_id}}};
  if (reader.IsOperator()) {
    absl::StrAppend(&refusal.message, ": ",
                    failure.error_code.empty() ? absl::StrCat("HTTP ", failure.http_status)
                                               : failure.error_code);
    refusal.metadata["error_code"] = failure.error_code;
    refusal.metadata["platform_request_id"] = failure.request_id;
  } else {
    absl::StrAppend(&refusal.message, "; ask the provider, naming trace ", reader.trace_id);
  }
  return ToStatus(refusal);
}

absl::Status EtagMismatch(const std::string& resource_name, std::int64_t stored_revision) {
  return ToStatus(
      {.code = absl::StatusCode::kAborted,
       .reason = reason::kEtagMismatch,
       .message = absl::StrCat(resource_name, " has changed since that etag was read"),
       .metadata = {{"resource", resource_name}, {"etag", absl::StrCat(stored_revision)}}});
}

absl::Status RequestIdReused(const std::string& request_id) {
  return ToStatus({.code = absl::StatusCode::kInvalidArgument,
                   .reason = reason::kRequestIdReused,
                   .message = absl::StrCat("request_id \"", request_id,
                                           "\" was used before with another request; a new "
                                           "request needs a new id"),
                   .violations = {{"request_id", "was used before with another request"}}});
}

absl::Status InvalidField(std::string field, std::string description) {
  std::string message = absl::StrCat(field, " ", description);
  return ToStatus({.code = absl::StatusCode::kInvalidArgument,
                   .reason = reason::kInvalidRequest,
                   .message = std::move(message),
                   .violations = {{std::move(field), std::move(description)}}});
}

absl::Status CheckMaySee(const Principal& principal, const RoomKey& room) {
  return principal.MaySee(room.brand) ? absl::OkStatus() : NotFound(FormatName(room));
}

absl::Status CheckMayChange(const Principal& principal, const RoomKey& room) {
  if (absl::Status seen = CheckMaySee(principal, room); !seen.ok()) {
    return seen;
  }
  return principal.MayChange(room) ? absl::OkStatus() : OtherInstall(principal, FormatName(room));
}

}  // namespace roomkeeper
