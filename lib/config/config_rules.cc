#include "lib/config/config_rules.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

#include "lib/config/address.h"
#include "lib/config/config.h"

namespace roomkeeper::config_internal {
namespace {

bool IsOfLowerDigitsAnd(absl::string_view text, char extra) {
  return std::all_of(text.begin(), text.end(), [extra](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == extra;
  });
}

bool IsId(absl::string_view text) {
  return !text.empty() && text.size() <= 40 &&
         absl::ascii_islower(static_cast<unsigned char>(text.front())) &&
         IsOfLowerDigitsAnd(text, '-');
}

void CheckAddress(const std::string& path, const std::string& address, ConfigProblems& problems) {
  if (const auto parsed = ParseHostPort(address); !parsed.ok()) {
    problems.Add(path, parsed.status().message());
  }
}

// cloud:region:uuid, as `databricks metastores summary` prints it.
bool IsGlobalMetastoreId(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  return parts.size() == 3 && (parts[0] == "aws" || parts[0] == "azure" || parts[0] == "gcp") &&
         !parts[1].empty() && parts[2].size() == 36 &&
         std::count(parts[2].begin(), parts[2].end(), '-') == 4;
}

void CheckHost(const std::string& path, const std::string& host, ConfigProblems& problems) {
  absl::string_view rest = host;
  const bool https = absl::ConsumePrefix(&rest, "https://");
  const bool http = !https && absl::ConsumePrefix(&rest, "http://");
  if (!(https || (http && IsLoopback(rest))) || rest.empty() || absl::StrContains(rest, '/')) {
    problems.Add(path, absl::StrCat("must be https://<host> without a path (http:// on loopback "
                                    "only), got \"",
                                    host, "\""));
  }
}

struct Named {
  const char* key = "";
  const std::string& value;
};

void CheckOneOf(const std::string& path, const std::vector<Named>& keys, ConfigProblems& problems) {
  std::vector<std::string> all;
  std::vector<std::string> given;
  for (const Named& it : keys) {
    all.emplace_back(it.key);
    if (!it.value.empty()) {
      given.emplace_back(it.key);
    }
  }
  if (given.size() != 1) {
    problems.Add(path, absl::StrCat("must have exactly one of ", absl::StrJoin(all, ", "), ", got ",
                                    given.empty() ? "none" : absl::StrJoin(given, " and ")));
  }
}

void CheckCredentials(const std::string& path, const ShardConfig& shard, ConfigProblems& problems) {
  CheckOneOf(path,
             {{"client_secret_file", shard.client_secret.file},
              {"client_secret_env", shard.client_secret.env},
              {"federation_token_file", shard.federation_token.file},
              {"federation_token_env", shard.federation_token.env}},
             problems);
  const SecretSource& second = shard.client_secret_2;
  const bool has_first = !shard.client_secret.file.empty() || !shard.client_secret.env.empty();
  if (!second.file.empty() && !second.env.empty()) {
    problems.Add(path, "must have at most one of client_secret_2_file, client_secret_2_env");
  }
  if ((!second.file.empty() || !second.env.empty()) && !has_first) {
    problems.Add(path, "must have client_secret_file or client_secret_env beside the second one");
  }
  // A rotation writes to both, and keeps its record and what it is about to write beside the first.
  const std::string& first = shard.client_secret.file;
  if (!first.empty() && (second.file == first || second.file == first + ".new" ||
                         second.file == first + ".rotation")) {
    problems.Add(path + ".client_secret_2_file",
                 absl::StrCat("must be a file of its own, got \"", second.file, "\""));
  }
}

void CheckShard(const std::string& path, const ShardConfig& shard, ConfigProblems& problems) {
  if (!shard.id.empty() && !IsId(shard.id)) {
    problems.Add(path + ".id",
                 absl::StrCat("must match [a-z][a-z0-9-]{0,39}, got \"", shard.id, "\""));
  }
  if (!shard.host.empty()) {
    CheckHost(path + ".host", shard.host, problems);
  }
  if (!shard.global_metastore_id.empty() && !IsGlobalMetastoreId(shard.global_metastore_id)) {
    problems.Add(path + ".global_metastore_id",
                 absl::StrCat("must be <aws|azure|gcp>:<region>:<uuid>, got \"",
                              shard.global_metastore_id, "\""));
  }
  CheckOneOf(path, {{"client_id", shard.client_id}, {"client_id_env", shard.client_id_env}},
             problems);
  CheckCredentials(path, shard, problems);
}

void CheckShards(const std::vector<ShardConfig>& shards, ConfigProblems& problems) {
  if (shards.empty()) {
    problems.Add("shards", "must list at least one provider workspace");
  }
  std::set<std::string> ids;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const std::string path = absl::StrCat("shards[", i, "]");
    CheckShard(path, shards[i], problems);
    if (!shards[i].id.empty() && !ids.insert(shards[i].id).second) {
      problems.Add(path + ".id",
                   absl::StrCat("must be unique, \"", shards[i].id, "\" is there twice"));
    }
  }
}

void CheckGrpc(const GrpcConfig& grpc, ConfigProblems& problems) {
  CheckAddress("grpc.address", grpc.address, problems);
  const TlsConfig& tls = grpc.tls;
  if (tls.cert_file.empty() != tls.key_file.empty()) {
    problems.Add("grpc.tls", "must have both or neither of cert_file and key_file");
  }
  if (!tls.client_ca_file.empty() && tls.cert_file.empty()) {
    problems.Add("grpc.tls.client_ca_file", "needs cert_file and key_file too");
  }
  if (tls.cert_file.empty() && !grpc.allow_plaintext && ParseHostPort(grpc.address).ok() &&
      !IsLoopback(grpc.address)) {
    problems.Add("grpc.address",
                 absl::StrCat("is \"", grpc.address,
                              "\", off loopback, where API keys need TLS: set grpc.tls, or "
                              "grpc.allow_plaintext: true if something in front encrypts"));
  }
}

void CheckAdmin(const AdminConfig& admin, ConfigProblems& problems) {
  CheckAddress("admin.address", admin.address, problems);
  if (!ParseHostPort(admin.address).ok() || IsLoopback(admin.address)) {
    return;
  }
  if (admin.key_file.empty()) {
    problems.Add("admin.key_file", absl::StrCat("must be set: admin.address is \"", admin.address,
                                                "\", off loopback, where /metrics needs a key"));
  }
  if (!admin.allow_plaintext) {
    problems.Add("admin.address",
                 absl::StrCat("is \"", admin.address,
                              "\", off loopback, and the admin port speaks plaintext: set "
                              "admin.allow_plaintext: true if something in front encrypts"));
  }
}

}  // namespace

