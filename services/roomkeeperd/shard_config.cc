#include "services/roomkeeperd/shard_config.h"

#include <string>

#include "absl/strings/str_split.h"

namespace roomkeeper {

std::vector<ShardOptions> MakeShards(const Config& config) {
  std::vector<ShardOptions> shards;
  for (const ShardConfig& shard : config.shards) {
    shards.push_back({.id = ShardId(shard.id),
                      .host = shard.host,
                      .client_id = shard.client_id,
                      .read_secret = [source = shard.client_secret] { return ReadSecret(source); },
                      .ca_file = shard.ca_file,
                      .global_metastore_id = shard.global_metastore_id,
                      .requests_per_second = shard.requests_per_second,
                      .write_timeout = config.engine.call_timeout,
                      .room_limit = shard.room_limit});
  }
  return shards;
}

std::vector<ShardStatus> ListShards(const Config& config) {
  std::vector<ShardStatus> shards;
  for (const ShardConfig& shard : config.shards) {
    // cloud:region:uuid; the config has checked the form, and preflight compares it with the
    // platform's.
    const std::vector<std::string> place = absl::StrSplit(shard.global_metastore_id, ':');
    shards.push_back({.id = ShardId(shard.id),
                      .facts = {.cloud_vendor = place[0],
                                .region = place[1],
                                .global_metastore_id = shard.global_metastore_id,
                                .collaborator_alias = config.provider.collaborator_alias},
                      .rooms = 0,
                      .rooms_max = shard.room_limit});
  }
  return shards;
}

}  // namespace roomkeeper
