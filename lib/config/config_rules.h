#pragma once

#include <map>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

#include "lib/config/config.h"
#include "lib/yaml/yaml_fields.h"

// Only for lib/config.
namespace roomkeeper::config_internal {

// Problems of a config, placed by key path: "shards[1].host".
class ConfigProblems {
 public:
  explicit ConfigProblems(std::string file) : problems_(std::move(file)) {}

  YamlProblems& yaml() { return problems_; }
  void SetLine(std::string path, int line) { lines_.emplace(std::move(path), line); }
  // At the line of `path`, or of the closest mapping around it.
  void Add(const std::string& path, absl::string_view message);
  absl::Status ToStatus() const { return problems_.ToStatus(); }

 private:
  YamlProblems problems_;
  std::map<std::string, int> lines_;
};

// What a type or a range cannot say: forms of names and addresses, keys that need one another.
void CheckRules(const Config& config, ConfigProblems& problems);

// Its part about auth.operator_tokens.
void CheckOperatorTokens(const OperatorTokensConfig& config, ConfigProblems& problems);

// That named files and folders exist, and that secrets can be read by us and nobody else.
void CheckFiles(const Config& config, ConfigProblems& problems);

}  // namespace roomkeeper::config_internal
