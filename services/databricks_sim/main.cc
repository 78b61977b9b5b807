#include <pthread.h>
#include <signal.h>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "lib/obs/json_log.h"
#include "services/databricks_sim/config.h"
#include "services/databricks_sim/flags.h"
#include "services/databricks_sim/sim_clock.h"
#include "services/databricks_sim/sim_server.h"
#include "services/version/version.h"

namespace roomkeeper::sim {
namespace {

constexpr int kCannotServe = 1;
constexpr int kWrongUsage = 2;

int Fail(const absl::Status& status, int code) {
  std::cerr << "databricks-sim: " << status.message() << '\n';
  return code;
}

// Blocked before any thread starts, so that only Wait() sees them.
sigset_t BlockEndSignals() {
  sigset_t signals = {};
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

int Serve(const ShellConfig& config, bool check_only) {
  const sigset_t signals = BlockEndSignals();
  const SystemClock system_clock;
  JsonLog log(system_clock, {.level = config.log_level, .fields = {{"service", "databricks-sim"}}});
  SimClock clock;
  auto server = SimServer::Make(config, clock, log);
  if (!server.ok() || check_only) {
    return server.ok() ? 0 : Fail(server.status(), kCannotServe);
  }
  if (const absl::Status started = (*server)->Start(); !started.ok()) {
    return Fail(started, kCannotServe);
  }
  std::cout << (*server)->ReadyJson() << std::endl;
  log.Info("serving");
  int signal = 0;
  sigwait(&signals, &signal);
  log.Info("stopping", {{"signal", std::int64_t{signal}}});
  (*server)->Stop();
  return 0;
}

int Run(const std::vector<std::string>& words) {
  const absl::StatusOr<Flags> flags = ParseFlags(words);
  if (!flags.ok()) {
    return Fail(flags.status(), kWrongUsage);
  }
  if (flags->help || flags->version) {
    std::cout << (flags->help ? std::string(Usage())
                              : absl::StrCat("databricks-sim ", kVersion, " (", kCommit, ")\n"));
    return 0;
  }
  absl::StatusOr<ShellConfig> config = LoadConfig(flags->config);
  if (!config.ok()) {
    return Fail(config.status(), kCannotServe);
  }
  config->tls = config->tls || flags->tls;
  for (const auto& [name, value] : flags->knobs) {
    config->world.knobs[name] = value;
  }
  return Serve(*config, flags->check_config);
}

}  // namespace
}  // namespace roomkeeper::sim

int main(int argc, char** argv) {
  return roomkeeper::sim::Run({argv + 1, argv + argc});
}
