#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/commands/shard_directory.h"
#include "lib/packages/package_catalog.h"
#include "lib/store/storage_engine.h"
#include "tests/simulation/platform.h"

namespace roomkeeper::testing {

// What the provider of a simulated world sells, where, and to whom.

class OnePackage final : public PackageCatalog {
 public:
  absl::StatusOr<std::shared_ptr<const PackageVersion>> Get(
      const PackageName& name, const std::string& version) const override {
    const auto package = SimulatedPackage();
    if (name != package->name || (!version.empty() && version != package->version)) {
      return absl::NotFoundError("no such package");
    }
    return package;
  }
  std::vector<std::shared_ptr<const PackageVersion>> List() const override {
    return {SimulatedPackage()};
  }
};

class OneShard final : public ShardDirectory {
 public:
  std::vector<ShardStatus> List() const override {
    return {{.id = ShardId("shard-1"),
             .facts = {.cloud_vendor = "aws",
                       .region = "us-west-2",
                       .global_metastore_id = "aws:us-west-2:11111111-1111-4111-8111-111111111111",
                       .collaborator_alias = "provider"},
             .rooms = 0,
             .rooms_max = kRoomLimit}};
  }
};

// Writes the brands and one install of each, "main".
void Enrol(StorageEngine& engine);

}  // namespace roomkeeper::testing
