#include "absl/strings/str_cat.h"

#include "lib/crypto/digest.h"
#include "lib/databricks_sim/clean_rooms/asset_lookup.h"
#include "lib/databricks_sim/clean_rooms/asset_views.h"
#include "lib/databricks_sim/clean_rooms/run_views.h"
#include "lib/databricks_sim/control/control_args.h"

namespace roomkeeper::sim {
namespace {

Json AssetState(const World& world, const Room& room, const Asset& asset) {
  Json json = {{"name", asset.name},
               {"asset_type", asset.type},
               {"owner_collaborator_alias", room.central->collaborators[asset.owner].alias},
               {"status", AssetStatus(world, room, asset, world.Now())}};
  if (const Revision* latest = Latest(asset); latest != nullptr) {
    json["etag"] = latest->etag;
    json["revisions"] = asset.revisions.size();
    json["runner_collaborator_aliases"] = latest->runners;
    if (latest->content != nullptr) {
      json["content_sha256"] = Sha256Hex(*latest->content);
    }
  } else {
    json["local_details"] = asset.local_details;
  }
  return json;
}

Json RoomState(const World& world, const Room& room) {
  Json json = {{"name", room.name},
               {"owner", room.owner},
               {"comment", room.comment},
               {"status", StatusAt(*room.central, world.Now())},
               {"provisioning_ms",
                absl::ToInt64Milliseconds(room.central->ready_at - room.central->created_at)},
               {"central_clean_room_id", room.central->id},
               {"local_collaborator_alias", room.self().alias},
               {"package_provider_collaborator_alias", room.central->package_provider_alias},
               {"output_catalog", room.output_catalog},
               {"assets", Json::array()},
               {"runs", Json::array()}};
  for (const auto& [key, asset] : room.central->assets) {
    json["assets"].push_back(AssetState(world, room, asset));
  }
  for (const auto& run : room.central->runs) {
    const RunState state = StateOf(*run, world.Now());
    json["runs"].push_back({{"run_id", run->run_id},
                            {"notebook", run->notebook},
                            {"etag", run->etag},
                            {"workspace", run->workspace},
                            {"life_cycle_state", state.life_cycle},
                            {"result_state", state.result}});
  }
  return json;
}

}  // namespace

Json StateOf(const World& world) {
  Json state = {{"metastores", Json::object()}};
  for (const auto& [id, metastore] : world.metastores) {
    Json rooms = Json::array();
    for (const auto& [key, room] : metastore->rooms) {
      rooms.push_back(RoomState(world, *room));
    }
    state["metastores"][id] = {{"rooms", std::move(rooms)}};
  }
  return state;
}

}  // namespace roomkeeper::sim
