#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "lib/databricks_sim/simulator.h"
#include "lib/http/http_server.h"
#include "lib/obs/log.h"
#include "services/databricks_sim/config.h"
#include "services/databricks_sim/control_api.h"
#include "services/databricks_sim/sim_clock.h"
#include "services/databricks_sim/test_tls.h"

namespace roomkeeper::sim {

// The simulator behind HTTP: a port for each workspace, and one for the control URL.
class SimServer {
 public:
  // kInvalidArgument: the world contradicts itself. `clock` and `log` outlive the server.
  static absl::StatusOr<std::unique_ptr<SimServer>> Make(ShellConfig config, SimClock& clock,
                                                         Log& log);
  ~SimServer();

  // Serves, and writes the files that the config names. Once. Errors as HttpServer::Start, or a
  // file that cannot be written.
  absl::Status Start();
  // Closes every connection and removes the ready file. May be called twice.
  void Stop();

  // One line of JSON, with the secrets of all principals. After Start().
  std::string ReadyJson() const;

 private:
  SimServer(ShellConfig config, SimClock& clock, Log& log);
  absl::Status StartWorkspaces();
  absl::Status WriteFiles() const;
  HttpServerOptions Options(int port) const;

  const ShellConfig config_;
  SimClock& clock_;
  Log& log_;
  TestTls tls_;
  std::unique_ptr<Simulator> simulator_;
  std::unique_ptr<ControlApi> control_api_;
  std::vector<std::unique_ptr<HttpServer>> workspaces_;  // in the order of the config
  std::unique_ptr<HttpServer> control_;
};

}  // namespace roomkeeper::sim
