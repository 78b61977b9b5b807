#include "lib/engine/failures.h"

#include <set>
#include <string>

#include "absl/strings/match.h"

#include "lib/model/reasons.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

TEST_CASE("every error of a call has its own rule, and a reason that tells it apart", "[engine]") {
  std::set<std::string> reasons;
  for (int i = 1; i <= static_cast<int>(CallError::kUnknownOutcome); ++i) {
    const CallFailure failure = {.error = static_cast<CallError>(i)};
    const FailureRule& rule = RuleFor(failure);
    CAPTURE(i, rule.reason);
    CHECK(rule.error == failure.error);
    CHECK(rule.move != Move::kNobody);
    CHECK(reasons.insert(rule.reason).second);
  }
}

TEST_CASE("each failure of a call has the reason and move that callers are told of", "[engine]") {
  struct Case {
    CallError error;
    const char* reason;
    Move move;
  };
  const auto c = GENERATE(
      Case{CallError::kInvalid, reason::kPlatformRefusedRequest, Move::kProviderOperator},
      Case{CallError::kInvalidState, reason::kPlatformState, Move::kPlatform},
      Case{CallError::kUnauthenticated, reason::kCredentialsRefused, Move::kProviderOperator},
      Case{CallError::kDenied, reason::kMissingPrivilege, Move::kProviderOperator},
      Case{CallError::kNotFound, reason::kPlatformObjectNotFound, Move::kProviderOperator},
      Case{CallError::kAlreadyExists, reason::kPlatformNameTaken, Move::kPlatform},
      Case{CallError::kConflict, reason::kPlatformConflict, Move::kPlatform},
      Case{CallError::kLimitReached, reason::kPlatformLimitReached, Move::kProviderOperator},
      Case{CallError::kRateLimited, reason::kPlatformRateLimited, Move::kPlatform},
      Case{CallError::kUnavailable, reason::kPlatformUnavailable, Move::kPlatform},
      Case{CallError::kUnknownOutcome, reason::kPlatformOutcomeUnknown, Move::kPlatform});
  const Problem problem = ProblemOf({.error = c.error, .message = "it said so"}, "do it");
  CAPTURE(c.reason);
  CHECK(problem.reason == c.reason);
  CHECK(problem.move == c.move);
  CHECK(problem.retryable == (c.error != CallError::kInvalid));
}

TEST_CASE("only a wrong request fails at once; what may have acted is looked at", "[engine]") {
  CHECK(RuleFor({.error = CallError::kInvalid}).treatment == Treatment::kFail);
  CHECK(RuleFor({.error = CallError::kUnknownOutcome}).treatment == Treatment::kLookFirst);
  CHECK(RuleFor({.error = CallError::kAlreadyExists}).treatment == Treatment::kLookFirst);
  CHECK(RuleFor({.error = CallError::kLimitReached}).treatment == Treatment::kWaitLong);
  CHECK(RuleFor({.error = CallError::kUnavailable}).treatment == Treatment::kRetry);
}

TEST_CASE("a problem says what was tried and what the platform said", "[engine]") {
  const Problem problem = ProblemOf({.error = CallError::kDenied,
                                     .error_code = "PERMISSION_DENIED",
                                     .message = "no CREATE_CLEAN_ROOM",
                                     .request_id = "r-1"},
                                    "create the clean room");

  CHECK(problem.reason == "MISSING_PRIVILEGE");
  CHECK(problem.message ==
        "could not create the clean room: no CREATE_CLEAN_ROOM (PERMISSION_DENIED) [platform "
        "request r-1]");
  CHECK(problem.move == Move::kProviderOperator);
  CHECK(problem.retryable);
}

TEST_CASE("a call that never left is not taken for the platform's rate limit", "[engine]") {
  CHECK(RuleFor({.error = CallError::kRateLimited}).treatment == Treatment::kRetry);
  const CallFailure failure = {.error = CallError::kRateLimited, .error_code = kNotSentBudget};
  CHECK(RuleFor(failure).treatment == Treatment::kWaitTurn);
  CHECK(RuleFor(failure).move == Move::kRoomkeeper);
}

TEST_CASE("a call that was not sent because the platform is away is no attempt", "[engine]") {
  const CallFailure failure = {.error = CallError::kUnavailable, .error_code = kNotSentOutage};
  CHECK(RuleFor(failure).treatment == Treatment::kSitOut);
  CHECK(RuleFor(failure).move == Move::kPlatform);
  CHECK(std::string(RuleFor(failure).reason) == "PLATFORM_UNAVAILABLE");
}

TEST_CASE("missing notebook content is not taken for a failure of the platform", "[engine]") {
  const CallFailure failure = {.error = CallError::kInvalidState,
                               .error_code = reason::kPackageContentUnavailable};
  CHECK(std::string(RuleFor(failure).reason) == "PACKAGE_CONTENT_UNAVAILABLE");
  CHECK(RuleFor(failure).treatment == Treatment::kRetry);
}

}  // namespace
}  // namespace roomkeeper::testing
