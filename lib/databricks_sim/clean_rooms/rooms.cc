#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/databricks_sim/clean_rooms/room_create.h"
#include "lib/databricks_sim/clean_rooms/room_views.h"
#include "lib/databricks_sim/core/pages.h"
#include "lib/databricks_sim/services/services.h"
#include "lib/databricks_sim/world/access.h"
#include "lib/databricks_sim/world/names.h"

namespace roomkeeper::sim {
namespace {

using RoomPtr = std::shared_ptr<Room>;

constexpr std::int64_t kPageSize = 100;
constexpr std::int64_t kPageSizeMax = 1000;

constexpr Field kOutputCatalog[] = {{"catalog_name", Field::Kind::kString}};

Refusal CheckSharing(const Call& call) {  // row 48
  if (call.metastore().config.delta_sharing_scope == "INTERNAL_AND_EXTERNAL") {
    return {};
  }
  const std::string message = "Delta Sharing is not enabled on the metastore.";
  return call.Knob("sharing_disabled", "403") ? PermissionDenied(message)
                                              : Error(400, "INVALID_STATE", message);
}

Refusal CheckMayCreate(const Call& call) {  // row 49
  if (IsMetastoreAdmin(call) ||
      call.metastore().grants.Has(call.identities(), "metastore", call.metastore().uuid,
                                  "CREATE_CLEAN_ROOM")) {
    return {};
  }
  return PermissionDenied("User does not have CREATE CLEAN ROOM on Metastore.");
}

Refusal CheckHeadroom(const Call& call) {  // row 20
  const auto count = static_cast<std::int64_t>(call.metastore().rooms.size());
  const std::int64_t most = call.metastore().config.clean_rooms_max;
  if (count < most) {
    return {};
  }
  const std::string code = call.world.knobs.Get("room_quota_error");
  Reply reply =
      Error(code == "RESOURCE_EXHAUSTED" ? 429 : 400, code,
            absl::StrCat("The metastore has reached its limit of ", most, " clean rooms."));
  reply.body["details"].push_back(
      {{"@type", "type.googleapis.com/google.rpc.QuotaFailure"},
       {"violations",
        {{{"subject", "metastore"}, {"description", absl::StrCat(most, " clean rooms")}}}}});
  return reply;
}

std::string Stored(const Call& call, const std::string& name) {  // row 10
  return call.Knob("room_name_case", "lower") ? absl::AsciiStrToLower(name) : name;
}

// The name of the invitee's view. In another metastore it is the room's own; in the creator's it is
// the invitee's alias. A number makes it free if it is taken.
std::string FreeName(const Metastore& metastore, const std::string& wanted) {
  std::string name = wanted;
  for (int i = 2; metastore.rooms.count(absl::AsciiStrToLower(name)) > 0; ++i) {
    name = absl::StrCat(wanted, "_", i);
  }
  return name;
}

void AddInviteeViews(Call& call, const Room& created) {
  CentralRoom& central = *created.central;
  const bool lag = call.Knob("invitee_sees_room", "when_active");
  for (std::size_t i = 0; i < central.collaborators.size(); ++i) {
    Collaborator& party = central.collaborators[i];
    Metastore* metastore = call.world.FindMetastore(party.global_metastore_id);
    if (i == central.creator || metastore == nullptr) {
      continue;
    }
    party.room_name =
        FreeName(*metastore, metastore == &call.metastore() ? party.alias : created.name);
    auto view = std::make_shared<Room>(created);
    view->name = party.room_name;
    view->party = i;
    view->owner = call.world.AdminOf(*metastore);
    if (view->owner.empty()) {
      view->owner = party.invite_recipient_email;
    }
    if (call.Knob("invitee_comment", "empty")) {
      view->comment.clear();
    }
    view->enable_shared_output = false;
    view->hidden_once = false;
    view->visible_from = lag ? central.ready_at : central.created_at;
    metastore->rooms[absl::AsciiStrToLower(view->name)] = std::move(view);
  }
}

Reply CreateRoom(Call& call) {
  for (Refusal no : {CheckMayCreate(call), CheckSharing(call)}) {
    if (no) {
      return *no;
    }
  }
  Or<std::shared_ptr<CentralRoom>> central = MakeCentralRoom(call);
  if (central.refusal) {
    return *central.refusal;
  }
  const std::string name = Str(call.body, "name");
  if (call.metastore().rooms.count(absl::AsciiStrToLower(name)) > 0) {
    return AlreadyExists(call.world.knobs.Get("duplicate_room"), "CLEAN_ROOM", name);
  }
  if (Refusal no = CheckHeadroom(call)) {
    return *no;
  }
  auto room = std::make_shared<Room>();
  room->name = Stored(call, name);
  room->comment = Str(call.body, "comment");
  room->owner = call.caller->identity;
  room->party = central.value->creator;
  room->enable_shared_output = Bool(&call.body, "enable_shared_output");
  room->updated_at = call.now;
  room->central = central.value;
  room->hidden_once = call.Knob("read_after_create", "404_once");
  central.value->collaborators[room->party].room_name = room->name;
  call.metastore().rooms[absl::AsciiStrToLower(name)] = room;
  AddInviteeViews(call, *room);
  Reply reply;
  reply.body = call.Knob("create_answer", "full") ? RoomView(call, *room, true)
                                                  : SparseRoomView(call, *room);
  return reply;
}

Reply ListRooms(Call& call) {
  if (Refusal no = CheckSharing(call)) {
    return *no;
  }
  std::vector<PageEntry> entries;
  for (const auto& [key, room] : call.metastore().rooms) {
    if ((room->visible_from <= call.now || room->central->voided) && CanViewRoom(call, *room)) {
      entries.push_back({key, [&call, &each = *room] { return RoomView(call, each, false); }});
    }
  }
  return PageOf(call, "clean_rooms", entries, kPageSize, kPageSizeMax);
}

Reply GetOneRoom(Call& call) {
  const Or<RoomPtr> room = GetRoom(call, call.arguments[0]);
  if (room.refusal) {
    return *room.refusal;
  }
  if (std::exchange(room.value->hidden_once, false)) {
    return RoomNotFound(call.world, call.arguments[0]);
  }
  Reply reply;
  if (std::optional<Json> stale = std::exchange(room.value->stale_once, std::nullopt)) {
    reply.body = *std::move(stale);
  } else {
    reply.body = RoomView(call, *room.value, true);
  }
  return reply;
}

Refusal CheckImmutable(const Call& call, const Room& room, const Json& change) {  // row 15
  if (call.Knob("immutable_patch", "ignore")) {
    return {};
  }
  const std::string name = Str(change, "name");
  if (!name.empty() && !absl::EqualsIgnoreCase(name, room.name)) {
    return InvalidParameter("UpdateCleanRoom clean_room.name cannot be changed");
  }
  const Json* remote = Find(change, "remote_detailed_info");
  if (remote == nullptr) {
    return {};
  }
  for (const auto& [key, value] : remote->items()) {
    if (key != "egress_network_policy" || call.Knob("egress_patch", "reject")) {
      return InvalidParameter(absl::StrCat("UpdateCleanRoom clean_room.remote_detailed_info.", key,
                                           " cannot be changed"));
    }
  }
  return {};
}

Refusal CheckMayUpdate(const Call& call, const Room& room, const Json& change) {  // row 16
  const bool more_than_owner = Has(change, "comment") || Has(change, "enable_shared_output") ||
                               Has(change, "remote_detailed_info");
  if (more_than_owner && !CanModifyRoom(call, room)) {
    return PermissionDenied(
        absl::StrCat("User does not have MODIFY CLEAN ROOM on Clean room '", room.name, "'."));
  }
  if (Has(change, "owner") && !CanManageRoom(call, room) && !IsMetastoreAdmin(call)) {
    return PermissionDenied(absl::StrCat("User may not change the owner of '", room.name, "'."));
  }
  return {};
}

void ApplyUpdate(Call& call, Room& room, const Json& change) {
  if (Has(change, "comment")) {
    room.comment = Str(change, "comment");
  }
  if (const std::string owner = Str(change, "owner"); !owner.empty()) {
    room.owner = call.world.IdentityOf(call.metastore(), owner);
  }
  if (Has(change, "enable_shared_output")) {
    room.enable_shared_output = Bool(&change, "enable_shared_output");
  }
  const Json* egress = Find(Find(change, "remote_detailed_info"), "egress_network_policy");
  if (egress != nullptr && call.Knob("egress_patch", "accept")) {
    room.central->egress = *egress;
  }
  room.updated_at = call.now;
}

Reply UpdateRoom(Call& call) {
  const Json* change = Find(call.body, "clean_room");
  if (change == nullptr) {
    return MissingFields({"clean_room"});
  }
  if (Refusal no = CheckShape(*change, CleanRoomSchema(), "clean_room",
                              call.Knob("unknown_fields", "reject"))) {
    return *no;
  }
  const Or<RoomPtr> found = GetActiveRoom(call, call.arguments[0]);
  if (found.refusal) {
    return *found.refusal;
  }
  Room& room = *found.value;
  for (Refusal no : {CheckMayUpdate(call, room, *change), CheckImmutable(call, room, *change)}) {
    if (no) {
      return *no;
    }
  }
  if (call.Knob("read_after_update", "stale_once")) {
    room.stale_once = RoomView(call, room, true);
  }
  ApplyUpdate(call, room, *change);
  Reply reply;
  reply.body = RoomView(call, room, true);
  return reply;
}

Reply DeleteRoom(Call& call) {
  const Or<RoomPtr> room = GetRoom(call, call.arguments[0]);
  if (room.refusal) {
    return *room.refusal;
  }
  if (!CanManageRoom(call, *room.value)) {
    return PermissionDenied(
        absl::StrCat("User does not have MANAGE on Clean room '", room.value->name, "'."));
  }
  if (call.Knob("delete_provisioning", "INVALID_STATE") &&
      StatusAt(*room.value->central, call.now) == "PROVISIONING") {
    return InvalidState(absl::StrCat("Clean room '", room.value->name, "' is PROVISIONING."));
  }
  RemoveRoom(call.metastore(), *room.value);
  return DeletedReply(call);
}

Reply CreateOutputCatalog(Call& call) {  // row 37
  const Or<RoomPtr> found = GetActiveRoom(call, call.arguments[0]);
  if (found.refusal) {
    return *found.refusal;
  }
  Room& room = *found.value;
  const std::string catalog = Str(call.body, "catalog_name");
  if (!CanModifyRoom(call, room)) {
    return PermissionDenied(
        absl::StrCat("User does not have MODIFY CLEAN ROOM on Clean room '", room.name, "'."));
  }
  if (!IsUcName(catalog)) {
    return BadUcName("CreateCleanRoomOutputCatalog", "output_catalog.catalog_name", catalog);
  }
  if (room.is_package_provider() && call.Knob("packaged_output_catalog", "NOT_ELIGIBLE")) {
    return InvalidState("The package provider cannot have an output catalog.");
  }
  if (!room.output_catalog.empty()) {
    return AlreadyExists("409", "OUTPUT_CATALOG", room.output_catalog);
  }
  room.output_catalog = catalog;
  room.updated_at = call.now;
  Reply reply;
  reply.body["output_catalog"] = {{"catalog_name", catalog}, {"status", "CREATED"}};
  return reply;
}

}  // namespace

void AddRooms(Router& router) {
  static constexpr Field kWrapped[] = {{"clean_room", Field::Kind::kAny}};
  const std::string base = "/api/2.0/clean-rooms";
  router.Add("POST", base, CreateRoom, CleanRoomSchema());
  router.Add("GET", base, ListRooms);
  router.Add("GET", base + "/{room}", GetOneRoom);
  router.Add("PATCH", base + "/{room}", UpdateRoom, kWrapped);
  router.Add("DELETE", base + "/{room}", DeleteRoom);
  router.Add("POST", base + "/{room}/output-catalogs", CreateOutputCatalog, kOutputCatalog);
}

}  // namespace roomkeeper::sim
