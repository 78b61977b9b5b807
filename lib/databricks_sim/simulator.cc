#include "lib/databricks_sim/simulator.h"

#include <cmath>
#include <deque>

#include "absl/base/thread_annotations.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "lib/base/mutex.h"
#include "lib/base/status_macros.h"
#include "lib/databricks_sim/control/control.h"
#include "lib/databricks_sim/core/faults.h"
#include "lib/databricks_sim/core/router.h"
#include "lib/databricks_sim/services/oauth.h"
#include "lib/databricks_sim/services/services.h"
#include "lib/databricks_sim/world/names.h"

namespace roomkeeper::sim {
namespace {

std::string HeaderOf(const SimRequest& request, absl::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (absl::EqualsIgnoreCase(key, name)) {
      return value;
    }
  }
  return "";
}

// Row 45. Empty: the workspace has budget for this request.
Refusal TakeFromBucket(World& world, Workspace& workspace) {
  const double rate = world.config.rate_limit_per_second;
  if (rate <= 0) {
    return {};
  }
  const absl::Time now = world.Now();
  workspace.bucket =
      std::min(std::max(1.0, rate),
               workspace.bucket + absl::ToDoubleSeconds(now - workspace.bucket_at) * rate);
  workspace.bucket_at = now;
  if (workspace.bucket >= 1) {
    workspace.bucket -= 1;
    return {};
  }
  Reply reply = ErrorForStatus(429);
  const auto seconds = static_cast<std::int64_t>(std::ceil((1 - workspace.bucket) / rate));
  reply.headers.emplace_back("Retry-After", absl::StrCat(seconds));
  return reply;
}

void AddRetryHints(const World& world, Reply& reply) {
  if (reply.status != 429 && reply.status != 503) {
    return;
  }
  std::string seconds = "1";
  for (auto it = reply.headers.begin(); it != reply.headers.end(); ++it) {
    if (absl::EqualsIgnoreCase(it->first, "Retry-After")) {
      seconds = it->second;
      reply.headers.erase(it);
      break;
    }
  }
  std::int64_t wait = 1;
  if (!absl::SimpleAtoi(seconds, &wait) || world.knobs.Is("retry_after", "seconds")) {
    reply.headers.emplace_back("Retry-After", seconds);
  } else if (world.knobs.Is("retry_after", "date")) {
    reply.headers.emplace_back(
        "Retry-After", absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT",
                                        world.Now() + absl::Seconds(wait), absl::UTCTimeZone()));
  }
  if (reply.is_error && world.knobs.Is("retry_info", "present")) {
    reply.body["details"].push_back({{"@type", "type.googleapis.com/google.rpc.RetryInfo"},
                                     {"retry_delay", absl::StrCat(wait, "s")}});
  }
}

// RequestInfo and the other things every answer of the platform has (row 47).
void Complete(World& world, const Workspace& workspace, Reply& reply) {
  AddRetryHints(world, reply);
  if (reply.is_error) {
    if (world.knobs.Is("error_details", "absent")) {
      reply.body.erase("details");
    } else {
      reply.body["details"].push_back({{"@type", "type.googleapis.com/google.rpc.RequestInfo"},
                                       {"request_id", world.NewUuid()},
                                       {"serving_data", ""}});
    }
  }
  reply.headers.emplace_back("server", "databricks");
  reply.headers.emplace_back("X-Databricks-Org-Id", absl::StrCat(workspace.config.workspace_id));
}

// What a fault answers in place of the platform.
Reply ReplyOf(const Fault& fault) {
  Reply reply = ErrorForStatus(fault.status);
  if (!fault.body.empty()) {
    reply.is_error = false;
    reply.raw = fault.body;
  }
  reply.headers = fault.headers;
  return reply;
}

SimResponse ToResponse(Reply reply) {
  SimResponse response;
  response.status = reply.status;
  response.body = reply.raw ? *std::move(reply.raw)
                            : reply.body.dump(-1, ' ', false, Json::error_handler_t::replace);
  response.headers = std::move(reply.headers);
  if (!response.body.empty()) {
    response.headers.emplace_back("Content-Type", reply.content_type);
  }
  return response;
}

}  // namespace

struct Simulator::Impl {
  mutable Mutex mu;
  std::unique_ptr<World> world ABSL_GUARDED_BY(mu) = nullptr;
  FaultList faults ABSL_GUARDED_BY(mu);
  std::deque<LoggedRequest> log ABSL_GUARDED_BY(mu);
  std::int64_t requests ABSL_GUARDED_BY(mu) = 0;
  Router router;
  SimConfig config = {};

