#include "lib/engine/failures.h"

#include <array>

#include "absl/strings/str_cat.h"

namespace roomkeeper {
namespace {

constexpr std::array kRules = {
    FailureRule{CallError::kNone, Treatment::kRetry, "", Move::kRoomkeeper},
    FailureRule{CallError::kInvalid, Treatment::kFail, "PLATFORM_REFUSED_REQUEST",
                Move::kProviderOperator},
    FailureRule{CallError::kInvalidState, Treatment::kLookFirst, "PLATFORM_STATE", Move::kPlatform},
    FailureRule{CallError::kUnauthenticated, Treatment::kRetry, "CREDENTIALS_REFUSED",
                Move::kProviderOperator},
    FailureRule{CallError::kDenied, Treatment::kRetry, "MISSING_PRIVILEGE",
                Move::kProviderOperator},
    FailureRule{CallError::kNotFound, Treatment::kLookFirst, "PLATFORM_OBJECT_NOT_FOUND",
                Move::kProviderOperator},
    FailureRule{CallError::kAlreadyExists, Treatment::kLookFirst, "PLATFORM_NAME_TAKEN",
                Move::kPlatform},
    FailureRule{CallError::kConflict, Treatment::kLookFirst, "PLATFORM_CONFLICT", Move::kPlatform},
    FailureRule{CallError::kLimitReached, Treatment::kWaitLong, "PLATFORM_LIMIT_REACHED",
                Move::kProviderOperator},
    FailureRule{CallError::kRateLimited, Treatment::kRetry, "PLATFORM_RATE_LIMITED",
                Move::kPlatform},
    FailureRule{CallError::kUnavailable, Treatment::kRetry, "PLATFORM_UNAVAILABLE",
                Move::kPlatform},
    FailureRule{CallError::kUnknownOutcome, Treatment::kLookFirst, "PLATFORM_OUTCOME_UNKNOWN",
                Move::kPlatform},
};

constexpr FailureRule kContentRule = {CallError::kInvalidState, Treatment::kRetry,
                                      kPackageContentUnavailable, Move::kProviderOperator};

constexpr FailureRule kBudgetRule = {CallError::kRateLimited, Treatment::kWaitTurn, kNotSentBudget,
                                     Move::kRoomkeeper};

}  // namespace

const FailureRule& RuleFor(const CallFailure& failure) {
  if (failure.error_code == kNotSentBudget) {
    return kBudgetRule;
  }
  if (failure.error_code == kPackageContentUnavailable) {
    return kContentRule;
  }
  for (const FailureRule& rule : kRules) {
    if (rule.error == failure.error) {
      return rule;
    }
  }
  return kRules.front();
}

Problem ProblemOf(const CallFailure& failure, const char* what) {
  const FailureRule& rule = RuleFor(failure);
  std::string message = absl::StrCat("could not ", what, ": ", failure.message);
  if (!failure.error_code.empty()) {
    absl::StrAppend(&message, " (", failure.error_code, ")");
  }
  if (!failure.request_id.empty()) {
    absl::StrAppend(&message, " [platform request ", failure.request_id, "]");
  }
  return {.reason = rule.reason,
          .message = std::move(message),
          .move = rule.move,
          .retryable = rule.treatment != Treatment::kFail};
}

}  // namespace roomkeeper
