#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/databricks_sim/clean_rooms/asset_input.h"
#include "lib/databricks_sim/clean_rooms/asset_lookup.h"
#include "lib/databricks_sim/clean_rooms/asset_views.h"
#include "lib/databricks_sim/core/pages.h"
#include "lib/databricks_sim/services/services.h"
#include "lib/databricks_sim/world/access.h"

namespace roomkeeper::sim {
namespace {

constexpr std::int64_t kPageSize = 100;

Reply ViewOf(const Call& call, const Room& room, const Asset& asset) {
  Reply reply;
  reply.body = AssetView(call, room, asset, Latest(asset), AssetDetail::kFull);
  return reply;
}

// Who may add, change or remove an asset of this type (3.1 of the public privilege tables; row 23).
Refusal CheckMayWrite(const Call& call, const Room& room, const std::string& type) {
  if (IsAnalysisType(type) && room.central->packaged() && !room.is_package_provider()) {
    return PermissionDenied(absl::StrCat("Only the package provider '",
                                         room.central->package_provider_alias,
                                         "' may add notebooks and JARs to a packaged clean room."));
  }
  if (!CanModifyRoom(call, room)) {
    return PermissionDenied(
        absl::StrCat("User does not have MODIFY CLEAN ROOM on Clean room '", room.name, "'."));
  }
  return {};
}

Refusal CheckIdentity(const Asset& asset) {
  std::vector<std::string> missing;
  if (asset.name.empty()) {
    missing.emplace_back("clean_room_asset.name");
  }
  if (asset.type.empty()) {
    missing.emplace_back("clean_room_asset.asset_type");
  }
  return missing.empty() ? Refusal{} : MissingFields(missing);
}

Refusal Fill(Call& call, const Room& room, Asset& asset) {
  if (!IsAnalysisType(asset.type)) {
    asset.local_details = LocalDetailsOf(call.body, asset.type);
    return CheckDataAsset(call, room, asset);
  }
  Or<Revision> revision = NextRevision(call, room, asset, nullptr);
  if (revision.refusal) {
    return revision.refusal;
  }
  asset.revisions.push_back(std::move(revision.value));
  return {};
}

Reply CreateAsset(Call& call) {
  const Or<std::shared_ptr<Room>> found = GetActiveRoom(call, call.arguments[0]);
  if (found.refusal) {
    return *found.refusal;
  }
  Room& room = *found.value;
  Asset asset;
  asset.name = Str(call.body, "name");
  asset.type = Str(call.body, "asset_type");
  asset.owner = room.party;
  asset.added_at = call.now;
  if (Refusal no = CheckIdentity(asset)) {
    return *no;
  }
  if (Refusal no = CheckMayWrite(call, room, asset.type)) {
    return *no;
  }
  const auto key = AssetKey(asset.type, asset.name);
  if (room.central->assets.count(key) > 0) {
    return AlreadyExists(call.world.knobs.Get("duplicate_asset"), "CLEAN_ROOM_ASSET", asset.name);
  }
  if (Refusal no = Fill(call, room, asset)) {
    return *no;
  }
  const bool pending = call.Knob("asset_create", "pending");
  asset.ready_at = pending ? call.now + call.world.Sample(call.world.config.asset_pending)
                           : absl::InfinitePast();
  asset.hidden_once = call.Knob("read_after_create", "404_once");
  Reply reply = ViewOf(call, room, asset);
  if (pending) {
    reply.body["status"] = "PENDING";
  }
  room.central->assets[key] = std::move(asset);
  return reply;
}

Reply ListAssets(Call& call) {
  const Or<std::shared_ptr<Room>> room = GetActiveRoom(call, call.arguments[0]);
  if (room.refusal) {
    return *room.refusal;
  }
  const AssetDetail detail =
      call.Knob("asset_list_bodies", "present") ? AssetDetail::kFull : AssetDetail::kList;
  std::vector<PageEntry> entries;
  for (const auto& [key, asset] : room.value->central->assets) {
    if (CanSeeAsset(*room.value, asset)) {
      entries.push_back({absl::StrCat(key.first, "/", key.second), [&, &each = asset] {
                           return AssetView(call, *room.value, each, Latest(each), detail);
                         }});
    }
  }
  call.query.erase("page_size");  // row 30: LIST of assets has none
  return PageOf(call, "assets", entries, kPageSize, kPageSize);
}

Reply GetOneAsset(Call& call) {
  const Or<AssetRef> ref = GetAsset(call);
  if (ref.refusal) {
    return *ref.refusal;
  }
  Asset& asset = *ref.value.asset;
  if (std::exchange(asset.hidden_once, false)) {
    return AssetNotFound(asset.type, asset.name);
  }
  if (std::optional<Json> stale = std::exchange(asset.stale_once, std::nullopt)) {
    Reply reply;
    reply.body = *std::move(stale);
    return reply;
  }
  return ViewOf(call, *ref.value.room, asset);
}

Refusal CheckMayChange(const Call& call, const AssetRef& ref) {
  if (ref.asset->owner != ref.room->party) {
    return PermissionDenied(
        absl::StrCat("Asset '", ref.asset->name, "' belongs to another collaborator."));
  }
  return CheckMayWrite(call, *ref.room, ref.asset->type);
}

Refusal CheckSameIdentity(const Call& call, const Asset& asset) {
  const std::string name = Str(call.body, "name");
  const std::string type = Str(call.body, "asset_type");
  if ((!name.empty() && !absl::EqualsIgnoreCase(name, asset.name)) ||
      (!type.empty() && type != asset.type)) {
    return InvalidParameter(absl::StrCat("The body names ", type, " '", name, "', the path ",
                                         asset.type, " '", asset.name, "'"));
  }
  return {};
}

Refusal Change(Call& call, const Room& room, Asset& asset) {
  if (asset.is_analysis()) {
    Or<Revision> next = NextRevision(call, room, asset, &asset.revisions.back());
    if (next.refusal) {
      return next.refusal;
    }
    if (next.value.etag == asset.revisions.back().etag) {
      asset.revisions.back() = std::move(next.value);
    } else {
      asset.revisions.push_back(std::move(next.value));
    }
    return {};
  }
  Asset changed = asset;
  if (Json details = LocalDetailsOf(call.body, asset.type); !details.empty()) {
    changed.local_details = std::move(details);
  }
  if (Refusal no = CheckDataAsset(call, room, changed)) {
    return no;
  }
  asset.local_details = std::move(changed.local_details);
  return {};
}

Reply UpdateAsset(Call& call) {
  const Or<AssetRef> ref = GetAsset(call);
  if (ref.refusal) {
    return *ref.refusal;
  }
  Asset& asset = *ref.value.asset;
  for (Refusal no : {CheckMayChange(call, ref.value), CheckSameIdentity(call, asset)}) {
    if (no) {
      return *no;
    }
  }
  const Json before = ViewOf(call, *ref.value.room, asset).body;
  if (Refusal no = Change(call, *ref.value.room, asset)) {
    return *no;
  }
  if (call.Knob("read_after_update", "stale_once")) {
    asset.stale_once = before;
  }
  return ViewOf(call, *ref.value.room, asset);
}

Reply DeleteAsset(Call& call) {
  const Or<AssetRef> ref = GetAsset(call);
  if (ref.refusal) {
    return *ref.refusal;
  }
  if (Refusal no = CheckMayChange(call, ref.value)) {
    return *no;
  }
  const Asset& asset = *ref.value.asset;
  ref.value.room->central->assets.erase(AssetKey(asset.type, asset.name));
  return DeletedReply(call);
}

}  // namespace

void AddAssets(Router& router) {
  const std::string base = "/api/2.0/clean-rooms/{room}/assets";
  router.Add("POST", base, CreateAsset, AssetSchema());
  router.Add("GET", base, ListAssets);
  router.Add("GET", base + "/{asset_type}/{name}", GetOneAsset);
  router.Add("PATCH", base + "/{asset_type}/{name}", UpdateAsset, AssetSchema());
  router.Add("DELETE", base + "/{asset_type}/{name}", DeleteAsset);
}

}  // namespace roomkeeper::sim
