#pragma once

#include <string>

#include "lib/databricks_sim/simulator.h"
#include "lib/http/http_server.h"
#include "lib/obs/log.h"
#include "services/databricks_sim/sim_clock.h"

namespace roomkeeper::sim {

// What the control URL answers: faults, knobs, the clock, the request log, and things people do by
// hand. All JSON; an error is {"error": text}. GET / lists the routes; docs/simulator.md shows them
// in use. Thread-safe; does not block.
class ControlApi {
 public:
  // Borrows all but `ca_pem` (empty: the simulator serves plain http).
  ControlApi(Simulator& simulator, SimClock& clock, Log& log, std::string ca_pem);

  HttpServerResponse Handle(const HttpServerRequest& request);

 private:
  struct Route;
  static const Route kRoutes[];

  HttpServerResponse ListRoutes(const HttpServerRequest& request);
  HttpServerResponse AddFault(const HttpServerRequest& request);
  HttpServerResponse ClearFaults(const HttpServerRequest& request);
  HttpServerResponse SetKnobs(const HttpServerRequest& request);
  HttpServerResponse ListRequests(const HttpServerRequest& request);
  HttpServerResponse CountRequests(const HttpServerRequest& request);
  HttpServerResponse ClearRequests(const HttpServerRequest& request);
  HttpServerResponse Control(const HttpServerRequest& request);
  HttpServerResponse AdvanceClock(const HttpServerRequest& request);
  HttpServerResponse CaPem(const HttpServerRequest& request);

  Simulator& simulator_;
  SimClock& clock_;
  Log& log_;
  const std::string ca_pem_;
};

}  // namespace roomkeeper::sim
