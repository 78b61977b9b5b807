#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "services/roomctl/arguments.h"
#include "services/roomctl/command.h"
#include "services/roomctl/completion.h"
#include "services/roomctl/connection.h"
#include "services/roomctl/exit_code.h"
#include "services/roomctl/output.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

const std::vector<FlagSpec> kFlags = {
    {"name", "TEXT", ""}, {"wait", nullptr, ""}, {"output", "", ""}};

struct Ran {
  ExitCode code = ExitCode::kOk;
  std::string out = {};
  std::string err = {};
};

Ran Run(const std::vector<std::string>& words) {
  std::ostringstream out;
  std::ostringstream err;
  const ExitCode code = RunRoomctl(words, out, err, /*is_terminal=*/false);
  return {code, out.str(), err.str()};
}

std::string KeyFile(const std::string& text, mode_t mode) {
  std::string path = "/tmp/roomctl_test_XXXXXX";
  const int fd = mkstemp(path.data());
  REQUIRE(fd >= 0);
  close(fd);
  std::ofstream(path) << text;
  REQUIRE(chmod(path.c_str(), mode) == 0);
  return path;
}

TEST_CASE("flags are read with a space or an equals sign, and the last one counts", "[roomctl]") {
  const auto got =
      Arguments::Parse({"a", "--name", "x", "--name=y=z", "--wait", "b", "-o", "json"}, kFlags);

  REQUIRE_OK(got);
  CHECK(got->words() == std::vector<std::string>{"a", "b"});
  CHECK(got->Get("name") == "y=z");
  CHECK(got->All("name") == std::vector<std::string>{"x", "y=z"});
  CHECK(got->Has("wait"));
  CHECK(got->Get("output") == "json");
}

TEST_CASE("what follows a double dash is no flag", "[roomctl]") {
  const auto got = Arguments::Parse({"--wait", "--", "--name"}, kFlags);

  REQUIRE_OK(got);
  CHECK(got->words() == std::vector<std::string>{"--name"});
}

TEST_CASE("a wrong flag is refused with the allowed ones", "[roomctl]") {
  CHECK_THAT(
      Arguments::Parse({"--nmae", "x"}, kFlags).status(),
      StatusIs(absl::StatusCode::kInvalidArgument, "unknown flag --nmae; allowed: --name --wait"));
  CHECK_THAT(Arguments::Parse({"--name"}, kFlags).status(),
             StatusIs(absl::StatusCode::kInvalidArgument, "--name needs TEXT"));
  CHECK_THAT(Arguments::Parse({"--wait=yes"}, kFlags).status(),
             StatusIs(absl::StatusCode::kInvalidArgument, "--wait takes no value"));
}

TEST_CASE("durations and pairs say what they expect", "[roomctl]") {
  const std::vector<FlagSpec> flags = {{"timeout", "D", ""}, {"label", "K=V", ""}};
  const auto good =
      Arguments::Parse({"--timeout", "25m", "--label", "a=b=c", "--label", "d="}, flags);
  const auto bad = Arguments::Parse({"--timeout", "0s", "--label", "=x"}, flags);

  REQUIRE_OK(good);
  REQUIRE_OK(bad);
  CHECK(good->Duration("timeout").value() == absl::Minutes(25));
  CHECK(good->Pairs("label").value() ==
        std::map<std::string, std::string>{{"a", "b=c"}, {"d", ""}});
  CHECK_THAT(bad->Duration("timeout").status(),
             StatusIs(absl::StatusCode::kInvalidArgument, "\"0s\""));
  CHECK_THAT(bad->Pairs("label").status(), StatusIs(absl::StatusCode::kInvalidArgument, "\"=x\""));
}

TEST_CASE("a final job ends with the exit code that says whose fault it was", "[roomctl]") {
  v1::Job job;
  job.set_state(v1::JOB_STATE_SUCCEEDED);
  CHECK(ExitCodeOf(job) == ExitCode::kOk);
  job.set_state(v1::JOB_STATE_RUNNING);
  CHECK(ExitCodeOf(job) == ExitCode::kTimeout);
  job.set_state(v1::JOB_STATE_FAILED);
  CHECK(ExitCodeOf(job) == ExitCode::kPackageFault);
  job.mutable_error()->set_move(v1::MOVE_PLATFORM);
  CHECK(ExitCodeOf(job) == ExitCode::kPlatformFailed);
  job.mutable_error()->set_move(v1::MOVE_PROVIDER_OPERATOR);
  job.mutable_error()->set_retryable(true);
  CHECK(ExitCodeOf(job) == ExitCode::kPlatformFailed);
}

