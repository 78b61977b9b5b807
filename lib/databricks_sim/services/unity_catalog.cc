#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "lib/databricks_sim/services/services.h"
#include "lib/databricks_sim/world/access.h"

namespace roomkeeper::sim {
namespace {

Reply GetMetastoreSummary(Call& call) {
  const Metastore& metastore = call.metastore();
  const std::vector<std::string> parts = absl::StrSplit(metastore.config.global_metastore_id, ':');
  Reply reply;
  reply.body = {{"cloud", parts[0]},
                {"region", parts[1]},
                {"metastore_id", metastore.uuid},
                {"global_metastore_id", metastore.config.global_metastore_id},
                {"name", absl::StrCat("metastore_", parts[1])},
                {"privilege_model_version", "1.0"}};
  Put(reply.body, "owner", call.world.AdminOf(metastore));
  Put(reply.body, "delta_sharing_scope", metastore.config.delta_sharing_scope);
  Put(reply.body, "delta_sharing_organization_name", metastore.config.organization_name);
  return reply;
}

Reply GetAssignment(Call& call) {
  Reply reply;
  reply.body = {{"metastore_id", call.metastore().uuid},
                {"workspace_id", call.workspace.config.workspace_id},
                {"default_catalog_name", "main"}};
  return reply;
}

Json ColumnsOf(const Securable& securable) {
  Json columns = Json::array();
  for (const ColumnConfig& column : securable.columns) {
    Json json = {{"name", column.name}, {"type_text", column.type_text}, {"nullable", true}};
    Put(json, "position", static_cast<std::int64_t>(columns.size()));
    columns.push_back(std::move(json));
  }
  return columns;
}

// The object, or 404 / 403 as Unity Catalog gives them.
Or<const Securable*> Look(const Call& call, bool volume) {
  const std::string& full_name = call.arguments[0];
  const std::string type = volume ? "VOLUME" : "TABLE";
  const Securable* found = FindSecurable(call.metastore(), full_name, call.now);
  if (found == nullptr || (found->type == "VOLUME") != volume) {
    return SecurableNotFound(call.metastore(), type, full_name);
  }
  if (!IsMetastoreAdmin(call) && !CanRead(call.metastore(), call.identities(), *found)) {
    return PermissionDenied(absl::StrCat("User does not have ", volume ? "READ VOLUME" : "SELECT",
                                         " on ", volume ? "Volume" : "Table", " '",
                                         found->full_name, "'."));
  }
  return found;
}

Json NamesOf(const Call& call, const Securable& securable) {
  const std::vector<std::string> parts = absl::StrSplit(securable.full_name, '.');
  Json json = {{"catalog_name", parts[0]},
               {"schema_name", parts[1]},
               {"name", parts[2]},
               {"full_name", securable.full_name},
               {"metastore_id", call.metastore().uuid}};
  Put(json, "owner", call.world.AdminOf(call.metastore()));
  return json;
}

Reply GetTable(Call& call) {
  const Or<const Securable*> table = Look(call, false);
  if (table.refusal) {
    return *table.refusal;
  }
  Reply reply;
  reply.body = NamesOf(call, *table.value);
  const std::string& type = table.value->type;
  reply.body["table_type"] = type == "TABLE" ? "MANAGED" : type == "VIEW" ? "VIEW" : "FOREIGN";
  PutJson(reply.body, "columns", ColumnsOf(*table.value));
  return reply;
}

Reply GetVolume(Call& call) {
  const Or<const Securable*> volume = Look(call, true);
  if (volume.refusal) {
    return *volume.refusal;
  }
  Reply reply;
  reply.body = NamesOf(call, *volume.value);
  reply.body["volume_type"] = "MANAGED";
  return reply;
}

}  // namespace

void AddUnityCatalog(Router& router) {
  const std::string base = "/api/2.1/unity-catalog";
  router.Add("GET", base + "/metastore_summary", GetMetastoreSummary);
  router.Add("GET", base + "/current-metastore-assignment", GetAssignment);
  router.Add("GET", base + "/tables/{full_name}", GetTable);
  router.Add("GET", base + "/volumes/{name}", GetVolume);
}

}  // namespace roomkeeper::sim
