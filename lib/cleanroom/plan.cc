#include "lib/cleanroom/plan.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/cleanroom/naming.h"
#include "lib/cleanroom/room_spec_builder.h"
#include "lib/model/reasons.h"

namespace roomkeeper {
namespace {

Action Quarantine(const std::string& room_name, absl::string_view reason, std::string message) {
  return {.kind = ActionKind::kQuarantine,
          .subject = room_name,
          .problem = Problem{.reason = std::string(reason),
                             .message = std::move(message),
                             .move = Move::kProviderOperator}};
}

const Collaborator* FindCollaborator(const ObservedRoom& observed, const std::string& alias) {
  const auto found = std::find_if(observed.collaborators.begin(), observed.collaborators.end(),
                                  [&](const Collaborator& collaborator) {
                                    return SamePlatformName(collaborator.collaborator_alias, alias);
                                  });
  return found == observed.collaborators.end() ? nullptr : &*found;
}

// The first thing that differs and can not be changed, in words; empty: none.
std::string ImmutableDifference(const RoomSpec& desired, const ObservedRoom& observed) {
  const auto differs = [](absl::string_view what, absl::string_view want, absl::string_view have) {
    return absl::EqualsIgnoreCase(want, have)
               ? std::string()
               : absl::StrCat(what, " is \"", have, "\", wanted \"", want, "\"");
  };
  const Collaborator* provider = FindCollaborator(observed, desired.provider.collaborator_alias);
  const Collaborator* brand = FindCollaborator(observed, desired.brand.collaborator_alias);
  if (observed.collaborators.size() != 2 || provider == nullptr || brand == nullptr) {
    return absl::StrCat("collaborators are not exactly ", desired.provider.collaborator_alias,
                        " and ", desired.brand.collaborator_alias);
  }
  const std::string differences[] = {
      differs("package_provider_collaborator_alias", desired.provider.collaborator_alias,
              observed.package_provider_collaborator_alias),
      differs("cloud_vendor", desired.cloud_vendor, observed.cloud_vendor),
      differs("region", desired.region, observed.region),
      differs("the provider's global_metastore_id", desired.provider.global_metastore_id,
              provider->global_metastore_id),
      differs("the brand's global_metastore_id", desired.brand.global_metastore_id,
              brand->global_metastore_id),
      differs("invite_recipient_email", desired.brand.invite_recipient_email,
              brand->invite_recipient_email),
      differs("enable_shared_output", desired.enable_shared_output ? "true" : "false",
              observed.enable_shared_output ? "true" : "false"),
      desired.egress == observed.egress ? "" : "egress_network_policy differs",
  };
  const auto* first = std::find_if(std::begin(differences), std::end(differences),
                                   [](const std::string& text) { return !text.empty(); });
  return first == std::end(differences) ? "" : *first;
}

const ObservedAsset* FindAsset(const std::optional<ObservedRoom>& observed, const std::string& name,
                               absl::string_view asset_type) {
  if (!observed.has_value()) {
    return nullptr;
  }
  const auto found = std::find_if(
      observed->assets.begin(), observed->assets.end(), [&](const ObservedAsset& asset) {
        return SamePlatformName(asset.name, name) && asset.asset_type == asset_type;
      });
  return found == observed->assets.end() ? nullptr : &*found;
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& other) { return SamePlatformName(other, name); });
}

Action AwaitAsset(const std::string& name, const std::string& status) {
  if (status == "PERMISSION_DENIED") {
    return {.kind = ActionKind::kAwaitAsset,
            .subject = name,
            .problem = Problem{
                .reason = reason::kAssetPermissionDenied,
                .message = absl::StrCat("the room's owner may no longer read what ", name,
                                        " stands for: grant it again, nothing needs re-adding"),
                .move = Move::kProviderOperator,
                .retryable = true}};
  }
  return {.kind = ActionKind::kAwaitAsset,
          .subject = name,
          .problem = Problem{
              .reason = reason::kAssetNotActive,
              .message = absl::StrCat("asset ", name, " is ",
                                      status.empty() ? "not yet listed with a status" : status),
              .move = Move::kPlatform,
              .retryable = true}};
}

// The spec of the same asset or notebook in the version that is left; null: it has none.
template <typename Spec>
const Spec* FindSpec(const std::vector<Spec>& specs, const std::string& name) {
  const auto found = std::find_if(specs.begin(), specs.end(), [&](const Spec& spec) {
    return SamePlatformName(spec.name, name);
  });
  return found == specs.end() ? nullptr : &*found;
}

