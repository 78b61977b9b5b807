#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/databricks_sim/control/control_args.h"

namespace roomkeeper::sim {
namespace {

struct GrantTarget {
  Metastore* metastore = nullptr;
  std::string type = {};
  std::string name = {};
  std::string identity = {};
  std::string privilege = {};
};

// "securable" is a full name, the name of a room, or "metastore".
absl::StatusOr<GrantTarget> TargetOf(const ControlArgs& args) {
  RK_ASSIGN_OR_RETURN(const Workspace* workspace, args.FindWorkspace());
  RK_ASSIGN_OR_RETURN(const std::string principal, args.Text("principal"));
  RK_ASSIGN_OR_RETURN(const std::string securable, args.Text("securable"));
  GrantTarget target;
  target.metastore = workspace->metastore;
  target.name = absl::AsciiStrToLower(securable);
  target.identity = args.world().IdentityOf(*workspace->metastore, principal);
  const auto found = target.metastore->securables.find(target.name);
  std::string privilege;
  if (found != target.metastore->securables.end()) {
    const bool volume = found->second.type == "VOLUME";
    target.type = volume ? "volume" : "table";
    privilege = volume ? "READ_VOLUME" : "SELECT";
  } else if (securable == "metastore") {
    target.type = "metastore";
    target.name = target.metastore->uuid;
    privilege = "CREATE_CLEAN_ROOM";
  } else if (target.metastore->rooms.count(target.name) > 0) {
    target.type = "clean_room";
    privilege = "EXECUTE_CLEAN_ROOM_TASK";
  } else {
    return absl::NotFoundError(absl::StrCat("no table, volume or room is named \"", securable,
                                            "\" in the metastore of \"", workspace->config.name,
                                            "\""));
  }
  target.privilege = args.TextOr("privilege", privilege);
  return target;
}

absl::StatusOr<Json> Grant(const ControlArgs& args) {
  RK_ASSIGN_OR_RETURN(const GrantTarget target, TargetOf(args));
  Grants& grants = target.metastore->grants;
  grants.Add(target.type, target.name, target.identity, target.privilege);
  const auto lineage = Lineage(target.type, target.name);
  if (lineage.size() == 3) {
    grants.Add(lineage[1].first, lineage[1].second, target.identity, "USE_SCHEMA");
    grants.Add(lineage[2].first, lineage[2].second, target.identity, "USE_CATALOG");
  }
  return Json::object();
}

absl::StatusOr<Json> RevokeGrant(const ControlArgs& args) {
  RK_ASSIGN_OR_RETURN(const GrantTarget target, TargetOf(args));
  target.metastore->grants.Remove(target.type, target.name, target.identity, target.privilege);
  return Json::object();
}

absl::StatusOr<Json> AddSecurable(const ControlArgs& args) {
  RK_ASSIGN_OR_RETURN(const Workspace* workspace, args.FindWorkspace());
  RK_ASSIGN_OR_RETURN(const std::string name, args.Text("securable"));
  Securable added{.type = args.TextOr("type", "TABLE"), .full_name = name};
  if (const Json* columns = Find(args.json(), "columns"); columns != nullptr) {
    for (const Json& column : *columns) {
      added.columns.push_back({Str(column, "name"), Str(column, "type_text")});
    }
  }
  RK_RETURN_IF_ERROR(CheckSecurable({.type = added.type, .full_name = name}, "add_securable"));
  workspace->metastore->securables[absl::AsciiStrToLower(name)] = std::move(added);
  return Json::object();
}

absl::StatusOr<Json> RemoveSecurable(const ControlArgs& args) {
  RK_ASSIGN_OR_RETURN(const Workspace* workspace, args.FindWorkspace());
  RK_ASSIGN_OR_RETURN(const std::string name, args.Text("securable"));
  if (workspace->metastore->securables.erase(absl::AsciiStrToLower(name)) == 0) {
    return absl::NotFoundError(absl::StrCat("no securable is named \"", name, "\""));
  }
  return Json::object();
}

absl::StatusOr<Json> SetMetastore(const ControlArgs& args) {
  RK_ASSIGN_OR_RETURN(const Workspace* workspace, args.FindWorkspace());
  MetastoreConfig& config = workspace->metastore->config;
  config.delta_sharing_scope = args.TextOr("delta_sharing_scope", config.delta_sharing_scope);
  config.clean_rooms_max =
      static_cast<std::int32_t>(args.IntOr("clean_rooms_max", config.clean_rooms_max));
  return Json::object();
}

absl::StatusOr<Json> PutFile(const ControlArgs& args) {
  RK_ASSIGN_OR_RETURN(Workspace * workspace, args.FindWorkspace());
  RK_ASSIGN_OR_RETURN(const std::string path, args.Text("path"));
  RK_ASSIGN_OR_RETURN(const std::string html, args.Text("html"));
  workspace->files[path] = html;
  return Json::object();
}

constexpr ControlRow kActions[] = {
    {"grant", Grant},
    {"revoke_grant", RevokeGrant},
    {"add_securable", AddSecurable},
    {"remove_securable", RemoveSecurable},
    {"set_metastore", SetMetastore},
    {"put_file", PutFile},
};

}  // namespace

absl::Span<const ControlRow> CatalogActions() {
  return kActions;
}

}  // namespace roomkeeper::sim
