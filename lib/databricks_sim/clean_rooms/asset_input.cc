#include "lib/databricks_sim/clean_rooms/asset_input.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "lib/crypto/digest.h"
#include "lib/databricks_sim/world/access.h"
#include "lib/databricks_sim/world/names.h"

namespace roomkeeper::sim {
namespace {

using Kind = Field::Kind;

constexpr const char* kTypes[] = {"TABLE",         "VIEW",          "VOLUME",
                                  "FOREIGN_TABLE", "NOTEBOOK_FILE", "JAR_ANALYSIS"};
constexpr const char* kOps[] = {"EQUAL", "LIKE"};

constexpr Field kPartitionValue[] = {{"name", Kind::kString},
                                     {"op", Kind::kEnum, {}, kOps},
                                     {"value", Kind::kString},
                                     {"recipient_property_key", Kind::kString}};
constexpr Field kPartition[] = {{"values", Kind::kObjects, kPartitionValue}};
constexpr Field kTableDetails[] = {{"local_name", Kind::kString},
                                   {"partitions", Kind::kObjects, kPartition}};
constexpr Field kDetails[] = {{"local_name", Kind::kString}};
constexpr Field kNotebook[] = {{"notebook_content", Kind::kString},
                               {"etag", Kind::kString},
                               {"description", Kind::kString},
                               {"environment_version", Kind::kString},
                               {"runner_collaborator_aliases", Kind::kStrings},
                               {"review_state", Kind::kString},
                               {"reviews", Kind::kAny}};
constexpr Field kJar[] = {{"main_class_name", Kind::kString},
                          {"central_jar_file_paths", Kind::kStrings},
                          {"etag", Kind::kString},
                          {"description", Kind::kString},
                          {"environment_version", Kind::kString},
                          {"runner_collaborator_aliases", Kind::kStrings},
                          {"review_state", Kind::kString},
                          {"reviews", Kind::kAny}};
constexpr Field kAsset[] = {{"name", Kind::kString},
                            {"asset_type", Kind::kEnum, {}, kTypes},
                            {"clean_room_name", Kind::kString},
                            {"owner_collaborator_alias", Kind::kString},
                            {"added_at", Kind::kInt64},
                            {"status", Kind::kString},
                            {"table", Kind::kAny},
                            {"view", Kind::kAny},
                            {"foreign_table", Kind::kAny},
                            {"notebook", Kind::kObject, kNotebook},
                            {"jar_analysis", Kind::kObject, kJar},
                            {"table_local_details", Kind::kObject, kTableDetails},
                            {"view_local_details", Kind::kObject, kDetails},
                            {"volume_local_details", Kind::kObject, kDetails},
                            {"foreign_table_local_details", Kind::kObject, kDetails}};

constexpr const char* kRpc = "CreateCleanRoomAsset";

bool IsThreeUcNames(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '.');
  return parts.size() == 3 && std::all_of(parts.begin(), parts.end(), IsUcName);
}

Refusal CheckReadable(const Call& call, const std::vector<std::string>& identities,
                      const Securable& securable, absl::string_view who) {
  if (CanRead(call.metastore(), identities, securable)) {
    return {};
  }
  const bool volume = securable.type == "VOLUME";
  return PermissionDenied(absl::StrCat(who, " does not have ", volume ? "READ VOLUME" : "SELECT",
                                       " on ", volume ? "Volume" : "Table", " '",
                                       securable.full_name, "'."));
}

Refusal CheckRunners(const Room& room, const std::vector<std::string>& runners) {
  for (const std::string& runner : runners) {
    const auto& parties = room.central->collaborators;
    if (std::none_of(parties.begin(), parties.end(),
                     [&](const Collaborator& each) { return each.alias == runner; })) {
      return InvalidParameter(absl::StrCat("runner_collaborator_aliases: '", runner,
                                           "' is not the alias of a collaborator"));
    }
  }
  return {};
}

Refusal CheckContent(const Call& call, const std::string& content) {
  std::string decoded;
  if (!absl::Base64Unescape(content, &decoded)) {
    return InvalidParameter(
        "clean_room_asset.notebook.notebook_content must be the base64 of an exported notebook");
  }
  const std::string start = absl::AsciiStrToLower(
      absl::StripLeadingAsciiWhitespace(absl::string_view(decoded).substr(0, 256)));
  const bool html = absl::StartsWith(start, "<!doctype html") || absl::StartsWith(start, "<html");
  if (call.Knob("notebook_format", "html") && !html) {
    return InvalidParameter(
        "clean_room_asset.notebook.notebook_content must be a notebook exported as HTML");
  }
  return {};
}

// /Volumes/<alias>/<schema>/<volume>/… of a VOLUME asset that is in the room.
Refusal CheckJarPaths(const Room& room, const std::vector<std::string>& paths) {
  if (paths.empty()) {
    return MissingFields({"clean_room_asset.jar_analysis.central_jar_file_paths"});
  }
  for (const std::string& path : paths) {
    const std::vector<std::string> parts = absl::StrSplit(path, '/');
    const bool shaped = parts.size() >= 6 && parts[0].empty() && parts[1] == "Volumes";
    const std::string volume =
        shaped ? absl::StrCat(parts[2], ".", parts[3], ".", parts[4]) : std::string();
    if (room.central->assets.count({"VOLUME", absl::AsciiStrToLower(volume)}) == 0) {
      return InvalidParameter(absl::StrCat(
          "central_jar_file_paths: '", path,
          "' must be /Volumes/<alias>/<schema>/<volume>/<file> of a VOLUME in the clean room"));
    }
  }
  return {};
}

std::string ConsumerAlias(const CentralRoom& central) {
  for (const Collaborator& each : central.collaborators) {
    if (each.alias != central.package_provider_alias) {
      return each.alias;
    }
  }
  return "";
}

// Everybody but the author must approve, unless a rule of theirs does so at once (row 36).
void ResetReviews(const Call& call, const Room& room, const Asset& asset, Revision& revision) {
  revision.reviews.clear();
  const CentralRoom& central = *room.central;
  if (central.packaged()) {
    return;
  }
  const std::string& author = central.collaborators[asset.owner].alias;
  for (std::size_t i = 0; i < central.collaborators.size(); ++i) {
    if (i == asset.owner) {
      continue;
    }
    const auto covers = [&](const std::string& runner) {
      return std::any_of(central.rules.begin(), central.rules.end(), [&](const ApprovalRule& rule) {
        return rule.owner == i && rule.runner_alias == runner &&
               (rule.author_scope == "ANY_AUTHOR" || rule.author_alias == author);
      });
    };
    const bool automatic = !revision.runners.empty() &&
                           std::all_of(revision.runners.begin(), revision.runners.end(), covers);
    revision.reviews.push_back({.reviewer_alias = central.collaborators[i].alias,
                                .state = automatic ? "APPROVED" : "PENDING",
                                .sub_reason = automatic ? "AUTO_APPROVED" : "",
                                .created_at = call.now});
  }
}

Or<Revision> ReadNotebook(Call& call, const Json* body, const Revision* old) {
  Revision next = old == nullptr ? Revision{} : *old;
  const std::string content = Str(body, "notebook_content");
  if (content.empty() && old == nullptr) {
    return MissingFields({"clean_room_asset.notebook.notebook_content"});
  }
  if (Refusal no = CheckContent(call, content)) {
    return *no;
  }
  if (!content.empty()) {
    next.content = call.world.KeepContent(content);
  }
  return next;
}

Or<Revision> ReadJar(const Room& room, const Json* body, const Revision* old) {
  Revision next = old == nullptr ? Revision{} : *old;
  if (const std::string name = Str(body, "main_class_name"); !name.empty()) {
    next.main_class_name = name;
  }
  if (std::vector<std::string> paths = Strs(body, "central_jar_file_paths"); !paths.empty()) {
    next.jar_paths = std::move(paths);
  }
  if (next.main_class_name.empty()) {
    return MissingFields({"clean_room_asset.jar_analysis.main_class_name"});
  }
  if (Refusal no = CheckJarPaths(room, next.jar_paths)) {
    return *no;
  }
  return next;
}

std::string NewEtag(const Room& room, const Asset& asset, const Revision& revision) {
  const std::string content = revision.content == nullptr ? "" : *revision.content;
  return Sha256Hex(
      absl::StrJoin({room.central->id, asset.type, asset.name, absl::StrCat(asset.revisions.size()),
                     Sha256Hex(content), revision.main_class_name,
                     absl::StrJoin(revision.jar_paths, ","), absl::StrJoin(revision.runners, ",")},
                    "|"));
}

}  // namespace

