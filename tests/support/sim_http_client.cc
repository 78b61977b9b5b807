#include "tests/support/sim_http_client.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace roomkeeper::testing {
namespace {

constexpr std::size_t kBodyBytesMax = std::size_t{32} << 20U;  // as HttpClient promises

HttpResult Failed(HttpResult::Transport transport, std::string error) {
  HttpResult result;
  result.transport = transport;
  result.error = std::move(error);
  return result;
}

struct Url {
  std::string host_url = {};
  std::string workspace = {};
  std::string target = {};
};

Url Split(const std::string& url) {
  const auto scheme_end = url.find("://");
  const auto start = scheme_end == std::string::npos ? 0 : scheme_end + 3;
  const auto slash = url.find('/', start);
  Url out;
  out.host_url = url.substr(0, slash);
  out.target = slash == std::string::npos ? "/" : url.substr(slash);
  const std::string host = out.host_url.substr(start);
  out.workspace = std::string(absl::StripSuffix(host.substr(0, host.find(':')), ".sim"));
  return out;
}

}  // namespace

void SimHttpClient::SetReachable(const std::string& workspace, bool reachable) {
  if (reachable) {
    unreachable_.erase(workspace);
  } else {
    unreachable_.insert(workspace);
  }
}

void SimHttpClient::Send(HttpRequest request, Done done) {
  loop_.Post([this, request = std::move(request), done = std::move(done)]() mutable {
    Serve(request, std::move(done));
  });
}

void SimHttpClient::Serve(const HttpRequest& request, Done done) {
  Url url = Split(request.url);
  bool known = unreachable_.count(url.workspace) == 0;
  if (known) {
    known = false;
    for (const sim::WorkspaceConfig& workspace : simulator_.config().workspaces) {
      known = known || workspace.name == url.workspace;
    }
  }
  if (!known) {
    done(Failed(HttpResult::Transport::kNotSent,
                absl::StrCat("no route to host ", url.workspace, ".sim")));
    return;
  }
  sim::SimRequest simulated;
  simulated.workspace = std::move(url.workspace);
  simulated.host_url = std::move(url.host_url);
  simulated.method = request.method;
  simulated.target = std::move(url.target);
  simulated.headers = request.headers;
  simulated.body = request.body;
  Answer(request, simulator_.Handle(simulated), std::move(done));
}

void SimHttpClient::Answer(const HttpRequest& request, sim::SimResponse response, Done done) {
  using Ending = sim::SimResponse::Ending;
  HttpResult result;
  absl::Duration after = response.delay;
  if (response.ending == Ending::kHang || response.delay >= request.timeout) {
    result = Failed(HttpResult::Transport::kLost, "timeout");
    after = request.timeout;
  } else if (response.ending == Ending::kReset) {
    result = Failed(HttpResult::Transport::kLost, "connection reset");
  } else if (response.body.size() > kBodyBytesMax) {
    result = Failed(HttpResult::Transport::kLost, "body over 32 MiB");
  } else {
    result.transport = HttpResult::Transport::kAnswered;
    result.status = response.status;
    result.body = std::move(response.body);
    for (auto& [name, value] : response.headers) {
      result.headers.emplace_back(absl::AsciiStrToLower(name), std::move(value));
    }
  }
  loop_.RunAfter(after, [result = std::move(result), done = std::move(done)] { done(result); });
}

}  // namespace roomkeeper::testing
