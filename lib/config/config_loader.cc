#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/base/status_macros.h"
#include "lib/config/config.h"
#include "lib/config/config_rules.h"
#include "lib/config/config_schema.h"
#include "lib/yaml/yaml_fields.h"
#include "lib/yaml/yaml_node.h"

namespace roomkeeper {
namespace {

using config_internal::ConfigProblems;

// A key that looks like a secret itself, written by somebody who does not know our rule yet.
bool LooksLikeSecret(absl::string_view key) {
  return absl::EndsWith(key, "secret") || absl::EndsWith(key, "password") ||
         absl::EndsWith(key, "token") || absl::EndsWith(key, "private_key");
}

// A visitor that reads each key into the field it is given.
class Reader {
 public:
  Reader(const YamlNode& node, std::string path, ConfigProblems& problems)
      : node_(node),
        path_(path),
        problems_(problems),
        fields_(node, std::move(path), problems.yaml()) {
    problems_.SetLine(path_, node.line);
  }

  void Text(absl::string_view key, std::string& value) {
    Place(key);
    value = fields_.TextOr(key, value);
  }
  void Texts(absl::string_view key, std::vector<std::string>& values) {
    Place(key);
    values = fields_.TextList(key);
  }
  void Required(absl::string_view key, std::string& value) {
    Place(key);
    value = fields_.Text(key);
  }
  void Flag(absl::string_view key, bool& value) {
    Place(key);
    value = fields_.FlagOr(key, value);
  }
  void Int(absl::string_view key, std::int64_t& value, std::int64_t min, std::int64_t max) {
    Place(key);
    value = fields_.IntOr(key, value, min, max);
  }
  void Number(absl::string_view key, double& value, double min, double max) {
    Place(key);
    value = fields_.NumberOr(key, value, min, max);
  }
  void Duration(absl::string_view key, absl::Duration& value, absl::Duration min,
                absl::Duration max) {
    Place(key);
    value = fields_.DurationOr(key, value, min, max);
  }
  template <typename E>
  void Choice(absl::string_view key, E& value, config_internal::Choices<E> choices) {
    Place(key);
    std::vector<std::string> names;
    for (const auto& choice : choices) {
      names.emplace_back(choice.first);
    }
    const std::string name = fields_.ChoiceOr(key, "", names);
    for (const auto& choice : choices) {
      if (choice.first == name) {
        value = choice.second;
      }
    }
  }
  template <typename S>
  void Section(absl::string_view key, S& section) {
    Place(key);
    const YamlNode* node = fields_.Find(key);
    const YamlNode absent = {.kind = YamlNode::Kind::kMapping, .line = fields_.LineOf(key)};
    Reader inner(node == nullptr ? absent : *node, fields_.PathOf(key), problems_);
    inner.ReadAll(section);
  }
  template <typename S>
  void List(absl::string_view key, std::vector<S>& items) {
    Place(key);
    fields_.ForEach(key, [&](const YamlNode& node, std::string path) {
      Reader inner(node, std::move(path), problems_);
      inner.ReadAll(items.emplace_back());
    });
  }

  template <typename S>
  void ReadAll(S& into) {
    config_internal::Visit(into, *this);
    for (const YamlKey& key : node_.keys) {
      if (LooksLikeSecret(key.name)) {
        fields_.Find(key.name);
        fields_.Problem(key.name, absl::StrCat("holds a secret, which must not be in the config: "
                                               "write it to a file (chmod 600) and name that in ",
                                               key.name, "_file"));
      }
    }
    fields_.Finish();
  }

 private:
  void Place(absl::string_view key) { problems_.SetLine(fields_.PathOf(key), fields_.LineOf(key)); }

  const YamlNode& node_;
  std::string path_;
  ConfigProblems& problems_;
  YamlFields fields_;
};

void Resolve(const std::filesystem::path& folder, std::string& path) {
  if (!path.empty()) {
    path = (folder / path).lexically_normal().string();  // an absolute path replaces the folder
  }
}

void ResolvePaths(const std::filesystem::path& folder, Config& config) {
  Resolve(folder, config.provenance_key_file);
  Resolve(folder, config.packages_dir);
  Resolve(folder, config.grpc.tls.cert_file);
  Resolve(folder, config.grpc.tls.key_file);
  Resolve(folder, config.admin.key_file);
  Resolve(folder, config.grpc.tls.client_ca_file);
  Resolve(folder, config.auth.jwt.ca_file);
  Resolve(folder, config.auth.operator_tokens.ca_file);
  Resolve(folder, config.store.path);
  Resolve(folder, config.store.backup_dir);
  for (ShardConfig& shard : config.shards) {
    Resolve(folder, shard.client_secret.file);
    Resolve(folder, shard.client_secret_2.file);
    Resolve(folder, shard.federation_token.file);
    Resolve(folder, shard.ca_file);
  }
}

void ResolveEnvironment(Config& config, ConfigProblems& problems) {
  for (std::size_t i = 0; i < config.shards.size(); ++i) {
    ShardConfig& shard = config.shards[i];
    if (shard.client_id_env.empty() || !shard.client_id.empty()) {
      continue;
    }
    const char* id =
        std::getenv(shard.client_id_env.c_str());  // NOLINT(concurrency-mt-unsafe): read once
    if (id == nullptr || *id == '\0') {
      problems.Add(absl::StrCat("shards[", i, "].client_id_env"),
                   absl::StrCat("names ", shard.client_id_env, ", which is not set"));
      continue;
    }
    shard.client_id = id;
  }
}

absl::StatusOr<Config> Read(absl::string_view text, ConfigProblems& problems) {
  RK_ASSIGN_OR_RETURN(const YamlNode root, ParseYaml(text, problems.yaml().file()));
  Config config;
  Reader(root, "", problems).ReadAll(config);
  config_internal::CheckRules(config, problems);
  return config;
}

}  // namespace

absl::StatusOr<Config> ParseConfig(absl::string_view text, absl::string_view file) {
  ConfigProblems problems{std::string(file)};
  RK_ASSIGN_OR_RETURN(Config config, Read(text, problems));
  RK_RETURN_IF_ERROR(problems.ToStatus());
  return config;
}

absl::StatusOr<Config> LoadConfig(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    return absl::NotFoundError(
        absl::StrCat("config file \"", file, "\" cannot be read: ", std::strerror(errno)));
  }
  ConfigProblems problems(file);
  RK_ASSIGN_OR_RETURN(Config config, Read(text.str(), problems));
  ResolvePaths(std::filesystem::absolute(file).parent_path(), config);
  ResolveEnvironment(config, problems);
  config_internal::CheckFiles(config, problems);
  RK_RETURN_IF_ERROR(problems.ToStatus());
  return config;
}

}  // namespace roomkeeper