std::optional<Action> PlanAsset(const AssetSpec& desired, const PlanInput& input) {
  const ObservedAsset* seen = FindAsset(input.observed, desired.name, Name(desired.type));
  if (seen == nullptr) {
    return Action{.kind = ActionKind::kAddAsset, .subject = desired.name};
  }
  const AssetSpec* left =
      input.leaving == nullptr ? nullptr : FindSpec(input.leaving->assets, desired.name);
  if (left != nullptr && *left != desired && !Contains(input.trusted, desired.name)) {
    return Action{.kind = ActionKind::kUpdateAsset, .subject = desired.name};
  }
  if (seen->local_name.has_value()) {
    if (!SamePlatformName(*seen->local_name, desired.local_name)) {
      return Action{.kind = ActionKind::kUpdateAsset, .subject = desired.name};
    }
  } else if (!Contains(input.trusted, desired.name)) {
    return Action{.kind = ActionKind::kInspectAsset, .subject = desired.name};
  }
  if (seen->status != "ACTIVE") {
    return AwaitAsset(desired.name, seen->status);
  }
  return std::nullopt;
}

std::set<std::string> LowerSet(const std::vector<std::string>& names) {
  std::set<std::string> out;
  for (const std::string& name : names) {
    out.insert(absl::AsciiStrToLower(name));
  }
  return out;
}

// What a package says of a notebook beside its content differs between the versions, and is not
// seen as desired.
bool WordsDiffer(const NotebookSpec& desired, const ObservedAsset& seen, const PlanInput& input) {
  const NotebookSpec* left =
      input.leaving == nullptr ? nullptr : FindSpec(input.leaving->notebooks, desired.name);
  if (left == nullptr || Contains(input.trusted, desired.name)) {
    return false;
  }
  const bool described =
      left->description == desired.description || seen.description == desired.description;
  const bool environed = left->environment_version == desired.environment_version ||
                         seen.environment_version == desired.environment_version;
  return !described || !environed;
}

std::optional<Action> PlanNotebook(const NotebookSpec& desired, const PlanInput& input) {
  const ObservedAsset* seen =
      FindAsset(input.observed, desired.name, Name(AssetType::kNotebookFile));
  if (seen == nullptr) {
    return Action{.kind = ActionKind::kAddNotebook, .subject = desired.name};
  }
  if (!seen->notebook_content_digest.has_value() ||
      !seen->runner_collaborator_aliases.has_value()) {
    return Action{.kind = ActionKind::kInspectNotebook, .subject = desired.name};
  }
  // A needless write gives the notebook a new etag, which the brand's app sees: compare first.
  if (*seen->notebook_content_digest != desired.content_digest ||
      LowerSet(*seen->runner_collaborator_aliases) !=
          LowerSet(desired.runner_collaborator_aliases) ||
      WordsDiffer(desired, *seen, input)) {
    return Action{.kind = ActionKind::kUpdateNotebook, .subject = desired.name};
  }
  // Of a notebook only what is said to be on its way is waited for: no public page promises that
  // notebooks have a status at all.
  if (seen->status == "PENDING") {
    return AwaitAsset(desired.name, seen->status);
  }
  return std::nullopt;
}

// What only the version that is left has, of what the room shows. An asset that the desired one has
// under the same name and another type is in the way (`in_the_way`); the others go last.
void PlanRemovals(const PlanInput& input, bool in_the_way, std::vector<Action>& plan) {
  if (input.leaving == nullptr) {
    return;
  }
  const auto remove = [&](AssetType type, const std::string& name) {
    const AssetSpec* wanted = FindSpec(input.desired.assets, name);
    const bool is_wanted = type == AssetType::kNotebookFile
                               ? FindSpec(input.desired.notebooks, name) != nullptr
                               : wanted != nullptr && wanted->type == type;
    if (!is_wanted && (wanted != nullptr) == in_the_way &&
        FindAsset(input.observed, name, Name(type)) != nullptr) {
      plan.push_back({.kind = ActionKind::kRemoveAsset, .subject = name, .type = type});
    }
  };
  for (const NotebookSpec& notebook : input.leaving->notebooks) {
    remove(AssetType::kNotebookFile, notebook.name);
  }
  for (const AssetSpec& asset : input.leaving->assets) {
    remove(asset.type, asset.name);
  }
}

// An edited comment that names no version is left as it is: the mark in it says whose room it is.
void PlanComment(const PlanInput& input, std::vector<Action>& plan) {
  if (!input.observed.has_value() || !input.observed->has_detail) {
    return;
  }
  const std::optional<PackagePath> named = ReadPackage(input.observed->comment);
  if (named.has_value() && (named->package != input.desired.package ||
                            named->version != input.desired.package_version)) {
    plan.push_back({.kind = ActionKind::kUpdateRoom, .subject = input.desired.room_name});
  }
}

