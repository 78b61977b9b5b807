#pragma once

#include "lib/databricks_sim/core/call.h"

namespace roomkeeper::sim {

enum class AssetDetail : std::uint8_t { kList, kFull };

// Whether the caller's party may know of the asset at all (row 24).
bool CanSeeAsset(const Room& room, const Asset& asset);
// PENDING, ACTIVE or PERMISSION_DENIED (rows 26 and 28).
std::string AssetStatus(const World& world, const Room& room, const Asset& asset, absl::Time now);
// As the caller's party sees it; of an analysis, the version `revision`.
Json AssetView(const Call& call, const Room& room, const Asset& asset, const Revision* revision,
               AssetDetail detail);
// PENDING, APPROVED or REJECTED of one version; in packaged rooms what the knob says, which may be
// empty.
std::string ReviewState(const World& world, const CentralRoom& central, const Revision& revision);
Json ReviewsView(const Revision& revision);

}  // namespace roomkeeper::sim
