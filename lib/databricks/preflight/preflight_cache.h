#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "lib/cleanroom/provider.h"
#include "lib/databricks/preflight/shard_checks.h"
#include "lib/databricks/rest_client.h"
#include "lib/databricks/shard_options.h"
#include "lib/io/loop.h"
#include "lib/obs/metrics.h"

namespace roomkeeper {

// Preflight of one shard, remembered by package digest for 5 minutes (asked afresh: 30 seconds), so
// that a wave of rooms costs one set of questions; the count of rooms for 30 seconds. Who asks
// while an answer is on its way shares it. Loop thread only.
class PreflightCache {
 public:
  // All outlive the cache.
  PreflightCache(Loop& loop, RestClient& rest, Metrics& metrics, const ShardOptions& shard);

  // As Provider::Preflight.
  void Run(const CallOrigin& origin, const RoomSpec& spec, bool fresh,
           CallDone<PreflightReport> done);
  // Rooms on the metastore, counted at most 30 s ago or else now. As all of Provider, `done` runs
  // once, never inside the call.
  void Count(const CallOrigin& origin, CallDone<std::int64_t> done);
  // A room of ours came or went.
  void RoomsChanged(std::int64_t by);
  std::int64_t rooms_listed() const { return rooms_; }

 private:
  struct Entry {
    absl::Duration at = -absl::InfiniteDuration();  // monotonic
    std::vector<Problem> problems = {};             // without the room limit
    std::vector<CallDone<PreflightReport>> waiting = {};
  };

  void Ask(const CallOrigin& origin, const RoomSpec& spec, const std::string& digest);
  void Take(const std::string& digest, ShardFindings findings);
  void SetRooms(std::int64_t count);
  PreflightReport Report(std::vector<Problem> problems) const;

  Loop& loop_;
  RestClient& rest_;
  Metrics& metrics_;
  const ShardOptions& shard_;
  std::map<std::string, Entry> entries_;  // by package digest
  std::int64_t rooms_ = 0;
  absl::Duration rooms_at_ = -absl::InfiniteDuration();
  std::vector<CallDone<std::int64_t>> counting_;  // wait for the count that is on its way
};

}  // namespace roomkeeper
