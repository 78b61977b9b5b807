#pragma once

#include <memory>
#include <string>
#include <utility>

#include "lib/databricks_sim/core/call.h"

namespace roomkeeper::sim {

struct AssetRef {
  std::shared_ptr<Room> room = nullptr;
  Asset* asset = nullptr;
};

// The asset of a path …/{room}/assets/{asset_type}/{name}, which the caller must be able to see.
Or<AssetRef> GetAsset(const Call& call);
Reply AssetNotFound(const std::string& type, const std::string& name);
// Names of data assets are Unity Catalog names and compare without case; file names keep theirs.
std::pair<std::string, std::string> AssetKey(const std::string& type, const std::string& name);
// Null for data assets.
const Revision* Latest(const Asset& asset);

}  // namespace roomkeeper::sim
