#include "lib/commands/check_shards.h"

#include <map>
#include <memory>
#include <utility>

#include "lib/commands/operations/ask_shards.h"

namespace roomkeeper {
namespace {

// Each once, though several packages share a table.
std::vector<AssetSpec> AssetsOfNewest(const PackageCatalog& packages) {
  std::map<PackageName, std::shared_ptr<const PackageVersion>> newest;
  for (const auto& package : packages.List()) {
    newest[package->name] = package;  // the list ascends
  }
  std::map<std::string, AssetSpec> assets;
  for (const auto& [name, package] : newest) {
    for (const PackageAsset& asset : package->assets) {
      assets[asset.local_name] = {
          .type = asset.type, .name = asset.shared_name, .local_name = asset.local_name};
    }
  }
  std::vector<AssetSpec> list;
  for (auto& [local_name, asset] : assets) {
    list.push_back(std::move(asset));
  }
  return list;
}

}  // namespace

void CheckShards(const CommandContext& context, ShardProber& prober, const ShardId& shard,
                 StoreDone<std::vector<ShardCheckRow>> done) {
  AskShards<ShardCheckRow>(
      context, shard, std::move(done),
      [&prober, assets = AssetsOfNewest(context.packages)](
          const ShardId& id, std::function<void(std::vector<ShardCheckRow>)> take) {
        prober.Probe(id, assets, std::move(take));
      });
}

void CheckCredentials(const CommandContext& context, ShardProber& prober, const ShardId& shard,
                      StoreDone<std::vector<CredentialRow>> done) {
  AskShards<CredentialRow>(
      context, shard, std::move(done),
      [&prober](const ShardId& id, std::function<void(std::vector<CredentialRow>)> take) {
        prober.ProveCredentials(id, std::move(take));
      });
}

}  // namespace roomkeeper
