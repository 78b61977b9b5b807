#include "services/databricks_sim/control_api.h"

#include <cstdint>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "services/databricks_sim/control_json.h"

namespace roomkeeper::sim {
namespace {

constexpr char kJson[] = "application/json";

HttpServerResponse Answer(std::string body, int status = 200, const char* type = kJson) {
  return {.status = status, .headers = {{"Content-Type", type}}, .body = std::move(body)};
}

HttpServerResponse Done() {
  return Answer("{}");
}

HttpServerResponse Refuse(const absl::Status& status) {
  const int code = status.code() == absl::StatusCode::kInvalidArgument ? 400
                   : status.code() == absl::StatusCode::kNotFound      ? 404
                   : status.code() == absl::StatusCode::kInternal      ? 500
                                                                       : 409;
  return Answer(FormatError(status.message()), code);
}

// The value of ?key=…; empty if it is not there. Names of workspaces need no decoding.
std::string Query(const HttpServerRequest& request, absl::string_view key) {
  const absl::string_view target = request.target;
  const std::size_t start = target.find('?');
  if (start == absl::string_view::npos) {
    return "";
  }
  for (const absl::string_view part : absl::StrSplit(target.substr(start + 1), '&')) {
    const std::pair<absl::string_view, absl::string_view> pair =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    if (pair.first == key) {
      return std::string(pair.second);
    }
  }
  return "";
}

// The log after ?after=NUMBER, of ?workspace=NAME.
std::vector<LoggedRequest> Selected(const Simulator& simulator, const HttpServerRequest& request) {
  const std::string workspace = Query(request, "workspace");
  std::int64_t after = 0;
  (void)absl::SimpleAtoi(Query(request, "after"), &after);
  std::vector<LoggedRequest> log = simulator.RequestLog();
  std::erase_if(log, [&](const LoggedRequest& entry) {
    return entry.number <= after || (!workspace.empty() && entry.workspace != workspace);
  });
  return log;
}

}  // namespace

struct ControlApi::Route {
  const char* method;
  const char* path;
  HttpServerResponse (ControlApi::*handle)(const HttpServerRequest&);
  const char* what;
};

const ControlApi::Route ControlApi::kRoutes[] = {
    {"GET", "/", &ControlApi::ListRoutes, "this list"},
    {"POST", "/faults", &ControlApi::AddFault, "make matching requests fail"},
    {"DELETE", "/faults", &ControlApi::ClearFaults, "remove all faults"},
    {"POST", "/knobs", &ControlApi::SetKnobs, "switch readings of unknown behaviours"},
    {"GET", "/requests", &ControlApi::ListRequests,
     "the log of requests; ?workspace=NAME, ?after=NUMBER"},
    {"GET", "/requests/counts", &ControlApi::CountRequests,
     "requests per route; the same parameters"},
    {"DELETE", "/requests", &ControlApi::ClearRequests, "empty the log"},
    {"POST", "/control", &ControlApi::Control, "what people do by hand: {\"action\": …}"},
    {"POST", "/clock/advance", &ControlApi::AdvanceClock, "move the clock: {\"by\": \"1h\"}"},
    {"GET", "/ca.pem", &ControlApi::CaPem, "the test CA, with tls"},
};

ControlApi::ControlApi(Simulator& simulator, SimClock& clock, Log& log, std::string ca_pem)
    : simulator_(simulator), clock_(clock), log_(log), ca_pem_(std::move(ca_pem)) {}

HttpServerResponse ControlApi::Handle(const HttpServerRequest& request) {
  bool path_known = false;
  for (const Route& route : kRoutes) {
    if (request.path() == route.path) {
      if (request.method == route.method) {
        return (this->*route.handle)(request);
      }
      path_known = true;
    }
  }
  return Answer(FormatError(absl::StrCat("no route ", request.method, " ", request.path(),
                                         "; GET / lists all")),
                path_known ? 405 : 404);
}

HttpServerResponse ControlApi::ListRoutes(const HttpServerRequest& /*request*/) {
  nlohmann::ordered_json routes;
  for (const Route& route : kRoutes) {
    routes[absl::StrCat(route.method, " ", route.path)] = route.what;
  }
  return Answer(routes.dump(2) + "\n");
}

HttpServerResponse ControlApi::AddFault(const HttpServerRequest& request) {
  absl::StatusOr<Fault> fault = ParseFault(request.body);
  if (!fault.ok()) {
    return Refuse(fault.status());
  }
  const std::string pattern = fault->pattern;
  const std::int64_t number = simulator_.AddFault(*std::move(fault));
  log_.Info("fault added", {{"fault", number}, {"pattern", pattern}});
  return Answer(absl::StrCat("{\"fault\":", number, "}"));
}

HttpServerResponse ControlApi::ClearFaults(const HttpServerRequest& /*request*/) {
  simulator_.ClearFaults();
  log_.Info("faults cleared");
  return Done();
}

HttpServerResponse ControlApi::SetKnobs(const HttpServerRequest& request) {
  const absl::StatusOr<Knobs> knobs = ParseKnobs(request.body);
  if (!knobs.ok()) {
    return Refuse(knobs.status());
  }
  for (const auto& [name, value] : *knobs) {
    if (const absl::Status set = simulator_.SetKnob(name, value); !set.ok()) {
      return Refuse(set);
    }
    log_.Info("knob set", {{"knob", name}, {"value", value}});
  }
  return Done();
}

HttpServerResponse ControlApi::ListRequests(const HttpServerRequest& request) {
  return Answer(FormatRequests(Selected(simulator_, request)));
}

HttpServerResponse ControlApi::CountRequests(const HttpServerRequest& request) {
  return Answer(FormatCounts(Selected(simulator_, request)));
}

HttpServerResponse ControlApi::ClearRequests(const HttpServerRequest& /*request*/) {
  simulator_.ClearRequestLog();
  return Done();
}

HttpServerResponse ControlApi::Control(const HttpServerRequest& request) {
  absl::StatusOr<std::string> answer = simulator_.Control(request.body);
  return answer.ok() ? Answer(*std::move(answer)) : Refuse(answer.status());
}

HttpServerResponse ControlApi::AdvanceClock(const HttpServerRequest& request) {
  const absl::StatusOr<absl::Duration> by = ParseAdvance(request.body);
  if (!by.ok()) {
    return Refuse(by.status());
  }
  clock_.Advance(*by);
  log_.Info("clock advanced", {{"by", absl::FormatDuration(*by)}});
  return Answer(FormatClock(clock_.Now(), clock_.ahead()));
}

HttpServerResponse ControlApi::CaPem(const HttpServerRequest& /*request*/) {
  if (ca_pem_.empty()) {
    return Refuse(absl::NotFoundError("the simulator serves plain http; start it with --tls"));
  }
  return Answer(ca_pem_, 200, "application/x-pem-file");
}

}  // namespace roomkeeper::sim
