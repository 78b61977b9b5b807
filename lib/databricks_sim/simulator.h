#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "lib/base/clock.h"
#include "lib/databricks_sim/sim_config.h"

namespace roomkeeper::sim {

struct SimRequest {
  std::string workspace = {};  // name: which host was called
  std::string host_url =
      {};  // as the caller reached it, e.g. "http://127.0.0.1:41001": issuer and endpoints
  std::string method = {};
  std::string target = {};  // path and query, still percent-encoded
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
};

struct SimResponse {
  enum class Ending : std::uint8_t {
    kAnswer,
    kReset,     // close the connection without an answer, after `delay`
    kHang,      // never answer
    kSlowBody,  // send the body byte by byte over `delay`
  };
  Ending ending = Ending::kAnswer;
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  absl::Duration delay = absl::ZeroDuration();  // what the caller waits before the answer
};

// One injected fault. It applies to requests that match, after the first `offset` of them, `times`
// times.
struct Fault {
  std::string pattern = {};  // "POST /api/2.0/clean-rooms" or with a trailing *; "* *" matches all
  std::string workspace = {};  // empty: all
  int status = 0;              // answer with this; 0: the ending says it all
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};  // e.g. Retry-After
  std::int64_t offset = 0;
  std::int64_t times = 1;     // -1: until removed
  bool after_effect = false;  // do the work, then answer with the fault: the lost answer
  SimResponse::Ending ending = SimResponse::Ending::kAnswer;
  absl::Duration delay = absl::ZeroDuration();
};

struct LoggedRequest {
  std::int64_t number = 0;
  absl::Time at = {};
  std::string workspace = {};
  std::string principal = {};  // name, or empty
  std::string route = {};      // "POST /api/2.0/clean-rooms/{room}/assets"
  std::string method = {};
  std::string target = {};
  std::string user_agent = {};
  int status = 0;
  std::string fault = {};  // pattern of the fault that hit it, or empty
};

// A local Databricks: several workspaces, their metastores, and everything an orchestrator and a
// brand call. Thread- safe (one lock); no I/O; time only from `clock`, so a test moves it at will.
// The HTTP shell is services/databricks_sim; tests may call Handle directly
// (tests/support/sim_http_client.h).
class Simulator {
 public:
  // kInvalidArgument with the place and the value. `clock` outlives the simulator.
  static absl::StatusOr<std::unique_ptr<Simulator>> Make(SimConfig config, const Clock& clock);
  ~Simulator();

  SimResponse Handle(const SimRequest& request);

  // Control, as POST/GET on the control URL.
  std::int64_t AddFault(Fault fault);  // its number
  void ClearFaults();
  absl::Status SetKnob(const std::string& name, const std::string& value);
  std::vector<LoggedRequest> RequestLog() const;
  void ClearRequestLog();
  // Things people do by hand: see control.h. Same JSON as the control API takes and gives:
  // {"action":"revoke_grant","workspace":…,"principal":…,"securable":…}; "grant", "delete_room",
  // "fail_room", "add_secret", "remove_secret", "add_federation_policy", "rotate_signing_key",
  // "set_latency", "set_provisioning", "set_rate_limit", "state".
  absl::StatusOr<std::string> Control(const std::string& json);

  // The configured principals with their generated ids and secrets, for the ready line.
  const SimConfig& config() const;

 private:
  struct Impl;
  explicit Simulator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace roomkeeper::sim