TEST_CASE("a refused call ends with the exit code of its status", "[roomctl]") {
  struct Case {
    grpc::StatusCode status;
    int code;
  };
  const auto c = GENERATE(
      Case{grpc::StatusCode::INVALID_ARGUMENT, 1}, Case{grpc::StatusCode::ALREADY_EXISTS, 1},
      Case{grpc::StatusCode::FAILED_PRECONDITION, 1}, Case{grpc::StatusCode::NOT_FOUND, 3},
      Case{grpc::StatusCode::UNAUTHENTICATED, 4}, Case{grpc::StatusCode::PERMISSION_DENIED, 4},
      Case{grpc::StatusCode::UNAVAILABLE, 75}, Case{grpc::StatusCode::RESOURCE_EXHAUSTED, 75},
      Case{grpc::StatusCode::DEADLINE_EXCEEDED, 75});

  CHECK(static_cast<int>(ExitCodeOf(grpc::Status(c.status, "x"))) == c.code);
}

TEST_CASE("a command line that is wrong ends with 2 and sends nothing", "[roomctl]") {
  CHECK(Run({}).code == ExitCode::kUsage);
  CHECK(Run({"rooms", "crate"}).err ==
        "roomctl: unknown command \"rooms crate\"; roomctl --help lists them\n");
  CHECK(Run({"rooms", "get"}).code == ExitCode::kUsage);
  CHECK(Run({"rooms", "get", "a", "b"}).code == ExitCode::kUsage);
  CHECK(Run({"rooms", "list", "-o", "xml"}).code == ExitCode::kUsage);
  CHECK(Run({"rooms", "create", "--help"}).code == ExitCode::kOk);
}

TEST_CASE("a key file that others can read is refused with the fix", "[roomctl]") {
  const std::string path = KeyFile("rk_a_b\n", 0640);
  const auto arguments =
      Arguments::Parse({"--address", "127.0.0.1:1", "--api-key-file", path}, CommonFlags());
  REQUIRE_OK(arguments);

  CHECK_THAT(FindConnection(*arguments).status(),
             StatusIs(absl::StatusCode::kInvalidArgument, "run chmod 600 " + path));

  REQUIRE(chmod(path.c_str(), 0600) == 0);
  const auto options = FindConnection(*arguments);
  REQUIRE_OK(options);
  CHECK(options->api_key.Reveal() == "rk_a_b");
  unlink(path.c_str());
}

TEST_CASE("a flag goes before the environment, and the environment before the profile",
          "[roomctl]") {
  const std::string key = KeyFile("k", 0600);
  const std::string profile = KeyFile("address: profile:1\ninstall: brands/p/installs/p\n", 0600);
  setenv("ROOMKEEPER_ADDRESS", "environment:1", 1);
  const auto without =
      Arguments::Parse({"--profile", profile, "--api-key-file", key}, CommonFlags());
  const auto with = Arguments::Parse(
      {"--profile", profile, "--api-key-file", key, "--address", "flag:1"}, CommonFlags());
  REQUIRE_OK(without);
  REQUIRE_OK(with);

  CHECK(FindConnection(*without)->address == "environment:1");
  CHECK(FindConnection(*without)->install == "brands/p/installs/p");
  CHECK(FindConnection(*with)->address == "flag:1");
  unsetenv("ROOMKEEPER_ADDRESS");
  CHECK(FindConnection(*without)->address == "profile:1");
  unlink(key.c_str());
  unlink(profile.c_str());
}

TEST_CASE("a profile with an unknown key is refused with its line", "[roomctl]") {
  const std::string profile = KeyFile("address: a:1\nadress: b:1\n", 0600);
  const auto arguments = Arguments::Parse({"--profile", profile}, CommonFlags());
  REQUIRE_OK(arguments);

  CHECK_THAT(FindConnection(*arguments).status(),
             StatusIs(absl::StatusCode::kInvalidArgument, profile + ":2: "));
  unlink(profile.c_str());
}

TEST_CASE("bash accepts the completion script, and it completes verbs and flags", "[roomctl]") {
  const std::string path = KeyFile(BashCompletion(), 0600);
  const std::string command =
      "bash -c 'set -e; source " + path +
      "; COMP_WORDS=(roomctl rooms cr); COMP_CWORD=2; _roomctl; test \"${COMPREPLY[*]}\" = create;"
      " COMP_WORDS=(roomctl rooms create --wa); COMP_CWORD=3; _roomctl; test \"${COMPREPLY[*]}\" = "
      "--wait'";

  CHECK(std::system(command.c_str()) == 0);
  unlink(path.c_str());
}

TEST_CASE("durations and times are written for people", "[roomctl]") {
  google::protobuf::Duration duration;
  duration.set_nanos(3200000);
  CHECK(Text(duration) == "3 ms");
  duration.set_seconds(3);
  CHECK(Text(duration) == "3.0 s");
  duration.set_seconds(845);
  CHECK(Text(duration) == "14 m 05 s");
  google::protobuf::Timestamp time;
  CHECK(Text(time).empty());
  time.set_seconds(1795132800);
  CHECK(Text(time) == "2026-11-20 00:00:00Z");
  CHECK(Text(v1::CLEAN_ROOM_STATE_AWAITING_BRAND_DELETE) == "AWAITING_BRAND_DELETE");
}

}  // namespace
}  // namespace roomkeeper::testing
