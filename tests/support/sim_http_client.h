#pragma once

#include <set>
#include <string>

#include "lib/databricks_sim/simulator.h"
#include "lib/http/http_client.h"
#include "lib/io/loop.h"

namespace roomkeeper::testing {

// Drives a Simulator in process: http://<workspace>.sim/path is that workspace. The simulator acts
// when the request is posted, and the answer comes after SimResponse::delay of the loop's time. A
// hang, a slow body or a delay past the request's timeout is kLost at the timeout, a reset is kLost
// after its delay, an unknown host is kNotSent. `simulator` and `loop` outlive it; the simulator's
// clock should be the loop's.
class SimHttpClient final : public HttpClient {
 public:
  SimHttpClient(sim::Simulator& simulator, Loop& loop) : simulator_(simulator), loop_(loop) {}

  void Send(HttpRequest request, Done done) override;

  // Requests to this workspace are kNotSent until it is reachable again.
  void SetReachable(const std::string& workspace, bool reachable);

  static std::string UrlOf(const std::string& workspace) { return "http://" + workspace + ".sim"; }

 private:
  void Serve(const HttpRequest& request, Done done);
  void Answer(const HttpRequest& request, sim::SimResponse response, Done done);

  sim::Simulator& simulator_;
  Loop& loop_;
  std::set<std::string> unreachable_;
};

}  // namespace roomkeeper::testing
