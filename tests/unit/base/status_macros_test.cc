#include "lib/base/status_macros.h"

#include <memory>
#include <string>

#include "absl/strings/cord.h"

#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

absl::StatusOr<std::unique_ptr<int>> Number(bool ok) {
  if (!ok) {
    return absl::NotFoundError("no number");
  }
  return std::make_unique<int>(4);
}

absl::StatusOr<int> Twice(bool first_ok, bool second_ok) {
  RK_ASSIGN_OR_RETURN(const std::unique_ptr<int> a, Number(first_ok));
  RK_ASSIGN_OR_RETURN(const std::unique_ptr<int> b, Number(second_ok));
  return *a + *b;
}

absl::Status First(const absl::Status& a, const absl::Status& b) {
  RK_RETURN_IF_ERROR(a);
  RK_RETURN_IF_ERROR(b);
  return absl::OkStatus();
}

TEST_CASE("assign-or-return gives the value, or returns the error", "[base]") {
  const auto good = Twice(true, true);
  REQUIRE_OK(good);
  CHECK(*good == 8);
  CHECK_THAT(Twice(false, true).status(), StatusIs(absl::StatusCode::kNotFound, "no number"));
  CHECK_THAT(Twice(true, false).status(), StatusIs(absl::StatusCode::kNotFound, "no number"));
}

TEST_CASE("return-if-error stops at the first error", "[base]") {
  const absl::Status lost = absl::AbortedError("epoch 3");
  const absl::Status later = absl::InternalError("later");

  CHECK(First(absl::OkStatus(), absl::OkStatus()).ok());
  CHECK(First(lost, later) == lost);
  CHECK(First(absl::OkStatus(), later) == later);
}

TEST_CASE("annotate keeps code and payloads and puts the context first", "[base]") {
  absl::Status inner = absl::UnavailableError("disk full");
  inner.SetPayload("type.test/detail", absl::Cord("payload"));

  const absl::Status outer = Annotate(inner, "store /var/lib/x");

  CHECK_THAT(outer, StatusIs(absl::StatusCode::kUnavailable, "store /var/lib/x: disk full"));
  CHECK(outer.GetPayload("type.test/detail") == absl::Cord("payload"));
}

}  // namespace
}  // namespace roomkeeper::testing
