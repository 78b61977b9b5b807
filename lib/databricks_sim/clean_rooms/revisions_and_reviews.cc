#include <algorithm>

#include "absl/strings/str_cat.h"

#include "lib/databricks_sim/clean_rooms/asset_lookup.h"
#include "lib/databricks_sim/clean_rooms/asset_views.h"
#include "lib/databricks_sim/core/pages.h"
#include "lib/databricks_sim/services/services.h"
#include "lib/databricks_sim/world/access.h"

namespace roomkeeper::sim {
namespace {

using Kind = Field::Kind;

constexpr std::int64_t kPageSize = 10;
constexpr std::int64_t kPageSizeMax = 100;
constexpr const char* kStates[] = {"PENDING", "APPROVED", "REJECTED"};
constexpr Field kOneReview[] = {{"etag", Kind::kString},
                                {"review_state", Kind::kEnum, {}, kStates},
                                {"comment", Kind::kString}};
constexpr Field kReview[] = {{"notebook_review", Kind::kObject, kOneReview},
                             {"jar_analysis_review", Kind::kObject, kOneReview}};

Refusal CheckNotebook(const Asset& asset) {
  if (asset.type == "NOTEBOOK_FILE") {
    return {};
  }
  return InvalidParameter(
      absl::StrCat("Revisions exist of NOTEBOOK_FILE assets only, not of ", asset.type));
}

Reply ListRevisions(Call& call) {
  const Or<AssetRef> ref = GetAsset(call);
  if (ref.refusal) {
    return *ref.refusal;
  }
  const Asset& asset = *ref.value.asset;
  if (Refusal no = CheckNotebook(asset)) {
    return *no;
  }
  const bool bodies = call.Knob("revision_list_bodies", "present");
  std::vector<PageEntry> entries;
  for (auto it = asset.revisions.rbegin(); it != asset.revisions.rend(); ++it) {
    entries.push_back({it->etag, [&, &revision = *it] {
                         Json view =
                             AssetView(call, *ref.value.room, asset, &revision, AssetDetail::kFull);
                         if (!bodies && view.contains("notebook")) {
                           view["notebook"].erase("notebook_content");
                         }
                         return view;
                       }});
  }
  return PageOf(call, "revisions", entries, kPageSize, kPageSizeMax);
}

Reply GetRevision(Call& call) {
  const Or<AssetRef> ref = GetAsset(call);
  if (ref.refusal) {
    return *ref.refusal;
  }
  const Asset& asset = *ref.value.asset;
  if (Refusal no = CheckNotebook(asset)) {
    return *no;
  }
  const std::string& etag = call.arguments[3];
  for (const Revision& revision : asset.revisions) {
    if (revision.etag == etag) {
      Reply reply;
      reply.body = AssetView(call, *ref.value.room, asset, &revision, AssetDetail::kFull);
      return reply;
    }
  }
  return NotFound(absl::StrCat("Revision '", etag, "' of '", asset.name, "' does not exist."));
}

// The caller's own review among those of the version, or why there is none.
Or<Review*> ReviewOfCaller(const Call& call, const Room& room, Asset& asset) {
  if (!asset.is_analysis()) {
    return InvalidParameter(absl::StrCat("A ", asset.type, " has no reviews"));
  }
  if (room.central->packaged()) {
    return InvalidState("Analyses of packaged clean rooms are not reviewed.");
  }
  if (!CanModifyRoom(call, room)) {
    return PermissionDenied(
        absl::StrCat("User does not have MODIFY CLEAN ROOM on Clean room '", room.name, "'."));
  }
  for (Review& review : asset.revisions.back().reviews) {
    if (review.reviewer_alias == room.self().alias) {
      return &review;
    }
  }
  return InvalidState(absl::StrCat("Collaborator '", room.self().alias,
                                   "' added this analysis and does not review it."));
}

Refusal CheckEtag(const Call& call, const Asset& asset, const std::string& etag) {  // row 35
  if (etag == asset.revisions.back().etag) {
    return {};
  }
  const std::string message =
      absl::StrCat("etag '", etag, "' is not the latest version of '", asset.name, "'");
  return call.Knob("stale_review", "400") ? InvalidParameter(message)
                                          : Error(409, "ABORTED", message);
}

Reply CreateReview(Call& call) {
  const Or<AssetRef> ref = GetAsset(call);
  if (ref.refusal) {
    return *ref.refusal;
  }
  Asset& asset = *ref.value.asset;
  const Room& room = *ref.value.room;
  const Or<Review*> own = ReviewOfCaller(call, room, asset);
  if (own.refusal) {
    return *own.refusal;
  }
  const std::string kind = asset.type == "NOTEBOOK_FILE" ? "notebook" : "jar_analysis";
  const Json* sent = Find(call.body, kind + "_review");
  const std::string etag = Str(sent, "etag");
  const std::string state = Str(sent, "review_state");
  if (etag.empty() || state.empty()) {
    return MissingFields({kind + "_review.etag", kind + "_review.review_state"});
  }
  if (Refusal no = CheckEtag(call, asset, etag)) {
    return *no;
  }
  own.value->state = state;
  own.value->comment = Str(sent, "comment");
  own.value->sub_reason.clear();
  own.value->created_at = call.now;
  const Revision& revision = asset.revisions.back();
  Reply reply;
  reply.body[kind + "_review_state"] = ReviewState(call.world, *room.central, revision);
  reply.body[kind + "_reviews"] = ReviewsView(revision);
  return reply;
}

}  // namespace

void AddRevisionsAndReviews(Router& router) {
  const std::string base = "/api/2.0/clean-rooms/{room}/assets/{asset_type}/{name}";
  router.Add("POST", base + "/reviews", CreateReview, kReview);
  router.Add("GET", base + "/revisions", ListRevisions);
  router.Add("GET", base + "/revisions/{etag}", GetRevision);
}

}  // namespace roomkeeper::sim
