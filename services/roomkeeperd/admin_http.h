#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "lib/http/http_server.h"
#include "lib/obs/metrics.h"

namespace roomkeeper {

// One reason why the server is well or not, e.g. "store", "shard main". The function runs on the
// admin thread and must not block: it tells what is known already.
struct HealthCheck {
  std::string name = {};
  std::function<absl::Status()> check = {};
};

struct AdminHttpOptions {
  std::string address = "127.0.0.1:0";
  // Read anew for each request, so that a rotated key needs no restart. Empty: no key is needed.
  std::string key_file = {};
  std::vector<HealthCheck> live = {};   // one that fails heals by a restart only
  std::vector<HealthCheck> ready = {};  // one that fails heals by itself, or by an operator
};

// The operator's port: GET /metrics (Prometheus text), /livez and /readyz (200, or 503; with a line
// for each check). Plaintext; no answer holds anything of a brand. With a key file, "Authorization:
// Bearer <key>" is needed for /metrics and for the lines of the checks; without it probes get the
// code and one word.
class AdminHttp {
 public:
  // `metrics` outlives it.
  AdminHttp(AdminHttpOptions options, const Metrics& metrics);

  // Errors as HttpServer::Start.
  absl::Status Start();
  void Stop();
  // "127.0.0.1:40001"; empty when not running.
  std::string address() const;

 private:
  HttpServerResponse Answer(const HttpServerRequest& request) const;
  bool MayRead(const HttpServerRequest& request) const;

  const AdminHttpOptions options_;
  const Metrics& metrics_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace roomkeeper
