#include "services/roomkeeperd/admin_http.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "lib/auth/api_key.h"
#include "lib/base/status_macros.h"
#include "lib/config/address.h"
#include "lib/config/secret_source.h"
#include "lib/crypto/digest.h"
#include "lib/http/http_server.h"
#include "lib/obs/metrics.h"

namespace roomkeeper {
namespace {

HttpServerResponse Text(int status, std::string body) {
  return {.status = status,
          .headers = {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}},
          .body = std::move(body)};
}

HttpServerResponse Health(const std::vector<HealthCheck>& checks, bool in_full) {
  bool well = true;
  std::string body;
  for (const HealthCheck& check : checks) {
    const absl::Status status = check.check();
    well = well && status.ok();
    absl::StrAppend(&body, check.name, ": ",
                    status.ok() ? absl::string_view("ok") : status.message(), "\n");
  }
  if (!in_full) {
    body.clear();
  }
  absl::StrAppend(&body, well ? "ok\n" : "failing\n");
  return Text(well ? 200 : 503, std::move(body));
}

}  // namespace

AdminHttp::AdminHttp(AdminHttpOptions options, const Metrics& metrics)
    : options_(std::move(options)), metrics_(metrics) {}

absl::Status AdminHttp::Start() {
  RK_ASSIGN_OR_RETURN(const HostPort address, ParseHostPort(options_.address));
  // The listener takes numbers only.
  const std::string host = address.host == "localhost" ? "127.0.0.1" : address.host;
  server_ = std::make_unique<HttpServer>(
      HttpServerOptions{
          .address = host, .port = address.port, .body_bytes_max = 1024, .connections_max = 64},
      [this](const HttpServerRequest& request, const HttpRespond& respond) {
        respond(Answer(request));
      });
  if (absl::Status status = server_->Start(); !status.ok()) {
    server_.reset();
    return Annotate(status, absl::StrCat("admin.address ", options_.address));
  }
  return absl::OkStatus();
}

void AdminHttp::Stop() {
  server_.reset();
}

std::string AdminHttp::address() const {
  if (server_ == nullptr) {
    return "";
  }
  const auto configured = ParseHostPort(options_.address);
  const std::string& host = configured->host;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return absl::StrCat(is_ipv6 ? "[" : "", host, is_ipv6 ? "]:" : ":", server_->port());
}

bool AdminHttp::MayRead(const HttpServerRequest& request) const {
  if (options_.key_file.empty()) {
    return true;
  }
  const absl::string_view sent = BearerOf(request.Header("authorization"));
  const auto key = ReadSecret({.file = options_.key_file});
  return key.ok() && !sent.empty() && ConstantTimeEquals(Sha256Hex(sent), Sha256Hex(key->Reveal()));
}

HttpServerResponse AdminHttp::Answer(const HttpServerRequest& request) const {
  if (request.method != "GET" && request.method != "HEAD") {
    HttpServerResponse refusal = Text(405, "use GET\n");
    refusal.headers.emplace_back("Allow", "GET, HEAD");
    return refusal;
  }
  const bool may_read = MayRead(request);
  if (request.path() == "/metrics") {
    if (!may_read) {
      HttpServerResponse refusal =
          Text(401, "send the key of admin.key_file as Authorization: Bearer\n");
      refusal.headers.emplace_back("WWW-Authenticate", "Bearer");
      return refusal;
    }
    HttpServerResponse page = Text(200, metrics_.Render());
    page.headers[0].second = "text/plain; version=0.0.4; charset=utf-8";
    return page;
  }
  if (request.path() == "/livez") {
    return Health(options_.live, may_read);
  }
  if (request.path() == "/readyz") {
    return Health(options_.ready, may_read);
  }
  return Text(404, "there are /metrics, /livez and /readyz\n");
}

}  // namespace roomkeeper
