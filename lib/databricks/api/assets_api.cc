#include "lib/databricks/api/assets_api.h"

#include <utility>

#include "lib/databricks/paging.h"
#include "lib/databricks/wire/assets_json.h"

namespace roomkeeper {
namespace {

std::string AssetsPath(const std::string& room) {
  return MakePath({"api", "2.0", "clean-rooms", room, "assets"});
}

std::string AssetPath(const AssetRef& asset) {
  return MakePath(
      {"api", "2.0", "clean-rooms", asset.room, "assets", asset.asset_type, asset.name});
}

}  // namespace

void GetAsset(const ScopedRest& rest, const AssetRef& asset, CallDone<ObservedAsset> done) {
  Fetch<ObservedAsset>(
      rest, {.route = "GET /clean-rooms/{room}/assets/{type}/{name}", .target = AssetPath(asset)},
      wire::ParseAsset, std::move(done));
}

void ListAssets(const ScopedRest& rest, const std::string& room,
                CallDone<std::vector<ObservedAsset>> done) {
  PageWalk<ObservedAsset>::Start(
      rest, {.route = "GET /clean-rooms/{room}/assets", .target = AssetsPath(room)},
      wire::ParseAssets, nullptr, std::move(done));
}

void AddAsset(const ScopedRest& rest, const std::string& room, std::string body,
              CallDone<ObservedAsset> done) {
  Fetch<ObservedAsset>(rest,
                       {.verb = RestVerb::kCreate,
                        .route = "POST /clean-rooms/{room}/assets",
                        .target = AssetsPath(room),
                        .body = std::move(body)},
                       wire::ParseAsset, std::move(done));
}

void UpdateAsset(const ScopedRest& rest, const AssetRef& asset, std::string body,
                 CallDone<ObservedAsset> done) {
  Fetch<ObservedAsset>(rest,
                       {.verb = RestVerb::kUpdate,
                        .route = "PATCH /clean-rooms/{room}/assets/{type}/{name}",
                        .target = AssetPath(asset),
                        .body = std::move(body)},
                       wire::ParseAsset, std::move(done));
}

void DeleteAsset(const ScopedRest& rest, const AssetRef& asset, CallDone<Empty> done) {
  Fetch<Empty>(
      rest,
      {.verb = RestVerb::kDelete,
       .route = "DELETE /clean-rooms/{room}/assets/{type}/{name}",
       .target = AssetPath(asset)},
      [](const std::string&) { return absl::StatusOr<Empty>(Empty{}); }, std::move(done));
}

void ListRevisions(const ScopedRest& rest, const AssetRef& asset,
                   CallDone<std::vector<ObservedAsset>> done) {
  PageWalk<ObservedAsset>::Start(rest,
                                 {.route = "GET /clean-rooms/{room}/assets/{type}/{name}/revisions",
                                  .target = AssetPath(asset) + "/revisions"},
                                 wire::ParseRevisions, nullptr, std::move(done));
}

void GetRevision(const ScopedRest& rest, const AssetRef& asset, const std::string& etag,
                 CallDone<ObservedAsset> done) {
  Fetch<ObservedAsset>(rest,
                       {.route = "GET /clean-rooms/{room}/assets/{type}/{name}/revisions/{etag}",
                        .target = AssetPath(asset) + MakePath({"revisions", etag})},
                       wire::ParseAsset, std::move(done));
}

}  // namespace roomkeeper
