#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "lib/base/mutex.h"
#include "lib/commands/check_shards.h"
#include "lib/commands/shard_directory.h"
#include "lib/config/config.h"
#include "lib/databricks/databricks_provider.h"
#include "lib/io/loop.h"
#include "lib/obs/log.h"
#include "lib/obs/metrics.h"

namespace roomkeeper {

// What is known of the shards: their facts from the config, and how they did when last asked. Asks
// each workspace at the start and then seldom; one that fails is asked again soon. A workspace that
// was well is ill when it refuses our credentials, or fails kFailuresMax times in a row; it is well
// again with the first good answer. List and Ready are thread-safe and do not block; the rest is
// for the loop's thread.
class ShardWatch final : public ShardDirectory, public ShardProber {
 public:
  static constexpr absl::Duration kAskWhenWell = absl::Minutes(5);
  static constexpr absl::Duration kAskWhenIll = absl::Seconds(5);
  static constexpr int kFailuresMax = 3;
  static constexpr absl::Duration kCountRooms = absl::Seconds(2);  // no platform call

  // All outlive it; the loop has ended when it goes.
  ShardWatch(const Config& config, DatabricksProvider& provider, Loop& loop, Metrics& metrics,
             Log& log);

  void Start();  // on the loop's thread, or before it runs

  std::vector<ShardStatus> List() const override;
  void Probe(const ShardId& shard, std::vector<AssetSpec> assets,
             std::function<void(std::vector<ShardCheckRow>)> done) override;
  void ProveCredentials(const ShardId& shard,
                        std::function<void(std::vector<CredentialRow>)> done) override;
  void RotateSecret(const ShardId& shard, bool plan,
                    std::function<void(RotationRow)> done) override;
  // OK if at least one workspace takes our credentials; else what it said, and what to do.
  absl::Status Ready() const;

 private:
  struct Shard {
    ShardStatus status = {};
    absl::Status health = absl::UnavailableError("not asked yet");
    int failures = 0;  // in a row
  };

  void Ask(const ShardId& id);
  void CountRooms();
  void Answered(const ShardId& id, const std::vector<ShardCheck>& checks);

  DatabricksProvider& provider_;
  Loop& loop_;
  Log& log_;
  mutable Mutex mu_;
  std::map<ShardId, Shard> shards_ ABSL_GUARDED_BY(mu_);
};

}  // namespace roomkeeper