Schema AssetSchema() {
  return kAsset;
}

bool IsAssetType(const std::string& type) {
  return std::any_of(std::begin(kTypes), std::end(kTypes),
                     [&](const char* each) { return type == each; });
}

bool IsAnalysisType(const std::string& type) {
  return type == "NOTEBOOK_FILE" || type == "JAR_ANALYSIS";
}

Json LocalDetailsOf(const Json& body, const std::string& type) {
  const Json* details = Find(body, absl::StrCat(absl::AsciiStrToLower(type), "_local_details"));
  return details == nullptr ? Json::object() : *details;
}

Refusal CheckDataAsset(const Call& call, const Room& room, const Asset& asset) {
  const std::string local_name = Str(asset.local_details, "local_name");
  if (local_name.empty()) {
    return MissingFields({absl::StrCat("clean_room_asset.", absl::AsciiStrToLower(asset.type),
                                       "_local_details.local_name")});
  }
  const std::string prefix = absl::StrCat(room.self().alias, ".");
  if (!IsThreeUcNames(asset.name) || !absl::StartsWithIgnoreCase(asset.name, prefix)) {
    return InvalidParameter(absl::StrCat(kRpc, " clean_room_asset.name: '", asset.name,
                                         "' must be ", prefix, "<schema>.<name>"));
  }
  if (!IsThreeUcNames(local_name)) {
    return InvalidParameter(
        absl::StrCat(kRpc, " local_name: '", local_name, "' must be <catalog>.<schema>.<name>"));
  }
  const Securable* local = FindSecurable(call.metastore(), local_name, call.now);
  if (local == nullptr) {
    return SecurableNotFound(call.metastore(), asset.type, local_name);
  }
  if (local->type != asset.type) {
    return InvalidParameter(
        absl::StrCat("'", local_name, "' is a ", local->type, ", not a ", asset.type));
  }
  if (Refusal no = CheckReadable(call, call.identities(), *local, "User")) {
    return no;
  }
  return CheckReadable(call, call.world.IdentitiesOf(room.owner), *local, "Clean room owner");
}

