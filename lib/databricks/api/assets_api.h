#pragma once

#include <string>
#include <vector>

#include "lib/cleanroom/provider.h"
#include "lib/databricks/rest_client.h"
#include "lib/model/observed_room.h"
#include "lib/model/room_spec.h"

namespace roomkeeper {

// /api/2.0/clean-rooms/{room}/assets. Shapes: databricks-sdk-go service/cleanrooms, v0.175.0.

// Names an asset of a room in paths.
struct AssetRef {
  std::string room = {};
  std::string asset_type = {};  // as the platform writes it: "TABLE"
  std::string name = {};
};

void GetAsset(const ScopedRest& rest, const AssetRef& asset, CallDone<ObservedAsset> done);
// Without what only GET shows (content, local names).
void ListAssets(const ScopedRest& rest, const std::string& room,
                CallDone<std::vector<ObservedAsset>> done);
// `body`: wire::AssetBody or wire::NotebookBody.
void AddAsset(const ScopedRest& rest, const std::string& room, std::string body,
              CallDone<ObservedAsset> done);
void UpdateAsset(const ScopedRest& rest, const AssetRef& asset, std::string body,
                 CallDone<ObservedAsset> done);
void DeleteAsset(const ScopedRest& rest, const AssetRef& asset, CallDone<Empty> done);
// Past versions of a notebook, with their etags.
void ListRevisions(const ScopedRest& rest, const AssetRef& asset,
                   CallDone<std::vector<ObservedAsset>> done);
// One past version, with its content's digest.
void GetRevision(const ScopedRest& rest, const AssetRef& asset, const std::string& etag,
                 CallDone<ObservedAsset> done);

}  // namespace roomkeeper
