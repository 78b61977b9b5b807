#include "lib/commands/check_shards.h"

#include <cstddef>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "lib/commands/refusals.h"

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

// Answers of all shards, kept in the order of the configuration.
template <typename Row>
struct Gathering {
  std::vector<std::vector<Row>> rows = {};
  std::size_t open = 0;
  StoreDone<std::vector<Row>> done = {};

  void Take(std::size_t i, std::vector<Row> answer) {
    rows[i] = std::move(answer);
    if (--open > 0) {
      return;
    }
    std::vector<Row> all;
    for (std::vector<Row>& shard : rows) {
      for (Row& row : shard) {
        all.push_back(std::move(row));
      }
    }
    done(std::move(all));
  }
};

// `ask` runs on the loop's thread, once for each shard.
template <typename Row, typename Ask>
void AskShards(const CommandContext& context, const ShardId& shard,
               StoreDone<std::vector<Row>> done, Ask ask) {
  std::vector<ShardId> ids;
  for (const ShardStatus& status : context.shards.List()) {
    if (shard.empty() || status.id == shard) {
      ids.push_back(status.id);
    }
  }
  if (ids.empty()) {
    done(shard.empty() ? absl::StatusOr<std::vector<Row>>(std::vector<Row>())
                       : NotFound(absl::StrCat("shard ", shard.value())));
    return;
  }
  const auto gathering = std::make_shared<Gathering<Row>>();
  gathering->rows.resize(ids.size());
  gathering->open = ids.size();
  gathering->done = std::move(done);
  context.loop.Post([gathering, ids, ask = std::move(ask)] {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      ask(ids[i], [gathering, i](std::vector<Row> rows) { gathering->Take(i, std::move(rows)); });
    }
  });
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
