#include "lib/base/status_macros.h"
#include "lib/databricks_sim/control/control_args.h"

namespace roomkeeper::sim {
namespace {

absl::StatusOr<Json> SetRange(const ControlArgs& args, DurationRange& range) {
  RK_ASSIGN_OR_RETURN(const absl::Duration mean, args.Duration("mean", range.mean));
  RK_ASSIGN_OR_RETURN(const absl::Duration spread, args.Duration("spread", range.spread));
  range = {mean, spread};
  return Json::object();
}

absl::StatusOr<Json> SetLatency(const ControlArgs& args) {
  return SetRange(args, args.world().config.latency);
}

absl::StatusOr<Json> SetProvisioning(const ControlArgs& args) {
  return SetRange(args, args.world().config.provisioning);
}

absl::StatusOr<Json> SetAssetPending(const ControlArgs& args) {
  return SetRange(args, args.world().config.asset_pending);
}

absl::StatusOr<Json> SetRunDuration(const ControlArgs& args) {
  return SetRange(args, args.world().config.run_duration);
}

absl::StatusOr<Json> SetRateLimit(const ControlArgs& args) {
  const Json* rate = Find(args.json(), "per_second");
  if (rate == nullptr || !rate->is_number() || rate->get<double>() < 0) {
    return absl::InvalidArgumentError(
        "set_rate_limit needs \"per_second\", a number that is not negative (0: no limit)");
  }
  args.world().config.rate_limit_per_second = rate->get<double>();
  return Json::object();
}

absl::StatusOr<Json> GetState(const ControlArgs& args) {
  return StateOf(args.world());
}

absl::StatusOr<Json> GetKnobs(const ControlArgs& args) {
  return Json(args.world().knobs.All());
}

constexpr ControlRow kActions[] = {
    {"set_latency", SetLatency},
    {"set_provisioning", SetProvisioning},
    {"set_asset_pending", SetAssetPending},
    {"set_run_duration", SetRunDuration},
    {"set_rate_limit", SetRateLimit},
    {"state", GetState},
    {"knobs", GetKnobs},
};

}  // namespace

absl::Span<const ControlRow> WorldActions() {
  return kActions;
}

}  // namespace roomkeeper::sim