void ConfigProblems::Add(const std::string& path, absl::string_view message) {
  std::string place = path;
  while (!lines_.contains(place) && !place.empty()) {
    const std::size_t dot = place.find_last_of(".[");
    place.resize(dot == std::string::npos ? 0 : dot);
  }
  const auto found = lines_.find(place);
  problems_.Add(found == lines_.end() ? 1 : found->second, absl::StrCat(path, " ", message));
}

void CheckRules(const Config& config, ConfigProblems& problems) {
  if (!IsId(config.service_instance)) {
    problems.Add("service_instance", absl::StrCat("must match [a-z][a-z0-9-]{0,39}, got \"",
                                                  config.service_instance, "\""));
  }
  CheckGrpc(config.grpc, problems);
  CheckAdmin(config.admin, problems);
  if (config.store.engine == StoreEngine::kSqlite && config.store.path.empty()) {
    problems.Add("store.path", "must not be empty with engine sqlite");
  }
  const std::string& alias = config.provider.collaborator_alias;
  if (alias.size() > 255 || !IsOfLowerDigitsAnd(alias, '_')) {
    problems.Add("provider.collaborator_alias",
                 absl::StrCat("must match [a-z0-9_]{1,255}, got \"", alias, "\""));
  }
  const std::string& isv = config.provider.isv_name;
  if (isv.empty() || !std::all_of(isv.begin(), isv.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-';
      })) {
    problems.Add("provider.isv_name", absl::StrCat("must match [0-9A-Za-z.-]+, got \"", isv, "\""));
  }
  CheckOperatorTokens(config.auth.operator_tokens, problems);
  CheckShards(config.shards, problems);
}

}  // namespace roomkeeper::config_internal
