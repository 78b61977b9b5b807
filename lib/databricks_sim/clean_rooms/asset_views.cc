#include "lib/databricks_sim/clean_rooms/asset_views.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "lib/databricks_sim/clean_rooms/room_views.h"
#include "lib/databricks_sim/world/access.h"

namespace roomkeeper::sim {
namespace {

bool OwnedByCaller(const Room& room, const Asset& asset) {
  return asset.owner == room.party;
}

// The analysis without what only some may see.
Json AnalysisFrame(const Call& call, const Room& room, const Revision& revision) {
  Json json;
  json["etag"] = revision.etag;
  Put(json, "description", revision.description);
  Put(json, "environment_version", revision.environment_version);
  PutStrs(json, "runner_collaborator_aliases", revision.runners);
  Put(json, "review_state", ReviewState(call.world, *room.central, revision));
  if (!room.central->packaged()) {
    PutJson(json, "reviews", ReviewsView(revision));
  }
  return json;
}

void PutAnalysis(Json& json, const Call& call, const Room& room, const Asset& asset,
                 const Revision& revision) {
  const bool mine = OwnedByCaller(room, asset);
  const bool hidden = room.central->packaged() && !mine;
  if (hidden && call.Knob("packaged_notebook_view", "name_only")) {
    return;
  }
  Json body = AnalysisFrame(call, room, revision);
  if (asset.type == "NOTEBOOK_FILE") {
    if (!hidden) {
      body["notebook_content"] = *revision.content;
    }
    json["notebook"] = std::move(body);
    return;
  }
  if (!hidden) {
    Put(body, "main_class_name", revision.main_class_name);
  }
  if (mine) {
    PutStrs(body, "central_jar_file_paths", revision.jar_paths);
  }
  json["jar_analysis"] = std::move(body);
}

void PutColumns(Json& json, const Call& call, const Room& room, const Asset& asset) {
  const Collaborator& owner = room.central->collaborators[asset.owner];
  const Metastore* metastore = call.world.FindMetastore(owner.global_metastore_id);
  if (metastore == nullptr || asset.type == "VOLUME") {
    return;
  }
  const Securable* local =
      FindSecurable(*metastore, Str(asset.local_details, "local_name"), call.now);
  if (local == nullptr) {
    return;
  }
  Json columns = Json::array();
  for (const ColumnConfig& column : local->columns) {
    Json each = {{"name", column.name}, {"type_text", column.type_text}, {"nullable", true}};
    Put(each, "position", static_cast<std::int64_t>(columns.size()));
    columns.push_back(std::move(each));
  }
  PutJson(json, absl::AsciiStrToLower(asset.type), {{"columns", std::move(columns)}});
}

}  // namespace

bool CanSeeAsset(const Room& room, const Asset& asset) {
  return !room.central->packaged() || OwnedByCaller(room, asset) || asset.is_analysis();
}

std::string AssetStatus(const World& world, const Room& room, const Asset& asset, absl::Time now) {
  if (now < asset.ready_at) {
    return "PENDING";
  }
  if (asset.is_analysis()) {
    return "ACTIVE";
  }
  const Collaborator& party = room.central->collaborators[asset.owner];
  const auto metastore = world.metastores.find(party.global_metastore_id);
  if (metastore == world.metastores.end()) {
    return "ACTIVE";
  }
  const auto owners_view = metastore->second->rooms.find(absl::AsciiStrToLower(party.room_name));
  const Securable* local =
      FindSecurable(*metastore->second, Str(asset.local_details, "local_name"), now);
  const bool readable =
      local != nullptr && owners_view != metastore->second->rooms.end() &&
      CanRead(*metastore->second, world.IdentitiesOf(owners_view->second->owner), *local);
  return readable ? "ACTIVE" : "PERMISSION_DENIED";
}

std::string ReviewState(const World& world, const CentralRoom& central, const Revision& revision) {
  if (central.packaged()) {
    const std::string state = world.knobs.Get("packaged_review_state");
    return state == "absent" ? "" : state;
  }
  const auto any = [&](const char* state) {
    return std::any_of(revision.reviews.begin(), revision.reviews.end(),
                       [state](const Review& review) { return review.state == state; });
  };
  return any("REJECTED") ? "REJECTED" : any("PENDING") ? "PENDING" : "APPROVED";
}

Json ReviewsView(const Revision& revision) {
  Json list = Json::array();
  for (const Review& review : revision.reviews) {
    Json json = {{"review_state", review.state},
                 {"reviewer_collaborator_alias", review.reviewer_alias}};
    Put(json, "comment", review.comment);
    Put(json, "review_sub_reason", review.sub_reason);
    if (review.state != "PENDING") {
      json["created_at_millis"] = Millis(review.created_at);
    }
    list.push_back(std::move(json));
  }
  return list;
}

Json AssetView(const Call& call, const Room& room, const Asset& asset, const Revision* revision,
               AssetDetail detail) {
  Json json;
  json["name"] = asset.name;
  json["asset_type"] = asset.type;
  json["clean_room_name"] = room.name;
  json["owner_collaborator_alias"] = room.central->collaborators[asset.owner].alias;
  json["added_at"] = Millis(revision == nullptr ? asset.added_at : revision->created_at);
  json["status"] = AssetStatus(call.world, room, asset, call.now);
  if (call.Knob("novel_values", "on")) {
    json["field_of_tomorrow"] = {{"value", 1}};
  }
  if (detail == AssetDetail::kList) {
    return json;
  }
  if (revision != nullptr) {
    PutAnalysis(json, call, room, asset, *revision);
    return json;
  }
  PutColumns(json, call, room, asset);
  if (OwnedByCaller(room, asset)) {
    json[absl::StrCat(absl::AsciiStrToLower(asset.type), "_local_details")] = asset.local_details;
  }
  return json;
}

}  // namespace roomkeeper::sim
