// deploy/quickstart.sh as a new user runs it, but over the programs of this build.
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "tests/support/matchers.h"
#include "tests/support/subprocess.h"
#include "tests/support/temp_folder.h"

namespace roomkeeper::testing {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(2);

std::string ReadFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// The processes that name the folder in their command line: what the script has left there.
std::vector<pid_t> Running(const std::string& folder) {
  std::vector<pid_t> pids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    pid_t pid = 0;
    if (absl::SimpleAtoi(entry.path().filename().string(), &pid) &&
        absl::StrContains(ReadFile(absl::StrCat(entry.path().string(), "/cmdline")), folder)) {
      pids.push_back(pid);
    }
  }
  return pids;
}

// A folder for a run of the script. What still runs there when the test ends is killed.
class RunFolder {
 public:
  ~RunFolder() {
    for (const pid_t pid : Running(folder_.path())) {
      kill(pid, SIGKILL);
    }
  }
  std::string path() const { return folder_.path("run"); }

 private:
  TempFolder folder_;
};

std::string Quickstart(const RunFolder& folder) {
  const auto result = RunCommand({.argv = {absl::StrCat(RK_SOURCE_DIR, "/deploy/quickstart.sh"),
                                           "--bin-dir", RK_BIN_DIR, "--run-dir", folder.path()}},
                                 kPatience);
  REQUIRE_OK(result);
  INFO(result->output << result->errors);
  REQUIRE(result->exit_code == 0);
  return result->output;
}

// The same by a person whose terminal is closed right after.
std::string QuickstartInTerminal(const RunFolder& folder, const std::string& flag) {
  const std::string command = absl::StrCat(RK_SOURCE_DIR, "/deploy/quickstart.sh --bin-dir ",
                                           RK_BIN_DIR, " --run-dir ", folder.path(), " ", flag);
  const auto result = RunCommand({.argv = {"script", "-qec", command, "/dev/null"}}, kPatience);
  REQUIRE_OK(result);
  INFO(result->output << result->errors);
  REQUIRE(result->exit_code == 0);
  return absl::StrReplaceAll(result->output, {{"\r\n", "\n"}});
}

// The first group of the first match.
std::string Find(const std::string& text, const std::string& pattern) {
  std::smatch match;
  INFO(text);
  REQUIRE(std::regex_search(text, match, std::regex(pattern)));
  return match[1];
}

TEST_CASE("the quickstart shows a READY room and a run in it, and leaves nothing running",
          "[e2e][quickstart]") {
  const RunFolder folder;

  const std::string said = Quickstart(folder);

  CHECK_THAT(said, Catch::Contains("ok  main   credentials") && !Catch::Contains("!!"));
  const std::string job = Find(said, "\njob: +(jobs/\\w+)\n");
  CHECK_THAT(said, Catch::Contains("state:      SUCCEEDED") &&
                       Catch::Contains("\nREADY. The brand's app runs:\n"));
  CHECK_THAT(Find(said, "\nclean room name: (\\w+)\n"),
             Catch::StartsWith("rk_acme_identity_match"));
  CHECK_THAT(said, Catch::Contains(
                       absl::StrCat("\nThe same request again is answered with the same job: ", job,
                                    " (jobs in all: 1)\n")));
  CHECK_THAT(said, Catch::Contains("\nadded acme.crm.customers\n"));
  CHECK_FALSE(Find(said, "\nrun (\\d+): TERMINATED SUCCESS\n").empty());
  CHECK_FALSE(Find(said, "\nidentity_match +(\\d.*Z) +TERMINATED +SUCCESS ").empty());
  CHECK(Running(folder.path()).empty());
}

TEST_CASE("the quickstart with --keep leaves both servers, as it says, until they are stopped",
          "[e2e][quickstart]") {
  const RunFolder folder;

  const std::string said = QuickstartInTerminal(folder, "--keep");

  CHECK(Running(folder.path()).size() == 2);
  const std::string exports = Find(said, "\n *(export ROOMKEEPER_ADDRESS=.*)\n");
  const std::string stop = Find(said, "\nstop it with: (kill \\d+ \\d+)\n");
  const auto run = [&](const std::string& command) {
    const auto result = RunCommand({.argv = {"bash", "-c", command}});
    REQUIRE_OK(result);
    INFO(result->errors);
    CHECK(result->exit_code == 0);
    return result->output;
  };
  CHECK_THAT(run(absl::StrCat(exports, "; ", RK_BIN_DIR, "/roomctl rooms explain identity-match")),
             Catch::Contains("is READY since"));

  (void)run(absl::StrCat(stop, "; for pid in ", stop.substr(5),
                         "; do tail --pid=$pid -f /dev/null; done"));

  CHECK(Running(folder.path()).empty());
}

}  // namespace
}  // namespace roomkeeper::testing
