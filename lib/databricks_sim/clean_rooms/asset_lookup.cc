#include "lib/databricks_sim/clean_rooms/asset_lookup.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "lib/databricks_sim/clean_rooms/asset_input.h"
#include "lib/databricks_sim/clean_rooms/asset_views.h"
#include "lib/databricks_sim/world/access.h"

namespace roomkeeper::sim {

Reply AssetNotFound(const std::string& type, const std::string& name) {
  return NotFound(absl::StrCat("Clean room asset ", type, " '", name, "' does not exist."));
}

std::pair<std::string, std::string> AssetKey(const std::string& type, const std::string& name) {
  return {type, IsAnalysisType(type) ? name : absl::AsciiStrToLower(name)};
}

const Revision* Latest(const Asset& asset) {
  return asset.revisions.empty() ? nullptr : &asset.revisions.back();
}

Or<AssetRef> GetAsset(const Call& call) {
  const std::string& type = call.arguments[1];
  const std::string& name = call.arguments[2];
  Or<std::shared_ptr<Room>> room = GetActiveRoom(call, call.arguments[0]);
  if (room.refusal) {
    return *room.refusal;
  }
  if (!IsAssetType(type)) {
    return InvalidParameter(absl::StrCat("'", type, "' is not an asset_type"));
  }
  auto& assets = room.value->central->assets;
  const auto it = assets.find(AssetKey(type, name));
  if (it == assets.end() || !CanSeeAsset(*room.value, it->second)) {
    return AssetNotFound(type, name);
  }
  return AssetRef{.room = room.value, .asset = &it->second};
}

}  // namespace roomkeeper::sim
