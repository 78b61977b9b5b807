#include "services/databricks_sim/config.h"

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/obs/json_log.h"
#include "lib/yaml/yaml_fields.h"
#include "services/databricks_sim/files.h"
#include "services/databricks_sim/world_config.h"

namespace roomkeeper::sim {
namespace {

constexpr int kPortMax = 65535;
constexpr absl::Duration kWaitMax = absl::Hours(24);
constexpr std::int64_t kRequestLogMax = 10'000'000;
constexpr double kRateMax = 1e6;

int Port(YamlFields& fields, absl::string_view key) {
  return static_cast<int>(fields.IntOr(key, 0, 0, kPortMax));
}

DurationRange Range(YamlFields& top, absl::string_view key, const DurationRange& fallback,
                    YamlProblems& problems) {
  const YamlNode* node = top.Find(key);
  if (node == nullptr) {
    return fallback;
  }
  YamlFields fields(*node, top.PathOf(key), problems);
  DurationRange range;
  range.mean = fields.DurationOr("mean", fallback.mean, absl::ZeroDuration(), kWaitMax);
  range.spread = fields.DurationOr("spread", fallback.spread, absl::ZeroDuration(), kWaitMax);
  fields.Finish();
  return range;
}

void ReadServing(YamlFields& top, const std::string& file, ShellConfig& config) {
  config.listen_address = top.TextOr("listen_address", config.listen_address);
  config.control_port = Port(top, "control_port");
  config.tls = top.FlagOr("tls", config.tls);
  config.ca_file = PathBeside(file, top.TextOr("ca_file", ""));
  config.ready_file = PathBeside(file, top.TextOr("ready_file", ""));
  config.secrets_dir = PathBeside(file, top.TextOr("secrets_dir", ""));
  const std::string level =
      top.ChoiceOr("log_level", Name(config.log_level), {"debug", "info", "warning", "error"});
  config.log_level = ParseLogLevel(level).value_or(config.log_level);
  if (!config.ca_file.empty() && !config.tls) {
    top.Problem("ca_file", "needs tls: true");
  }
}

void ReadBehaviour(YamlFields& top, SimConfig& world, YamlProblems& problems) {
  const SimConfig defaults;
  world.latency = Range(top, "latency", defaults.latency, problems);
  world.provisioning = Range(top, "provisioning", defaults.provisioning, problems);
  world.asset_pending = Range(top, "asset_pending", defaults.asset_pending, problems);
  world.run_duration = Range(top, "run_duration", defaults.run_duration, problems);
  world.rate_limit_per_second =
      top.NumberOr("rate_limit_per_second", defaults.rate_limit_per_second, 0, kRateMax);
  world.token_lifetime =
      top.DurationOr("token_lifetime", defaults.token_lifetime, absl::Seconds(1), kWaitMax);
  world.seed =
      static_cast<std::uint64_t>(top.IntOr("seed", static_cast<std::int64_t>(defaults.seed), 0,
                                           std::numeric_limits<std::int64_t>::max()));
  world.request_log_max = static_cast<std::size_t>(top.IntOr(
      "request_log_max", static_cast<std::int64_t>(defaults.request_log_max), 0, kRequestLogMax));
}

}  // namespace

absl::StatusOr<ShellConfig> ParseConfig(absl::string_view text, const std::string& file) {
  RK_ASSIGN_OR_RETURN(const YamlNode root, ParseYaml(text, file));
  YamlProblems problems(file);
  YamlFields top(root, "", problems);
  ShellConfig config;
  ReadServing(top, file, config);
  ReadBehaviour(top, config.world, problems);
  ReadWorld(top, problems, config);
  top.Finish();
  RK_RETURN_IF_ERROR(problems.ToStatus());
  return config;
}

absl::StatusOr<ShellConfig> LoadConfig(const std::string& file) {
  RK_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  return ParseConfig(text, file);
}

}  // namespace roomkeeper::sim
