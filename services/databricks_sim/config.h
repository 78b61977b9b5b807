#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "lib/databricks_sim/sim_config.h"
#include "lib/obs/log.h"

namespace roomkeeper::sim {

// The config file of databricks-sim: the world, and how it is served.
// deploy/config/databricks-sim.yaml has every key.
struct ShellConfig {
  SimConfig world = {};
  std::string listen_address = "127.0.0.1";
  int control_port = 0;                   // 0: the system chooses, here and below
  std::map<std::string, int> ports = {};  // by workspace name
  bool tls = false;
  std::string ca_file = {};      // where to write the test CA's certificate; empty: nowhere
  std::string ready_file = {};   // where to write the ready line, mode 0600; empty: nowhere
  std::string secrets_dir = {};  // DIR/<workspace>.<principal>.secret, mode 0600; empty: none
  LogLevel log_level = LogLevel::kInfo;
};

// kInvalidArgument: every problem of the text, one a line, as "<file>:<line>: …". Reads the files
// and environment variables that it names; relative paths start at the folder of `file`.
absl::StatusOr<ShellConfig> ParseConfig(absl::string_view text, const std::string& file);

// kNotFound or kPermissionDenied if the file cannot be read. Blocking.
absl::StatusOr<ShellConfig> LoadConfig(const std::string& file);

}  // namespace roomkeeper::sim
