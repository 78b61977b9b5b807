#include "tests/service/databricks_sim/sim_process.h"

#include <fstream>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "tests/support/matchers.h"

namespace roomkeeper::testing {

using nlohmann::json;

std::string SampleWorld() {
  std::ostringstream text;
  text << std::ifstream(RK_SOURCE_DIR "/deploy/config/databricks-sim.yaml").rdbuf();
  const std::size_t start = text.str().find("\nmetastores:");
  REQUIRE(start != std::string::npos);
  return text.str().substr(start);
}

SimProcess::SimProcess(const std::string& more, const std::vector<std::string>& flags) {
  const std::string config = folder_.Write(
      "sim.yaml", absl::StrCat("provisioning: {mean: 0s, spread: 0s}\n", more, SampleWorld()));
  std::vector<std::string> argv = {RK_BIN_DIR "/databricks-sim", "--config", config};
  argv.insert(argv.end(), flags.begin(), flags.end());
  auto process = Subprocess::Start({.argv = argv});
  REQUIRE_OK(process);
  process_ = *std::move(process);
  const auto line = process_->ReadLine();
  REQUIRE_OK(line);
  ready_ = json::parse(*line);
}

const json& SimProcess::workspace(const std::string& name) const {
  for (const json& one : ready_["workspaces"]) {
    if (one["name"] == name) {
      return one;
    }
  }
  FAIL("no workspace " << name);
  return ready_;
}

std::string SimProcess::host(const std::string& name) const {
  return workspace(name)["host"].get<std::string>();
}

std::string SimProcess::Token(const std::string& name, const std::string& principal) {
  for (const json& one : workspace(name)["principals"]) {
    if (one["name"] != principal) {
      continue;
    }
    const std::string basic = absl::Base64Escape(absl::StrCat(
        one["client_id"].get<std::string>(), ":", one["client_secret"].get<std::string>()));
    const HttpResult result =
        http_.Send({.method = "POST",
                    .url = absl::StrCat(host(name), "/oidc/v1/token"),
                    .headers = {{"Authorization", absl::StrCat("Basic ", basic)},
                                {"Content-Type", "application/x-www-form-urlencoded"}},
                    .body = "grant_type=client_credentials&scope=all-apis"});
    INFO(result.error << result.body);
    REQUIRE(result.status == 200);
    return json::parse(result.body)["access_token"].get<std::string>();
  }
  FAIL("no principal " << principal);
  return "";
}

HttpResult SimProcess::Call(const std::string& method, const std::string& path,
                            const std::string& body) {
  if (token_.empty()) {
    token_ = Token("provider", "roomkeeper");
  }
  return http_.Send({.method = method,
                     .url = absl::StrCat(host("provider"), path),
                     .headers = {{"Authorization", absl::StrCat("Bearer ", token_)},
                                 {"Content-Type", "application/json"}},
                     .body = body});
}

json SimProcess::Control(const std::string& method, const std::string& path,
                         const std::string& body) {
  const HttpResult result =
      http_.Send({.method = method,
                  .url = absl::StrCat(ready_["control_url"].get<std::string>(), path),
                  .headers = {{"Content-Type", "application/json"}},
                  .body = body});
  INFO(method << " " << path << ": " << result.error << result.body);
  REQUIRE(result.status == 200);
  return json::parse(result.body);
}

}  // namespace roomkeeper::testing
