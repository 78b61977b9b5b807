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

void CheckShardFiles(const std::string& path, const ShardConfig& shard, ConfigProblems& problems) {
  const bool from_file = !shard.client_secret.file.empty();
  if (from_file == !shard.client_secret.env.empty()) {  // else CheckRules has said so
    return;
  }
  if (const auto secret = ReadSecret(shard.client_secret); !secret.ok()) {
    problems.Add(path + (from_file ? ".client_secret_file" : ".client_secret_env"),
                 absl::StrCat("is not usable: ", secret.status().message()));
  }
  CheckReadable(path + ".ca_file", shard.ca_file, problems);
}

}  // namespace

void CheckFiles(const Config& config, ConfigProblems& problems) {
  CheckFolder("packages_dir", config.packages_dir, problems);
  CheckReadable("grpc.tls.cert_file", config.grpc.tls.cert_file, problems);
  CheckReadable("grpc.tls.client_ca_file", config.grpc.tls.client_ca_file, problems);
  if (!config.grpc.tls.key_file.empty()) {
    if (const absl::Status status = CheckPrivateFile(config.grpc.tls.key_file); !status.ok()) {
      problems.Add("grpc.tls.key_file", absl::StrCat("is not usable: ", status.message()));
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
