#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "lib/http/http_client.h"
#include "tests/support/http/sync_http.h"
#include "tests/support/subprocess.h"
#include "tests/support/temp_folder.h"

namespace roomkeeper::testing {

// The real databricks-sim with the shipped sample world (knobs at their defaults, rooms ACTIVE at
// once), on ports of the system's choice. Failures end the test.
class SimProcess {
 public:
  // `more` is YAML put before the world; `flags` follow --config.
  explicit SimProcess(const std::string& more = "", const std::vector<std::string>& flags = {});

  const nlohmann::json& ready() const { return ready_; }
  const nlohmann::json& workspace(const std::string& name) const;
  std::string host(const std::string& workspace) const;
  // A new access token of a service principal.
  std::string Token(const std::string& workspace, const std::string& principal);
  // As principal "roomkeeper" of workspace "provider".
  HttpResult Call(const std::string& method, const std::string& path, const std::string& body = "");
  HttpResult Send(HttpRequest request) { return http_.Send(std::move(request)); }
  // A call of the control URL that must succeed.
  nlohmann::json Control(const std::string& method, const std::string& path,
                         const std::string& body = "");

  Subprocess& process() { return *process_; }
  const TempFolder& folder() const { return folder_; }

 private:
  TempFolder folder_;
  std::unique_ptr<Subprocess> process_;
  nlohmann::json ready_;
  SyncHttp http_;
  std::string token_;
};

// The part of deploy/config/databricks-sim.yaml that describes the metastores and workspaces.
std::string SampleWorld();

}  // namespace roomkeeper::testing