Or<Revision> NextRevision(Call& call, const Room& room, const Asset& asset, const Revision* old) {
  const bool notebook = asset.type == "NOTEBOOK_FILE";
  const Json* body = Find(call.body, notebook ? "notebook" : "jar_analysis");
  Or<Revision> read = notebook ? ReadNotebook(call, body, old) : ReadJar(room, body, old);
  if (read.refusal) {
    return read;
  }
  Revision& next = read.value;
  if (std::vector<std::string> runners = Strs(body, "runner_collaborator_aliases");
      !runners.empty()) {
    next.runners = std::move(runners);
  }
  if (Refusal no = CheckRunners(room, next.runners)) {
    return *no;
  }
  if (next.runners.empty() && room.central->packaged() &&
      call.Knob("packaged_runners", "consumer")) {
    next.runners = {ConsumerAlias(*room.central)};
  }
  if (Find(body, "description") != nullptr) {
    next.description = Str(body, "description");
  }
  if (const std::string version = Str(body, "environment_version"); !version.empty()) {
    next.environment_version = version;
  } else if (old == nullptr) {
    next.environment_version = notebook ? "2" : "4-scala-preview";  // row 32
  }
  const bool same = old != nullptr && old->content == next.content &&
                    old->runners == next.runners && old->jar_paths == next.jar_paths &&
                    old->main_class_name == next.main_class_name &&
                    old->environment_version == next.environment_version;
  if (!same) {
    next.etag = NewEtag(room, asset, next);
    next.created_at = call.now;
    ResetReviews(call, room, asset, next);
  }
  return read;
}

}  // namespace roomkeeper::sim
