#include "lib/databricks_sim/world/access.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace roomkeeper::sim {
namespace {

bool HoldsAbove(const Grants& grants, const std::vector<std::string>& identities,
                const std::vector<std::pair<std::string, std::string>>& lineage,
                const char* privilege) {
  return std::any_of(lineage.begin(), lineage.end(), [&](const auto& object) {
    return grants.Has(identities, object.first, object.second, privilege);
  });
}

bool AnyStartsWith(const Metastore& metastore, const std::string& prefix) {
  const auto it = metastore.securables.lower_bound(prefix);
  return it != metastore.securables.end() && absl::StartsWith(it->first, prefix);
}

}  // namespace

bool IsMetastoreAdmin(const Call& call) {
  return call.caller->config.metastore_admin;
}

bool IsOwner(const std::vector<std::string>& identities, const Room& room) {
  return std::find(identities.begin(), identities.end(), room.owner) != identities.end();
}

bool Owns(const Call& call, const Room& room) {
  return IsOwner(call.identities(), room);
}

bool HoldsOnRoom(const Call& call, const Room& room,
                 std::initializer_list<const char*> privileges) {
  const std::string name = absl::AsciiStrToLower(room.name);
  const std::vector<std::string> identities = call.identities();
  return std::any_of(privileges.begin(), privileges.end(), [&](const char* privilege) {
    return call.metastore().grants.Has(identities, "clean_room", name, privilege);
  });
}

bool CanViewRoom(const Call& call, const Room& room) {
  return IsMetastoreAdmin(call) || Owns(call, room) ||
         HoldsOnRoom(call, room,
                     {"MANAGE", "MODIFY_CLEAN_ROOM", "EXECUTE_CLEAN_ROOM_TASK", "BROWSE"}) ||
         call.metastore().grants.Has(call.identities(), "metastore", call.metastore().uuid,
                                     "BROWSE");
}

bool CanModifyRoom(const Call& call, const Room& room) {
  return Owns(call, room) || HoldsOnRoom(call, room, {"MODIFY_CLEAN_ROOM"});
}

bool CanManageRoom(const Call& call, const Room& room) {
  return Owns(call, room) || HoldsOnRoom(call, room, {"MANAGE"});
}

std::string GrantType(const Securable& securable) {
  return securable.type == "VOLUME" ? "volume" : "table";
}

const Securable* FindSecurable(const Metastore& metastore, const std::string& full_name,
                               absl::Time now) {
  const auto it = metastore.securables.find(absl::AsciiStrToLower(full_name));
  if (it == metastore.securables.end()) {
    return nullptr;
  }
  const bool expired = it->second.expires_at && *it->second.expires_at <= now;
  return expired ? nullptr : &it->second;
}

bool CanRead(const Metastore& metastore, const std::vector<std::string>& identities,
             const Securable& securable) {
  const std::string type = GrantType(securable);
  const auto lineage = Lineage(type, absl::AsciiStrToLower(securable.full_name));
  return HoldsAbove(metastore.grants, identities, lineage,
                    type == "volume" ? "READ_VOLUME" : "SELECT") &&
         HoldsAbove(metastore.grants, identities, lineage, "USE_SCHEMA") &&
         HoldsAbove(metastore.grants, identities, lineage, "USE_CATALOG");
}

Reply SecurableNotFound(const Metastore& metastore, const std::string& type,
                        const std::string& full_name) {
  const std::vector<std::string> parts = absl::StrSplit(absl::AsciiStrToLower(full_name), '.');
  if (parts.size() != 3) {
    return InvalidParameter(
        absl::StrCat("'", full_name, "' is not a full name of the form catalog.schema.name"));
  }
  if (!AnyStartsWith(metastore, absl::StrCat(parts[0], "."))) {
    return UcNotFound("CATALOG", parts[0]);
  }
  const std::string schema = absl::StrCat(parts[0], ".", parts[1]);
  if (!AnyStartsWith(metastore, absl::StrCat(schema, "."))) {
    return UcNotFound("SCHEMA", schema);
  }
  return UcNotFound(type == "VOLUME" ? "VOLUME" : "TABLE", full_name);
}

Reply RoomNotFound(const World& world, const std::string& name) {
  return Error(404, world.knobs.Get("missing_room"),
               absl::StrCat("Clean room '", name, "' does not exist."));
}

Or<std::shared_ptr<Room>> GetRoom(const Call& call, const std::string& name) {
  const auto& rooms = call.metastore().rooms;
  const auto it = rooms.find(absl::AsciiStrToLower(name));
  const bool visible =
      it != rooms.end() && (it->second->visible_from <= call.now || it->second->central->voided);
  if (!visible) {
    return RoomNotFound(call.world, name);
  }
  if (!CanViewRoom(call, *it->second)) {
    return call.Knob("hidden_room", "404")
               ? RoomNotFound(call.world, name)
               : PermissionDenied(absl::StrCat("User does not have BROWSE on Clean room '",
                                               it->second->name, "'."));
  }
  return it->second;
}

Or<std::shared_ptr<Room>> GetActiveRoom(const Call& call, const std::string& name) {
  Or<std::shared_ptr<Room>> room = GetRoom(call, name);
  if (room.refusal || call.Knob("inactive_room", "accept")) {
    return room;
  }
  const std::string status = StatusAt(*room.value->central, call.now);
  if (status == "ACTIVE") {
    return room;
  }
  return Error(400, call.world.knobs.Get("inactive_room"),
               absl::StrCat("Clean room '", room.value->name, "' is ", status,
                            "; this needs it to be ACTIVE."));
}

void RemoveRoom(Metastore& metastore, const Room& room) {
  const std::string key = absl::AsciiStrToLower(room.name);
  room.central->voided = true;
  metastore.grants.Forget("clean_room", key);
  metastore.rooms.erase(key);
}

Reply DeletedReply(const Call& call) {
  Reply reply;
  if (call.Knob("delete_answer", "empty")) {
    reply.raw = "";
  }
  return reply;
}

}  // namespace roomkeeper::sim
