#include "services/roomkeeperd/shard_watch.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/obs/metric_table.h"
#include "services/roomkeeperd/shard_config.h"

namespace roomkeeper {

ShardWatch::ShardWatch(const Config& config, DatabricksProvider& provider, Loop& loop,
                       Metrics& metrics, Log& log)
    : provider_(provider), loop_(loop), log_(log) {
  const MutexLock lock(mu_);
  for (const ShardStatus& shard : ListShards(config)) {
    shards_[shard.id].status = shard;
    metrics.Set(metric::kRoomLimit, {shard.id.value()}, static_cast<double>(shard.rooms_max));
  }
}

void ShardWatch::Start() {
  for (const ShardStatus& shard : List()) {
    Ask(shard.id);
  }
  CountRooms();
}

// The provider knows the count from its own LISTs, on the loop's thread; placement asks on others.
void ShardWatch::CountRooms() {
  {
    const MutexLock lock(mu_);
    for (auto& [id, shard] : shards_) {
      shard.status.rooms = provider_.RoomsListed(id);
    }
  }
  loop_.RunAfter(kCountRooms, [this] { CountRooms(); });
}

std::vector<ShardStatus> ShardWatch::List() const {
  const MutexLock lock(mu_);
  std::vector<ShardStatus> shards;
  for (const auto& [id, shard] : shards_) {
    shards.push_back(shard.status);
  }
  return shards;
}

absl::Status ShardWatch::Ready() const {
  const MutexLock lock(mu_);
  std::string problems;
  for (const auto& [id, shard] : shards_) {
    if (shard.health.ok()) {
      return absl::OkStatus();
    }
    absl::StrAppend(&problems, problems.empty() ? "" : "; ", "shard ", id.value(), ": ",
                    std::string(shard.health.message()));
  }
  return absl::UnavailableError(problems);
}

void ShardWatch::Probe(const ShardId& shard, std::vector<AssetSpec> assets,
                       std::function<void(std::vector<ShardCheckRow>)> done) {
  provider_.ProbeShard(shard, std::move(assets),
                       [shard, done = std::move(done)](const std::vector<ShardCheck>& checks) {
                         std::vector<ShardCheckRow> rows;
                         for (const ShardCheck& check : checks) {
                           rows.push_back({.shard = shard,
                                           .name = check.name,
                                           .ok = check.ok,
                                           .message = check.message,
                                           .fix = check.fix});
                         }
                         done(std::move(rows));
                       });
}

void ShardWatch::ProveCredentials(const ShardId& shard,
                                  std::function<void(std::vector<CredentialRow>)> done) {
  provider_.ProveCredentials(
      shard, [shard, done = std::move(done)](const std::string& client_id,
                                             const std::vector<CredentialStatus>& statuses) {
        std::vector<CredentialRow> rows;
        for (const CredentialStatus& status : statuses) {
          rows.push_back({.shard = shard,
                          .name = status.name,
                          .client_id = client_id,
                          .state = static_cast<CredentialRow::State>(status.state),
                          .message = status.message,
                          .in_use = status.in_use,
                          .accepted_at = status.accepted_at,
                          .refused_at = status.refused_at,
                          .written_at = status.written_at,
                          .expires_at = status.expires_at});
        }
        done(std::move(rows));
      });
}

void ShardWatch::RotateSecret(const ShardId& shard, bool plan,
                              std::function<void(RotationRow)> done) {
  provider_.RotateSecrets(shard, plan,
                          [shard, plan, done = std::move(done)](RotationReport report) {
                            using Outcome = RotationRow::Outcome;
                            RotationRow row{.shard = shard,
                                            .outcome = !report.status.ok() ? Outcome::kFailed
                                                       : plan              ? Outcome::kPlanned
                                                                           : Outcome::kRotated,
                                            .message = std::string(report.status.message()),
                                            .steps = std::move(report.steps)};
                            for (const RotationReport::Secret& secret : report.secrets) {
                              row.secrets.push_back({.id = secret.id,
                                                     .created_at = secret.created_at,
                                                     .expires_at = secret.expires_at,
                                                     .known = secret.known});
                            }
                            done(std::move(row));
                          });
}

void ShardWatch::Ask(const ShardId& id) {
  provider_.ProbeShard(id, {},
                       [this, id](const std::vector<ShardCheck>& checks) { Answered(id, checks); });
}

void ShardWatch::Answered(const ShardId& id, const std::vector<ShardCheck>& checks) {
  const auto credentials = std::find_if(checks.begin(), checks.end(), [](const ShardCheck& check) {
    return check.name == "credentials";
  });
  const bool well = credentials == checks.end() || credentials->ok;
  absl::Status said;
  bool refused = false;
  if (!well) {
    said = absl::UnavailableError(absl::StrCat(credentials->message, ": ", credentials->fix));
    refused = credentials->refused;
  }
  bool changed = false;
  {
    const MutexLock lock(mu_);
    Shard& shard = shards_[id];
    shard.failures = well ? 0 : shard.failures + 1;
    if (well || refused || shard.failures >= kFailuresMax || !shard.health.ok()) {
      changed = shard.health != said;
      shard.health = said;
    }
  }
  if (changed && well) {
    log_.Info("shard answers", {{"shard", id.value()}});
  } else if (!well) {
    log_.Warning("shard does not answer",
                 {{"shard", id.value()}, {"error", std::string(said.message())}});
  }
  loop_.RunAfter(well ? kAskWhenWell : kAskWhenIll, [this, id] { Ask(id); });
}

}  // namespace roomkeeper
