// Documents that an operator writes: the configuration, and the manifest of a package.

#include "lib/config/config.h"
#include "lib/packages/manifest.h"
#include "lib/yaml/yaml_fields.h"
#include "lib/yaml/yaml_node.h"
#include "tests/fuzz/fuzz.h"

namespace roomkeeper::testing {
namespace {

void ReadConfig(const std::string& text) {
  const auto config = ParseConfig(text, "c.yaml");
  Require(!config.ok() || !config->shards.empty());
  Require(config.ok() || !config.status().message().empty());
}

void ReadPackage(const std::string& text) {
  const auto root = ParseYaml(text, "package.yaml");
  if (!root.ok()) {
    return;
  }
  YamlProblems problems("package.yaml");
  const Manifest manifest = ReadManifest(*root, problems);
  if (problems.empty()) {
    Require(!manifest.package.name.empty() && !manifest.package.version.empty());
    Require(manifest.package.notebooks.size() == manifest.origins.size());
    Require(manifest.package.assets.size() <= kPackageAssetsMax);
  }
}

constexpr Reader kReaders[] = {ReadConfig, ReadPackage};

}  // namespace
}  // namespace roomkeeper::testing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return roomkeeper::testing::ReadWith(roomkeeper::testing::kReaders, data, size);
}
