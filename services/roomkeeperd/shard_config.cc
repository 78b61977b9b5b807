#include "services/roomkeeperd/shard_config.h"

#include <string>

#include "absl/strings/str_split.h"

namespace roomkeeper {

namespace {

using Kind = Credential::Kind;

void Append(const char* name, Kind kind, const SecretSource& source,
            std::vector<Credential>& credentials) {
  if (source.file.empty() && source.env.empty()) {
    return;
  }
  credentials.push_back({.name = name,
                         .kind = kind,
                         .read = [source] { return ReadSecret(source); },
                         .written_at = [source] { return WrittenAt(source); }});
}

std::vector<Credential> MakeCredentials(const ShardConfig& shard) {
  std::vector<Credential> credentials;
  Append("client_secret", Kind::kClientSecret, shard.client_secret, credentials);
  Append("client_secret_2", Kind::kClientSecret, shard.client_secret_2, credentials);
  Append("federation_token", Kind::kFederationToken, shard.federation_token, credentials);
  return credentials;
}

}  // namespace

std::vector<ShardOptions> MakeShards(const Config& config) {
  std::vector<ShardOptions> shards;
  for (const ShardConfig& shard : config.shards) {
    shards.push_back({.id = ShardId(shard.id),
                      .host = shard.host,
                      .client_id = shard.client_id,
                      .credentials = MakeCredentials(shard),
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
