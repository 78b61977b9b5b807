#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "lib/config/config.h"
#include "lib/config/config_rules.h"
#include "lib/config/secret_source.h"

namespace roomkeeper::config_internal {
namespace {

void CheckReadable(const std::string& path, const std::string& file, ConfigProblems& problems) {
  if (!file.empty() && ::access(file.c_str(), R_OK) != 0) {
    problems.Add(
        path, absl::StrCat("names \"", file, "\", which cannot be read: ", std::strerror(errno)));
  }
}

void CheckFolder(const std::string& path, const std::string& folder, ConfigProblems& problems) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    problems.Add(path, absl::StrCat("names \"", folder, "\", which is not a folder"));
  }
}

void CheckSecret(const std::string& key, const SecretSource& source, ConfigProblems& problems) {
  if (source.file.empty() == source.env.empty()) {  // not named; or CheckRules has said so
    return;
  }
  if (const auto secret = ReadSecret(source); !secret.ok()) {
    problems.Add(key + (source.env.empty() ? "_file" : "_env"),
                 absl::StrCat("is not usable: ", secret.status().message()));
  }
}

void CheckShardFiles(const std::string& path, const ShardConfig& shard, ConfigProblems& problems) {
  CheckSecret(path + ".client_secret", shard.client_secret, problems);
  CheckSecret(path + ".federation_token", shard.federation_token, problems);
  const auto second = ReadSecret(shard.client_secret_2);
  if (second.ok() || !absl::IsNotFound(second.status())) {  // it need not be there
    CheckSecret(path + ".client_secret_2", shard.client_secret_2, problems);
  }
  CheckReadable(path + ".ca_file", shard.ca_file, problems);
}

}  // namespace

void CheckFiles(const Config& config, ConfigProblems& problems) {
  CheckFolder("packages_dir", config.packages_dir, problems);
  CheckReadable("grpc.tls.cert_file", config.grpc.tls.cert_file, problems);
  CheckReadable("grpc.tls.client_ca_file", config.grpc.tls.client_ca_file, problems);
  CheckReadable("auth.jwt.ca_file", config.auth.jwt.ca_file, problems);
  CheckReadable("auth.operator_tokens.ca_file", config.auth.operator_tokens.ca_file, problems);
  if (!config.grpc.tls.key_file.empty()) {
    if (const absl::Status status = CheckPrivateFile(config.grpc.tls.key_file); !status.ok()) {
      problems.Add("grpc.tls.key_file", absl::StrCat("is not usable: ", status.message()));
    }
  }
  if (!config.admin.key_file.empty()) {
    if (const auto key = ReadSecret({.file = config.admin.key_file}); !key.ok()) {
      problems.Add("admin.key_file", absl::StrCat("is not usable: ", key.status().message()));
    }
  }
  if (config.store.engine == StoreEngine::kSqlite) {
    CheckFolder("store.path", std::filesystem::path(config.store.path).parent_path(), problems);
  }
  if (!config.store.backup_dir.empty()) {
    CheckFolder("store.backup_dir", config.store.backup_dir, problems);
  }
  for (std::size_t i = 0; i < config.shards.size(); ++i) {
    CheckShardFiles(absl::StrCat("shards[", i, "]"), config.shards[i], problems);
  }
}

}  // namespace roomkeeper::config_internal
