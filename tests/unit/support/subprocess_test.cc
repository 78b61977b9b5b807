#include "tests/support/subprocess.h"

#include <signal.h>

#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

Subprocess::Options Shell(const std::string& script) {
  return {.argv = {"sh", "-c", script}};
}

TEST_CASE("a command's output, errors and exit code are seen", "[support]") {
  Subprocess::Options options = Shell("echo $WHO; pwd; echo oh >&2; exit 3");
  options.environment = {"WHO=me"};
  options.working_directory = "/";

  const auto result = RunCommand(options);

  REQUIRE_OK(result);
  CHECK(result->exit_code == 3);
  CHECK(result->output == "me\n/\n");
  CHECK(result->errors == "oh\n");
}

TEST_CASE("a program that does not exist ends with 127", "[support]") {
  const auto result = RunCommand({.argv = {"/no/such/program"}});

  REQUIRE_OK(result);
  CHECK(result->exit_code == 127);
}

TEST_CASE("lines are read as they come, and a silent program ends the wait", "[support]") {
  const auto process = Subprocess::Start(Shell("echo one; echo two; exec sleep 100"));
  REQUIRE_OK(process);

  const auto one = (*process)->ReadLine();
  const auto two = (*process)->ReadLine();
  const auto none = (*process)->ReadLine(absl::Milliseconds(1));

  REQUIRE_OK(one);
  CHECK(*one == "one");
  REQUIRE_OK(two);
  CHECK(*two == "two");
  CHECK_THAT(StatusOf(none), StatusIs(absl::StatusCode::kDeadlineExceeded));
  CHECK_THAT(StatusOf((*process)->Wait(absl::Milliseconds(1))),
             StatusIs(absl::StatusCode::kDeadlineExceeded, "still runs"));
}

TEST_CASE("a program that dies before its first line is reported with its stderr", "[support]") {
  const auto process = Subprocess::Start(Shell("echo no such file >&2; exit 1"));
  REQUIRE_OK(process);

  CHECK_THAT(StatusOf((*process)->ReadLine()),
             StatusIs(absl::StatusCode::kUnavailable, "no such file"));
}

TEST_CASE("a program can be asked to end, or killed", "[support]") {
  struct Case {
    int signal;
    int code;
  };
  const auto c = GENERATE(Case{SIGTERM, 7}, Case{SIGKILL, 128 + SIGKILL});
  const auto process =
      Subprocess::Start(Shell("trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done"));
  REQUIRE_OK(process);
  REQUIRE_OK((*process)->ReadLine());

  (*process)->Signal(c.signal);

  const auto code = (*process)->Wait();
  REQUIRE_OK(code);
  CHECK(*code == c.code);
  CHECK((*process)->Wait() == code);
}

}  // namespace
}  // namespace roomkeeper::testing