// What has to happen to the room itself. A quarantine ends the plan.
std::optional<Action> PlanRoom(const PlanInput& input) {
  const RoomSpec& desired = input.desired;
  if (!input.observed.has_value()) {
    return Action{.kind = ActionKind::kCreateRoom, .subject = desired.room_name};
  }
  const ObservedRoom& observed = *input.observed;
  if (input.mark != MarkVerdict::kOurs) {
    return Quarantine(desired.room_name, reason::kRoomNotOurs,
                      absl::StrCat("the platform has a clean room named ", observed.name, ", and ",
                                   WhyNotOurs(input.mark),
                                   ": it is left alone; delete or rename it, then retry"));
  }
  if (observed.status == "FAILED" || observed.status == "DELETED") {
    return Action{.kind = ActionKind::kRecreateRoom, .subject = desired.room_name};
  }
  const std::optional<ProvenanceMark> mark = ParseMark(observed.comment);
  std::string difference =
      mark.has_value() && mark->digest != ImmutableDigest(desired)
          ? "it was created from a request with other collaborators, place or output rules"
          : "";
  // The answer to GET is sparse until the room is ACTIVE.
  if (observed.has_detail && observed.status == "ACTIVE") {
    const std::string seen = ImmutableDifference(desired, observed);
    difference = seen.empty() ? difference : seen;
  }
  if (!difference.empty()) {
    return Quarantine(desired.room_name, reason::kRoomDiffers,
                      absl::StrCat("our clean room ", observed.name,
                                   " is not as requested and can not be changed: ", difference,
                                   "; delete it, then create it again"));
  }
  if (observed.status != "ACTIVE") {
    return Action{.kind = ActionKind::kAwaitActive, .subject = desired.room_name};
  }
  return std::nullopt;
}

}  // namespace

absl::string_view Name(ActionKind kind) {
  switch (kind) {
    case ActionKind::kQuarantine:
      return "QUARANTINE";
    case ActionKind::kCreateRoom:
      return "CREATE_ROOM";
    case ActionKind::kRecreateRoom:
      return "RECREATE_ROOM";
    case ActionKind::kAwaitActive:
      return "AWAIT_ACTIVE";
    case ActionKind::kAddAsset:
      return "ADD_ASSET";
    case ActionKind::kInspectAsset:
      return "INSPECT_ASSET";
    case ActionKind::kUpdateAsset:
      return "UPDATE_ASSET";
    case ActionKind::kAwaitAsset:
      return "AWAIT_ASSET";
    case ActionKind::kAddNotebook:
      return "ADD_NOTEBOOK";
    case ActionKind::kInspectNotebook:
      return "INSPECT_NOTEBOOK";
    case ActionKind::kUpdateNotebook:
      return "UPDATE_NOTEBOOK";
    case ActionKind::kRemoveAsset:
      return "REMOVE_ASSET";
    case ActionKind::kUpdateRoom:
      return "UPDATE_ROOM";
  }
  return "UNKNOWN";
}

std::vector<Action> MakePlan(const PlanInput& input) {
  std::vector<Action> plan;
  if (std::optional<Action> action = PlanRoom(input); action.has_value()) {
    plan.push_back(*std::move(action));
    if (plan.back().kind == ActionKind::kQuarantine) {
      return plan;
    }
    if (plan.back().kind != ActionKind::kAwaitActive) {
      plan.push_back({.kind = ActionKind::kAwaitActive, .subject = input.desired.room_name});
    }
  }
  const bool fresh = !plan.empty();  // the room is not there yet: everything is to be added
  if (!fresh && !input.observed->has_assets) {
    return plan;
  }
  const std::optional<ObservedRoom> nothing;
  const PlanInput inside = {.desired = input.desired,
                            .observed = fresh ? nothing : input.observed,
                            .mark = input.mark,
                            .trusted = input.trusted,
                            .leaving = input.leaving};
  PlanRemovals(inside, /*in_the_way=*/true, plan);
  for (const AssetSpec& asset : input.desired.assets) {
    if (std::optional<Action> action = PlanAsset(asset, inside); action.has_value()) {
      plan.push_back(*std::move(action));
    }
  }
  for (const NotebookSpec& notebook : input.desired.notebooks) {
    if (std::optional<Action> action = PlanNotebook(notebook, inside); action.has_value()) {
      plan.push_back(*std::move(action));
    }
  }
  PlanRemovals(inside, /*in_the_way=*/false, plan);
  PlanComment(inside, plan);
  return plan;
}

bool IsRest(const Action& action) {
  return action.kind == ActionKind::kRemoveAsset || action.kind == ActionKind::kUpdateRoom;
}

bool OnlyWaits(const std::vector<Action>& plan) {
  return std::all_of(plan.begin(), plan.end(), [](const Action& action) {
    return action.kind == ActionKind::kAwaitActive || action.kind == ActionKind::kAwaitAsset;
  });
}

}  // namespace roomkeeper
