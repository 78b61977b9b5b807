#include "services/roomkeeperd/shard_config.h"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "lib/config/private_file.h"

namespace roomkeeper {

namespace {

using Kind = Credential::Kind;

void Append(const char* name, Kind kind, const SecretSource& source,
            std::vector<Credential>& credentials) {
  if (source.file.empty() && source.env.empty()) {
    return;
  }
  Credential& added = credentials.emplace_back();
  added.name = name;
  added.kind = kind;
  added.read = [source] { return ReadSecret(source); };
  added.written_at = [source] { return WrittenAt(source); };
  if (kind == Kind::kClientSecret && !source.file.empty()) {
    added.write = [file = source.file](absl::string_view text) {
      return ReplacePrivateFile(file, text);
    };
    added.check_write = [file = source.file] { return CheckReplaceable(file); };
  }
}

// Beside the first secret: who may write there may rotate.
RotationRecordFile RecordFile(const ShardConfig& shard) {
  const std::string file = absl::StrCat(shard.client_secret.file, ".rotation");
  return {.read = [file]() -> absl::StatusOr<std::string> {
            errno = 0;
            std::ifstream in(file, std::ios::binary);
            if (!in.is_open() && errno == ENOENT) {
              return "";
            }
            std::string text(std::istreambuf_iterator<char>(in), {});
            // It may say what is still to be deleted: not to be taken for none.
            return in.is_open() && !in.bad()
                       ? absl::StatusOr<std::string>(std::move(text))
                       : absl::FailedPreconditionError(absl::StrCat("cannot read ", file));
          },
          .write = [file](absl::string_view text) { return ReplacePrivateFile(file, text); }};
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
                      .rotation_record = RecordFile(shard),
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
