#include "services/databricks_sim/flags.h"

#include "tests/support/matchers.h"

namespace roomkeeper::sim {
namespace {

using testing::StatusIs;
using testing::StatusOf;

TEST_CASE("flags may be written in both forms", "[databricks_sim]") {
  const auto flags =
      ParseFlags({"--config=a.yaml", "--knob", "duplicate_room=400", "--knob=x=a=b", "--tls"});

  REQUIRE_OK(flags);
  CHECK(flags->config == "a.yaml");
  CHECK(flags->tls);
  CHECK_FALSE(flags->check_config);
  REQUIRE(flags->knobs.size() == 2);
  CHECK(flags->knobs[0].second == "400");
  CHECK(flags->knobs[1] == std::pair<std::string, std::string>("x", "a=b"));
}

TEST_CASE("--help and --version need no config", "[databricks_sim]") {
  CHECK_OK(ParseFlags({"--help"}));
  CHECK_OK(ParseFlags({"--version"}));
}

TEST_CASE("a wrong command line is refused with what is wrong", "[databricks_sim]") {
  struct Case {
    std::vector<std::string> words;
    const char* says;
  };
  const auto c = GENERATE(Case{{}, "--config FILE is missing"}, Case{{"--config"}, "needs a value"},
                          Case{{"--config=a", "--frob"}, "\"--frob\""},
                          Case{{"--config=a", "--tls=yes"}, "\"--tls=yes\""},
                          Case{{"--config=a", "stray"}, "\"stray\""},
                          Case{{"--config=a", "--knob=x"}, "NAME=VALUE, got \"x\""},
                          Case{{"--config=a", "--knob", "=x"}, "NAME=VALUE"});
  CAPTURE(c.words);

  CHECK_THAT(StatusOf(ParseFlags(c.words)), StatusIs(absl::StatusCode::kInvalidArgument, c.says));
}

}  // namespace
}  // namespace roomkeeper::sim
