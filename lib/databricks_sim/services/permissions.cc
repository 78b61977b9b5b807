#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

#include "lib/databricks_sim/services/services.h"
#include "lib/databricks_sim/world/access.h"

namespace roomkeeper::sim {
namespace {

constexpr Field kChange[] = {{"principal", Field::Kind::kString},
                             {"add", Field::Kind::kStrings},
                             {"remove", Field::Kind::kStrings}};
constexpr Field kUpdate[] = {{"changes", Field::Kind::kObjects, kChange}};

struct Object {
  std::string type = {};
  std::string name = {};
};

std::string Upper(const std::string& type) {
  return absl::AsciiStrToUpper(type);
}

// The object of the path, which must exist.
Or<Object> GetObject(const Call& call) {
  Object object{absl::AsciiStrToLower(call.arguments[0]), absl::AsciiStrToLower(call.arguments[1])};
  const Metastore& metastore = call.metastore();
  if (object.type == "metastore") {
    return object.name == metastore.uuid ? Or<Object>(object)
                                         : UcNotFound("METASTORE", object.name);
  }
  if (object.type == "clean_room") {
    Or<std::shared_ptr<Room>> room = GetRoom(call, object.name);
    return room.refusal ? Or<Object>(*room.refusal) : Or<Object>(object);
  }
  if (object.type == "table" || object.type == "volume") {
    const Securable* found = FindSecurable(metastore, object.name, call.now);
    return found != nullptr && GrantType(*found) == object.type
               ? Or<Object>(object)
               : SecurableNotFound(metastore, Upper(object.type), object.name);
  }
  if (object.type == "catalog" || object.type == "schema") {
    const auto it = metastore.securables.lower_bound(object.name + ".");
    const bool there =
        it != metastore.securables.end() && absl::StartsWith(it->first, object.name + ".");
    return there ? Or<Object>(object) : UcNotFound(Upper(object.type), object.name);
  }
  return InvalidParameter(absl::StrCat("SecurableType '", call.arguments[0],
                                       "' must be one of METASTORE, CATALOG, SCHEMA, TABLE, "
                                       "VOLUME, CLEAN_ROOM"));
}

bool MayGrant(const Call& call, const Object& object) {
  if (IsMetastoreAdmin(call) ||
      call.metastore().grants.Has(call.identities(), object.type, object.name, "MANAGE")) {
    return true;
  }
  const auto room = call.metastore().rooms.find(object.name);
  return object.type == "clean_room" && room != call.metastore().rooms.end() &&
         CanManageRoom(call, *room->second);
}

Json Assignments(const Call& call, const Object& object) {
  const std::string only = call.Query("principal");
  Json list = Json::array();
  for (const auto& [principal, privileges] : call.metastore().grants.Of(object.type, object.name)) {
    if (only.empty() || only == principal) {
      list.push_back({{"principal", principal}, {"privileges", privileges}});
    }
  }
  return list;
}

Reply GetPermissions(Call& call) {
  const Or<Object> object = GetObject(call);
  if (object.refusal) {
    return *object.refusal;
  }
  Reply reply;
  PutJson(reply.body, "privilege_assignments", Assignments(call, object.value));
  return reply;
}

Reply GetEffective(Call& call) {
  const Or<Object> object = GetObject(call);
  if (object.refusal) {
    return *object.refusal;
  }
  const std::string only = call.Query("principal");
  std::map<std::string, Json> by_principal;
  auto lineage = Lineage(object.value.type, object.value.name);
  for (const auto& [type, name] : lineage) {
    for (const auto& [principal, privileges] : call.metastore().grants.Of(type, name)) {
      if (!only.empty() && only != principal) {
        continue;
      }
      for (const std::string& privilege : privileges) {
        Json json = {{"privilege", privilege}};
        if (type != object.value.type) {
          json["inherited_from_type"] = Upper(type);
          json["inherited_from_name"] = name;
        }
        by_principal[principal].push_back(std::move(json));
      }
    }
  }
  Json list = Json::array();
  for (auto& [principal, privileges] : by_principal) {
    list.push_back({{"principal", principal}, {"privileges", std::move(privileges)}});
  }
  Reply reply;
  PutJson(reply.body, "privilege_assignments", std::move(list));
  return reply;
}

// People write privileges with spaces or underscores.
std::string Privilege(const std::string& text) {
  return absl::AsciiStrToUpper(absl::StrReplaceAll(text, {{" ", "_"}}));
}

Refusal Apply(Call& call, const Object& object, const Json& change) {
  const std::string principal = Str(change, "principal");
  if (principal.empty()) {
    return MissingFields({"changes.principal"});
  }
  const std::vector<std::string> add = Strs(&change, "add");
  const std::vector<std::string> remove = Strs(&change, "remove");
  for (const std::string& privilege : add) {
    if (std::find(remove.begin(), remove.end(), privilege) != remove.end()) {
      return InvalidParameter(
          absl::StrCat("Privilege ", privilege, " is both added and removed for ", principal));
    }
  }
  const std::string identity = call.world.IdentityOf(call.metastore(), principal);
  for (const std::string& privilege : add) {
    call.metastore().grants.Add(object.type, object.name, identity, Privilege(privilege));
  }
  for (const std::string& privilege : remove) {
    call.metastore().grants.Remove(object.type, object.name, identity, Privilege(privilege));
  }
  return {};
}

Reply UpdatePermissions(Call& call) {
  const Or<Object> object = GetObject(call);
  if (object.refusal) {
    return *object.refusal;
  }
  if (!MayGrant(call, object.value)) {
    return PermissionDenied(absl::StrCat("User does not have MANAGE on ", object.value.type, " '",
                                         object.value.name, "'."));
  }
  if (const Json* changes = Find(call.body, "changes")) {
    for (const Json& change : *changes) {
      if (Refusal no = Apply(call, object.value, change)) {
        return *no;
      }
    }
  }
  return GetPermissions(call);
}

}  // namespace

void AddPermissions(Router& router) {
  const std::string base = "/api/2.1/unity-catalog";
  router.Add("GET", base + "/permissions/{type}/{name}", GetPermissions);
  router.Add("PATCH", base + "/permissions/{type}/{name}", UpdatePermissions, kUpdate);
  router.Add("GET", base + "/effective-permissions/{type}/{name}", GetEffective);
}

}  // namespace roomkeeper::sim
