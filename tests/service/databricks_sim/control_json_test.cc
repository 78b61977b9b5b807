#include "services/databricks_sim/control_json.h"

#include "tests/support/matchers.h"

namespace roomkeeper::sim {
namespace {

using testing::StatusIs;
using testing::StatusOf;

TEST_CASE("a fault is read whole", "[databricks_sim]") {
  const auto fault = ParseFault(R"({"pattern":"POST /api/2.0/clean-rooms","workspace":"provider",
    "status":503,"body":{"error_code":"X"},"headers":{"Retry-After":"2"},"offset":1,"times":-1,
    "after_effect":true,"ending":"slow_body","delay":"250ms"})");

  REQUIRE_OK(fault);
  CHECK(fault->pattern == "POST /api/2.0/clean-rooms");
  CHECK(fault->workspace == "provider");
  CHECK(fault->status == 503);
  CHECK(fault->body == R"({"error_code":"X"})");
  REQUIRE(fault->headers.size() == 1);
  CHECK(fault->headers[0] == std::pair<std::string, std::string>("Retry-After", "2"));
  CHECK(fault->offset == 1);
  CHECK(fault->times == -1);
  CHECK(fault->after_effect);
  CHECK(fault->ending == SimResponse::Ending::kSlowBody);
  CHECK(fault->delay == absl::Milliseconds(250));
}

TEST_CASE("a fault strikes once and answers at once unless it says otherwise", "[databricks_sim]") {
  const auto fault = ParseFault(R"({"pattern":"* *","ending":"reset"})");

  REQUIRE_OK(fault);
  CHECK(fault->times == 1);
  CHECK(fault->offset == 0);
  CHECK(fault->status == 0);
  CHECK_FALSE(fault->after_effect);
  CHECK(fault->ending == SimResponse::Ending::kReset);
  CHECK(fault->delay == absl::ZeroDuration());
}

TEST_CASE("a wrong control body is refused with what is wrong", "[databricks_sim]") {
  struct Case {
    const char* body;
    const char* says;
  };
  const auto c =
      GENERATE(Case{"", "JSON object"}, Case{"[1]", "JSON object"},
               Case{R"({"status":503})", "pattern is missing"},
               Case{R"({"pattern":"* *"})", "nothing would fail"},
               Case{R"({"pattern":"* *","status":199})", "[200, 599]"},
               Case{R"({"pattern":"* *","status":600})", "[200, 599]"},
               Case{R"({"pattern":"* *","status":503,"times":-2})", "times must"},
               Case{R"({"pattern":"* *","status":503,"delay":2})", "with its unit"},
               Case{R"({"pattern":"* *","ending":"explode"})", "answer, reset, hang, slow_body"},
               Case{R"({"pattern":"* *","status":503,"retries":2})", "retries is an unknown key"});
  CAPTURE(c.body);

  CHECK_THAT(StatusOf(ParseFault(c.body)), StatusIs(absl::StatusCode::kInvalidArgument, c.says));
}

TEST_CASE("knobs are set together or not at all", "[databricks_sim]") {
  const auto knobs = ParseKnobs(R"({"duplicate_room":400,"empty_pages":"on"})");
  REQUIRE_OK(knobs);
  CHECK(*knobs == Knobs{{"duplicate_room", "400"}, {"empty_pages", "on"}});

  const auto wrong = ParseKnobs(R"({"duplicate_room":"418","empty_pages":"on","frob":"1"})");
  CHECK_THAT(StatusOf(wrong), StatusIs(absl::StatusCode::kInvalidArgument, "\"418\""));
  CHECK_THAT(StatusOf(wrong), StatusIs(absl::StatusCode::kInvalidArgument, "\"frob\""));
}

TEST_CASE("the clock only moves ahead, by a duration with a unit", "[databricks_sim]") {
  const auto by = ParseAdvance(R"({"by":"1h30m"})");
  REQUIRE_OK(by);
  CHECK(*by == absl::Minutes(90));

  CHECK_THAT(StatusOf(ParseAdvance("{}")), StatusIs(absl::StatusCode::kInvalidArgument, "by is"));
  CHECK_THAT(StatusOf(ParseAdvance(R"({"by":"-1s"})")),
             StatusIs(absl::StatusCode::kInvalidArgument, "by must"));
  CHECK_THAT(StatusOf(ParseAdvance(R"({"by":90})")),
             StatusIs(absl::StatusCode::kInvalidArgument, "by must"));
}

TEST_CASE("requests are counted by route", "[databricks_sim]") {
  const std::vector<LoggedRequest> log = {
      {.number = 1, .route = "GET /a"}, {.number = 2, .route = "GET /a"}, {.number = 3}};

  CHECK(FormatCounts(log) == R"({"total":3,"counts":{"GET /a":2,"unknown":1}})");
  CHECK(FormatCounts({}) == R"({"total":0,"counts":{}})");
}

}  // namespace
}  // namespace roomkeeper::sim
