#pragma once

#include "lib/databricks_sim/core/call.h"

namespace roomkeeper::sim {

// The shape of a CleanRoomAsset in requests.
Schema AssetSchema();
bool IsAssetType(const std::string& type);
bool IsAnalysisType(const std::string& type);

// Checks of one asset of `body` for a room (rows 23, 27, 28, 31), as create and update share them.
Refusal CheckDataAsset(const Call& call, const Room& room, const Asset& asset);
Json LocalDetailsOf(const Json& body, const std::string& type);
// The version that follows `old` (null: the first). Same etag as `old` if nothing that runs
// changed.
Or<Revision> NextRevision(Call& call, const Room& room, const Asset& asset, const Revision* old);

}  // namespace roomkeeper::sim
