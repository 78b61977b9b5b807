#include "lib/model/refusal.h"

#include "lib/base/status_macros.h"
#include "lib/model/reasons.h"
#include "tests/support/matchers.h"

namespace roomkeeper {
namespace {

using testing::StatusIs;

TEST_CASE("a refusal survives its journey as a status, annotations included", "[refusal]") {
  const Refusal sent{.code = absl::StatusCode::kInvalidArgument,
                     .reason = reason::kInvalidRequest,
                     .message = "2 fields are wrong",
                     .metadata = {{"clean_room", "brands/a:b"}, {"empty", ""}},
                     .violations = {{"page_size", "must be in [0, 1000], got 7:3"}, {"name", ""}},
                     .retry_after = absl::Milliseconds(1500)};

  const absl::Status status = Annotate(ToStatus(sent), "list rooms");

  CHECK_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, "list rooms: 2 fields"));
  CHECK(ReasonOf(status) == "INVALID_REQUEST");
  const auto got = FindRefusal(status);
  REQUIRE(got.has_value());
  CHECK(got->reason == sent.reason);
  CHECK(got->metadata == sent.metadata);
  CHECK(got->violations == sent.violations);
  CHECK(got->retry_after == sent.retry_after);
}

TEST_CASE("a plain error carries no refusal", "[refusal]") {
  CHECK_FALSE(FindRefusal(absl::InternalError("broken")).has_value());
  CHECK(ReasonOf(absl::OkStatus()).empty());
}

}  // namespace
}  // namespace roomkeeper
