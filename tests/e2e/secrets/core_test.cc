// R8: a crash of the real programs leaves no memory behind.
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"

#include "tests/e2e/world.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_folder.h"

namespace roomkeeper::testing {
namespace {

// Lets what is started from now on write cores, if this system lets anybody.
void AllowCores() {
  rlimit limit = {};
  REQUIRE(getrlimit(RLIMIT_CORE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max;
  REQUIRE(setrlimit(RLIMIT_CORE, &limit) == 0);
}

TEST_CASE("R8: a daemon that aborts leaves no core behind", "[e2e][core]") {
  AllowCores();
  const TempFolder folder;
  auto other = Subprocess::Start(
      {.argv = {"sh", "-c", "kill -ABRT $$"}, .working_directory = folder.path()});
  REQUIRE_OK(other);
  REQUIRE_OK((*other)->Wait());
  // Without this the rest would prove little: say so.
  std::printf("another program that aborts %s a core here\n",
              (*other)->dumped_core() ? "leaves" : "does not leave");
  World world({});
  std::ostringstream limits;
  limits << std::ifstream(absl::StrCat("/proc/", world.daemon_pid(), "/limits")).rdbuf();
  CHECK_THAT(limits.str(), Catch::Matches("[^]*Max core file size +0 +0 [^]*"));

  world.daemon().Signal(SIGABRT);

  const auto code = world.daemon().Wait();
  REQUIRE_OK(code);
  CHECK(*code == 128 + SIGABRT);
  CHECK_FALSE(world.daemon().dumped_core());
  const auto core = absl::StrCat("core.", world.daemon_pid());
  CHECK_FALSE(std::filesystem::exists(core));
}

}  // namespace
}  // namespace roomkeeper::testing
