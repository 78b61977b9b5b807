#include "lib/engine/failures.h"

#include <array>

#include "absl/strings/str_cat.h"

#include "lib/model/reasons.h"

namespace roomkeeper {
namespace {

constexpr std::array kRules = {
    FailureRule{CallError::kNone, Treatment::kRetry, "", Move::kRoomkeeper},
    FailureRule{CallError::kInvalid, Treatment::kFail, reason::kPlatformRefusedRequest,
                Move::kProviderOperator},
    FailureRule{CallError::kInvalidState, Treatment::kLookFirst, reason::kPlatformState,
                Move::kPlatform},
    FailureRule{CallError::kUnauthenticated, Treatment::kRetry, reason::kCredentialsRefused,
                Move::kProviderOperator},
    FailureRule{CallError::kDenied, Treatment::kRetry, reason::kMissingPrivilege,
                Move::kProviderOperator},
    FailureRule{CallError::kNotFound, Treatment::kLookFirst, reason::kPlatformObjectNotFound,
                Move::kProviderOperator},
    FailureRule{CallError::kAlreadyExists, Treatment::kLookFirst, reason::kPlatformNameTaken,
                Move::kPlatform},
    FailureRule{CallError::kConflict, Treatment::kLookFirst, reason::kPlatformConflict,
                Move::kPlatform},
    FailureRule{CallError::kLimitReached, Treatment::kWaitLong, reason::kPlatformLimitReached,
                Move::kProviderOperator},
    FailureRule{CallError::kRateLimited, Treatment::kRetry, reason::kPlatformRateLimited,
                Move::kPlatform},
    FailureRule{CallError::kUnavailable, Treatment::kRetry, reason::kPlatformUnavailable,
                Move::kPlatform},
    FailureRule{CallError::kUnknownOutcome, Treatment::kLookFirst, reason::kPlatformOutcomeUnknown,
                Move::kPlatform},
};

constexpr FailureRule kContentRule = {CallError::kInvalidState, Treatment::kRetry,
                                      reason::kPackageContentUnavailable, Move::kProviderOperator};

constexpr FailureRule kBudgetRule = {CallError::kRateLimited, Treatment::kWaitTurn, kNotSentBudget,
                                     Move::kRoomkeeper};

constexpr FailureRule kOutageRule = {CallError::kUnavailable, Treatment::kSitOut,
                                     reason::kPlatformUnavailable, Move::kPlatform};

}  // namespace

const FailureRule& RuleFor(const CallFailure& failure) {
  if (failure.error_code == kNotSentOutage) {
    return kOutageRule;
  }
  if (failure.error_code == kNotSentBudget) {
    return kBudgetRule;
  }
  if (failure.error_code == reason::kPackageContentUnavailable) {
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
