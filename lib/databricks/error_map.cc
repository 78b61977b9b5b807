#include "lib/databricks/error_map.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "lib/databricks/wire/error_json.h"
#include "lib/http/retry_policy.h"

namespace roomkeeper {
namespace {

using wire::ErrorBody;

// By error_code first: the platform sends the same code with different statuses
// (RESOURCE_DOES_NOT_EXIST comes with 404 and, from older paths, 400). Codes and their HTTP
// numbers: https://docs.databricks.com/api/account/errors and the ErrorCode enum of mlflow's
// databricks.proto, read 2026-11-20.
struct CodeRow {
  absl::string_view code;
  CallError error;
};
constexpr std::array kCodes = {
    CodeRow{"BAD_REQUEST", CallError::kInvalid}, CodeRow{"MALFORMED_REQUEST", CallError::kInvalid},
    CodeRow{"INVALID_PARAMETER_VALUE", CallError::kInvalid},
    CodeRow{"MAX_NOTEBOOK_SIZE_EXCEEDED", CallError::kInvalid},
    CodeRow{"NOT_IMPLEMENTED", CallError::kInvalid},
    CodeRow{"INVALID_STATE", CallError::kInvalidState},
    CodeRow{"UNAUTHENTICATED", CallError::kUnauthenticated},
    CodeRow{"CUSTOMER_UNAUTHORIZED", CallError::kUnauthenticated},
    CodeRow{"PERMISSION_DENIED", CallError::kDenied},
    CodeRow{"PERMISSION_NOT_PROPAGATED", CallError::kUnavailable},
    // Not kNotFound: the product is not enabled, which must never read as "the room is gone".
    CodeRow{"ENDPOINT_NOT_FOUND", CallError::kDenied},
    CodeRow{"FEATURE_DISABLED", CallError::kDenied}, CodeRow{"NOT_FOUND", CallError::kNotFound},
    CodeRow{"ALREADY_EXISTS", CallError::kAlreadyExists},
    CodeRow{"RESOURCE_CONFLICT", CallError::kAlreadyExists},
    CodeRow{"ABORTED", CallError::kConflict},
    CodeRow{"RESOURCE_LIMIT_EXCEEDED", CallError::kLimitReached},
    CodeRow{"QUOTA_EXCEEDED", CallError::kLimitReached},
    CodeRow{"RESOURCE_EXHAUSTED", CallError::kRateLimited},
    CodeRow{"REQUEST_LIMIT_EXCEEDED", CallError::kRateLimited},
    // Also a gateway says these, after the service behind it may have acted.
    CodeRow{"TEMPORARILY_UNAVAILABLE", CallError::kUnknownOutcome},
    CodeRow{"SERVICE_UNDER_MAINTENANCE", CallError::kUnknownOutcome},
    CodeRow{"WORKSPACE_TEMPORARILY_UNAVAILABLE", CallError::kUnknownOutcome},
    CodeRow{"CANCELLED", CallError::kUnknownOutcome},
    CodeRow{"INTERNAL_ERROR", CallError::kUnknownOutcome},
    CodeRow{"UNKNOWN", CallError::kUnknownOutcome},
    CodeRow{"DATA_LOSS", CallError::kUnknownOutcome},
    CodeRow{"DEADLINE_EXCEEDED", CallError::kUnknownOutcome},  // lint: the platform's code
};
constexpr std::array kCodeSuffixes = {
    CodeRow{"_ALREADY_EXISTS", CallError::kAlreadyExists},  // TABLE_…, RESOURCE_…; UC sends 400
    CodeRow{"_DOES_NOT_EXIST", CallError::kNotFound},
    CodeRow{"_NOT_FOUND", CallError::kNotFound},
};

struct StatusRow {
  int status;
  CallError error;
};
constexpr std::array kStatuses = {
    StatusRow{400, CallError::kInvalid},        StatusRow{401, CallError::kUnauthenticated},
    StatusRow{403, CallError::kDenied},         StatusRow{404, CallError::kNotFound},
    StatusRow{408, CallError::kUnknownOutcome}, StatusRow{409, CallError::kConflict},
    StatusRow{412, CallError::kConflict},       StatusRow{413, CallError::kInvalid},
    StatusRow{429, CallError::kRateLimited},    StatusRow{499, CallError::kUnknownOutcome},
    StatusRow{501, CallError::kInvalid},        StatusRow{503, CallError::kUnknownOutcome},
};

// Throttles and hiccups that come with a code for something else: the texts that Databricks' own
// SDKs retry by (databricks-sdk-go and -py, read 2026-11-20). kUnavailable: said before acting.
struct TextRow {
  absl::string_view text;
  CallError error;
};
constexpr std::array kTexts = {
    TextRow{"token bucket limit has been exceeded", CallError::kRateLimited},
    TextRow{"does not have any associated worker environments", CallError::kUnavailable},
    TextRow{"There is no worker environment with id", CallError::kUnavailable},
    TextRow{"Unknown worker environment", CallError::kUnavailable},
    TextRow{"UnknownWorkerEnvironmentException", CallError::kUnavailable},
    TextRow{"ClusterNotReadyException", CallError::kUnavailable},
    TextRow{"Timed out after ", CallError::kUnknownOutcome},
    TextRow{"deadline exceeded", CallError::kUnknownOutcome},
};

std::optional<CallError> ByCode(absl::string_view code) {
  for (const CodeRow& row : kCodes) {
    if (row.code == code) {
      return row.error;
    }
  }
  for (const CodeRow& row : kCodeSuffixes) {
    if (absl::EndsWith(code, row.code)) {
      return row.error;
    }
  }
  return std::nullopt;
}

CallError ByStatus(int status) {
  for (const StatusRow& row : kStatuses) {
    if (row.status == status) {
      return row.error;
    }
  }
  if (status >= 500) {
    return CallError::kUnknownOutcome;
  }
  // A redirect leads to a login page (private link, single sign-on): the API was not reached.
  return status < 400 ? CallError::kDenied : CallError::kInvalid;
}

bool SaysTokenRefused(const ErrorBody& body) {
  std::string text = absl::AsciiStrToLower(body.message);
  absl::StrReplaceAll({{"page_token", ""}, {"page token", ""}}, &text);
  return absl::StrContains(text, "jwt") ||
         (absl::StrContains(text, "token") &&
          (absl::StrContains(text, "expir") || absl::StrContains(text, "invalid") ||
           absl::StrContains(text, "access token")));
}

bool IsTokenRefusal(int status, const ErrorBody& body) {
  if (status == 401) {
    return true;
  }
  return (status == 400 || status == 403) && (body.error_code_is_number || SaysTokenRefused(body));
}

CallError Classify(int status, const ErrorBody& body, RestVerb verb) {
  for (const TextRow& row : kTexts) {
    if (absl::StrContains(body.message, row.text)) {
      return row.error;
    }
  }
  for (const std::string& reason : body.reasons) {
    if (ByCode(reason) == CallError::kAlreadyExists) {
      return CallError::kAlreadyExists;
    }
  }
  const std::optional<CallError> by_code = ByCode(body.error_code);
  if (!by_code.has_value() && status == 404 && body.is_html) {
    return CallError::kUnknownOutcome;  // a gateway's page, not the API's word that it is gone
  }
  const CallError error = by_code.value_or(ByStatus(status));
  if (error == CallError::kRateLimited && body.has_quota_failure && verb == RestVerb::kCreate) {
    return CallError::kLimitReached;  // 429 stands for rate and for quota
  }
  if (!by_code.has_value() && status == 409 && verb == RestVerb::kCreate) {
    return CallError::kAlreadyExists;
  }
  return error;
}

std::string HeaderOf(const HttpResult& result, absl::string_view name) {
  for (const auto& [key, value] : result.headers) {
    if (key == name) {
      return value;
    }
  }
  return {};
}

// A read has no outcome that could be unknown: it may simply be asked again.
CallError ForVerb(CallError error, RestVerb verb) {
  return error == CallError::kUnknownOutcome && verb == RestVerb::kRead ? CallError::kUnavailable
                                                                        : error;
}

Verdict Unanswered(const HttpResult& result, RestVerb verb) {
  const bool not_sent = result.transport == HttpResult::Transport::kNotSent;
  return {.failure = {.error = ForVerb(
                          not_sent ? CallError::kUnavailable : CallError::kUnknownOutcome, verb),
                      .message = result.error.substr(0, 500)},
          .outage = true};
}

}  // namespace

Verdict Judge(const HttpResult& result, RestVerb verb, absl::Time now) {
  if (result.transport != HttpResult::Transport::kAnswered) {
    return Unanswered(result, verb);
  }
  const bool is_html = absl::StartsWith(absl::StripLeadingAsciiWhitespace(result.body), "<");
  if (result.status >= 200 && result.status < 300 && !is_html) {
    return {};
  }
  const ErrorBody body = wire::ParseErrorBody(result.body);
  Verdict verdict;
  CallFailure& failure = verdict.failure;
  failure.http_status = result.status;
  failure.error_code = body.error_code;
  failure.message = body.message;
  failure.request_id = body.request_id.empty() ? HeaderOf(result, "x-request-id") : body.request_id;
  failure.retry_after = std::max(
      body.retry_delay,
      ParseRetryAfter(HeaderOf(result, "retry-after"), now).value_or(absl::ZeroDuration()));
  if (result.status < 400) {
    // After a write a page in place of the answer proves nothing; the look that follows tells.
    failure.error = result.status < 300 && verb != RestVerb::kRead ? CallError::kUnknownOutcome
                                                                   : CallError::kDenied;
    // As the official SDKs call it.
    failure.error_code = "PRIVATE_LINK_VALIDATION_ERROR";
    failure.message =
        "a login page answered instead of the API: is this network allowed to reach "
        "the workspace?";
    return verdict;
  }
  verdict.token_refused = IsTokenRefusal(result.status, body);
  failure.error = verdict.token_refused ? CallError::kUnauthenticated
                                        : ForVerb(Classify(result.status, body, verb), verb);
  verdict.outage = result.status >= 500 && (failure.error == CallError::kUnavailable ||
                                            failure.error == CallError::kUnknownOutcome);
  if (failure.message.empty()) {
    failure.message = absl::StrCat("HTTP status ", result.status, " without a message");
  }
  return verdict;
}

CallFailure Unreadable(RestVerb verb, absl::string_view why) {
  return {.error = ForVerb(CallError::kUnknownOutcome, verb),
          .message = absl::StrCat("the platform's answer cannot be read: ", why),
          .http_status = 200};
}

absl::string_view Name(CallError error) {
  switch (error) {
    case CallError::kNone:
      return "ok";
    case CallError::kInvalid:
      return "invalid";
    case CallError::kInvalidState:
      return "invalid_state";
    case CallError::kUnauthenticated:
      return "unauthenticated";
    case CallError::kDenied:
      return "denied";
    case CallError::kNotFound:
      return "not_found";
    case CallError::kAlreadyExists:
      return "already_exists";
    case CallError::kConflict:
      return "conflict";
    case CallError::kLimitReached:
      return "limit_reached";
    case CallError::kRateLimited:
      return "rate_limited";
    case CallError::kUnavailable:
      return "unavailable";
    case CallError::kUnknownOutcome:
      return "unknown_outcome";
  }
  return "unknown";
}

bool LeavesOpen(CallError error) {
  switch (error) {
    case CallError::kUnauthenticated:
    case CallError::kRateLimited:
    case CallError::kUnavailable:
    case CallError::kUnknownOutcome:
      return true;
    case CallError::kNone:
    case CallError::kInvalid:
    case CallError::kInvalidState:
    case CallError::kDenied:
    case CallError::kNotFound:
    case CallError::kAlreadyExists:
    case CallError::kConflict:
    case CallError::kLimitReached:
      return false;
  }
  return true;
}

}  // namespace roomkeeper