  Reply Serve(Workspace& workspace, const SimRequest& request, const Target& target,
              LoggedRequest& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  Reply Dispatch(const Route& route, Call& call, LoggedRequest& entry)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  void Log(LoggedRequest entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
    log.push_back(std::move(entry));
    if (log.size() > config.request_log_max) {
      log.pop_front();
    }
  }
};

Reply Simulator::Impl::Dispatch(const Route& route, Call& call, LoggedRequest& entry) {
  if (!route.open) {
    Or<Account*> caller =
        Authenticate(*world, call.workspace, HeaderOf(call.request, "Authorization"));
    if (caller.refusal) {
      return *caller.refusal;
    }
    call.caller = caller.value;
    entry.principal = call.caller->config.name;
    if (Refusal over = TakeFromBucket(*world, call.workspace)) {
      return *over;
    }
  }
  if (!route.body.empty()) {
    call.body =
        call.request.body.empty() ? Json::object() : Json::parse(call.request.body, nullptr, false);
    if (call.body.is_discarded()) {
      return Error(400, "MALFORMED_REQUEST", "Could not parse request object: it is not JSON");
    }
    if (Refusal no = CheckShape(call.body, route.body, "", call.Knob("unknown_fields", "reject"))) {
      return *no;
    }
  }
  return route.handler(call);
}

Reply Simulator::Impl::Serve(Workspace& workspace, const SimRequest& request, const Target& target,
                             LoggedRequest& entry) {
  std::vector<std::string> arguments;
  const Route* route = router.Match(request.method, target.segments, &arguments);
  if (route == nullptr) {
    return EndpointNotFound(request.method, target.raw_path);
  }
  Call call{.world = *world,
            .workspace = workspace,
            .now = world->Now(),
            .request = request,
            .arguments = std::move(arguments),
            .query = target.query};
  return Dispatch(*route, call, entry);
}

absl::StatusOr<std::unique_ptr<Simulator>> Simulator::Make(SimConfig config, const Clock& clock) {
  RK_ASSIGN_OR_RETURN(std::unique_ptr<World> world, World::Make(std::move(config), clock));
  auto impl = std::make_unique<Impl>();
  impl->config = world->config;
  AddAllServices(impl->router);
  {
    const MutexLock lock(impl->mu);
    impl->world = std::move(world);
  }
  return std::unique_ptr<Simulator>(new Simulator(std::move(impl)));
}

Simulator::Simulator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Simulator::~Simulator() = default;

SimResponse Simulator::Handle(const SimRequest& request) {
  const MutexLock lock(impl_->mu);
  World& world = *impl_->world;
  Workspace* workspace = world.FindWorkspace(request.workspace);
  if (workspace == nullptr) {
    return ToResponse(Error(400, "BAD_REQUEST",
                            absl::StrCat("no workspace is named \"", request.workspace, "\"")));
  }
  const Target target = ParseTarget(request.target, world.knobs.Is("encoded_slash", "split"));
  std::vector<std::string> ignored;
  const Route* route = impl_->router.Match(request.method, target.segments, &ignored);
  LoggedRequest entry{.number = ++impl_->requests,
                      .at = world.Now(),
                      .workspace = request.workspace,
                      .route = route == nullptr ? "" : route->name(),
                      .method = request.method,
                      .target = request.target,
                      .user_agent = HeaderOf(request, "User-Agent")};
  const absl::Duration latency = world.Sample(world.config.latency);
  const std::optional<Fault> fault = impl_->faults.Hit(request, target.raw_path, entry.route);
  const bool answered_by_fault = fault && fault->status != 0;
  const bool lost = fault && (fault->ending == SimResponse::Ending::kReset ||
                              fault->ending == SimResponse::Ending::kHang);
  Reply reply;
  if (!fault || fault->after_effect || !(answered_by_fault || lost)) {
    reply = impl_->Serve(*workspace, request, target, entry);
  }
  if (answered_by_fault) {
    reply = ReplyOf(*fault);
  } else if (fault) {
    reply.headers.insert(reply.headers.end(), fault->headers.begin(), fault->headers.end());
  }
  Complete(world, *workspace, reply);
  SimResponse response = ToResponse(std::move(reply));
  response.delay = latency;
  if (fault) {
    response.ending = fault->ending;
    response.delay += fault->delay;
    entry.fault = fault->pattern;
  }
  entry.status = lost ? 0 : response.status;
  impl_->Log(std::move(entry));
  return response;
}

std::int64_t Simulator::AddFault(Fault fault) {
  const MutexLock lock(impl_->mu);
  return impl_->faults.Add(std::move(fault));
}

void Simulator::ClearFaults() {
  const MutexLock lock(impl_->mu);
  impl_->faults.Clear();
}

absl::Status Simulator::SetKnob(const std::string& name, const std::string& value) {
  const MutexLock lock(impl_->mu);
  return impl_->world->knobs.Set(name, value);
}

std::vector<LoggedRequest> Simulator::RequestLog() const {
  const MutexLock lock(impl_->mu);
  return {impl_->log.begin(), impl_->log.end()};
}

void Simulator::ClearRequestLog() {
  const MutexLock lock(impl_->mu);
  impl_->log.clear();
}

absl::StatusOr<std::string> Simulator::Control(const std::string& json) {
  const MutexLock lock(impl_->mu);
  return RunControl(*impl_->world, json);
}

const SimConfig& Simulator::config() const {
  return impl_->config;
}

}  // namespace roomkeeper::sim
