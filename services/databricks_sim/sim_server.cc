#include "services/databricks_sim/sim_server.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/memory/memory.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "services/databricks_sim/files.h"

namespace roomkeeper::sim {
namespace {

HttpServerResponse::Ending ToServerEnding(SimResponse::Ending ending) {
  switch (ending) {
    case SimResponse::Ending::kAnswer:
      return HttpServerResponse::Ending::kAnswer;
    case SimResponse::Ending::kReset:
      return HttpServerResponse::Ending::kReset;
    case SimResponse::Ending::kHang:
      return HttpServerResponse::Ending::kHang;
    case SimResponse::Ending::kSlowBody:
      return HttpServerResponse::Ending::kSlowBody;
  }
  return HttpServerResponse::Ending::kAnswer;
}

HttpServerResponse ToServerResponse(SimResponse response) {
  return {.ending = ToServerEnding(response.ending),
          .status = response.status,
          .headers = std::move(response.headers),
          .body = std::move(response.body),
          .delay = response.delay};
}

bool IsHostName(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::string_view(".-_:[]").find(c) != absl::string_view::npos;
  });
}

// `host_url` is as the caller reached the workspace, which may be by another name than the bound
// address: what discovery answers must be reachable from where the caller is.
HttpServerResponse Serve(Simulator& simulator, const std::string& workspace, bool tls,
                         HttpServerRequest request) {
  const absl::string_view host = request.Header("host");
  if (!IsHostName(host)) {
    return {.status = 400, .body = "a Host header is needed\n"};
  }
  std::string host_url = absl::StrCat(tls ? "https://" : "http://", host);
  return ToServerResponse(simulator.Handle({.workspace = workspace,
                                            .host_url = std::move(host_url),
                                            .method = std::move(request.method),
                                            .target = std::move(request.target),
                                            .headers = std::move(request.headers),
                                            .body = std::move(request.body)}));
}

}  // namespace

absl::StatusOr<std::unique_ptr<SimServer>> SimServer::Make(ShellConfig config, SimClock& clock,
                                                           Log& log) {
  auto server = absl::WrapUnique(new SimServer(std::move(config), clock, log));
  RK_ASSIGN_OR_RETURN(server->simulator_, Simulator::Make(server->config_.world, clock));
  return server;
}

SimServer::SimServer(ShellConfig config, SimClock& clock, Log& log)
    : config_(std::move(config)), clock_(clock), log_(log) {}

SimServer::~SimServer() {
  Stop();
}

HttpServerOptions SimServer::Options(int port) const {
  return {.address = config_.listen_address,
          .port = port,
          .tls_certificate_pem = tls_.certificate_pem,
          .tls_key_pem = tls_.key_pem};
}

absl::Status SimServer::Start() {
  if (config_.tls) {
    RK_ASSIGN_OR_RETURN(tls_, MakeTestTls(clock_.Now()));
  }
  RK_RETURN_IF_ERROR(StartWorkspaces());
  control_api_ = std::make_unique<ControlApi>(*simulator_, clock_, log_, tls_.ca_pem);
  // Plain http also with tls: it is where a client gets the CA from.
  control_ = std::make_unique<HttpServer>(
      HttpServerOptions{.address = config_.listen_address, .port = config_.control_port},
      [this](const HttpServerRequest& request, const HttpRespond& respond) {
        respond(control_api_->Handle(request));
      });
  if (const absl::Status started = control_->Start(); !started.ok()) {
    return Annotate(started, "control_port");
  }
  return WriteFiles();
}

absl::Status SimServer::StartWorkspaces() {
  for (const WorkspaceConfig& workspace : simulator_->config().workspaces) {
    const auto port = config_.ports.find(workspace.name);
    auto server = std::make_unique<HttpServer>(
        Options(port == config_.ports.end() ? 0 : port->second),
        [this, name = workspace.name](HttpServerRequest request, const HttpRespond& respond) {
          respond(Serve(*simulator_, name, config_.tls, std::move(request)));
        });
    if (const absl::Status started = server->Start(); !started.ok()) {
      return Annotate(started, absl::StrCat("port of workspace ", workspace.name));
    }
    workspaces_.push_back(std::move(server));
  }
  return absl::OkStatus();
}

absl::Status SimServer::WriteFiles() const {
  if (!config_.ca_file.empty()) {
    RK_RETURN_IF_ERROR(WritePrivateFile(config_.ca_file, tls_.ca_pem));
  }
  if (!config_.secrets_dir.empty()) {
    RK_RETURN_IF_ERROR(MakePrivateDirectory(config_.secrets_dir));
    for (const WorkspaceConfig& workspace : simulator_->config().workspaces) {
      for (const Principal& principal : workspace.principals) {
        RK_RETURN_IF_ERROR(WritePrivateFile(
            absl::StrCat(config_.secrets_dir, "/", workspace.name, ".", principal.name, ".secret"),
            absl::StrCat(principal.client_secret, "\n")));
      }
    }
  }
  if (!config_.ready_file.empty()) {  // last: who sees it may use the others
    RK_RETURN_IF_ERROR(WritePrivateFile(config_.ready_file, absl::StrCat(ReadyJson(), "\n")));
  }
  return absl::OkStatus();
}

void SimServer::Stop() {
  if (control_ == nullptr) {
    return;
  }
  if (!config_.ready_file.empty()) {
    (void)unlink(config_.ready_file.c_str());
  }
  control_ = nullptr;
  workspaces_.clear();
}

std::string SimServer::ReadyJson() const {
  nlohmann::ordered_json workspaces = nlohmann::ordered_json::array();
  const std::vector<WorkspaceConfig>& configs = simulator_->config().workspaces;
  for (std::size_t i = 0; i < configs.size(); ++i) {
    nlohmann::ordered_json principals = nlohmann::ordered_json::array();
    for (const Principal& principal : configs[i].principals) {
      principals.push_back({{"name", principal.name},
                            {"client_id", principal.client_id},
                            {"client_secret", principal.client_secret}});
    }
    workspaces.push_back({{"name", configs[i].name},
                          {"host", workspaces_[i]->url()},
                          {"workspace_id", configs[i].workspace_id},
                          {"global_metastore_id", configs[i].global_metastore_id},
                          {"principals", std::move(principals)}});
  }
  return nlohmann::ordered_json{
      {"ready", true}, {"control_url", control_->url()}, {"workspaces", std::move(workspaces)}}
      .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace roomkeeper::sim
