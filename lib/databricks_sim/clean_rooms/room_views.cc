#include "lib/databricks_sim/clean_rooms/room_views.h"

namespace roomkeeper::sim {
namespace {

Json CollaboratorView(const Call& call, const Room& room, const Collaborator& collaborator) {
  const CentralRoom& central = *room.central;
  const Collaborator& creator = central.collaborators[central.creator];
  Json json;
  json["collaborator_alias"] = collaborator.alias;
  json["global_metastore_id"] = collaborator.global_metastore_id;
  const bool to_creator = room.party == central.creator;
  if (to_creator) {
    Put(json, "invite_recipient_email", collaborator.invite_recipient_email);
  }
  const Metastore* metastore = call.world.FindMetastore(collaborator.global_metastore_id);
  const std::string organization =
      metastore == nullptr ? std::string() : metastore->config.organization_name;
  const bool same_metastore =
      &collaborator != &creator && collaborator.global_metastore_id == creator.global_metastore_id;
  Put(json, "organization_name", organization);
  Put(json, "display_name", same_metastore ? collaborator.room_name : organization);
  return json;
}

Json RemoteDetail(const Call& call, const Room& room) {
  const CentralRoom& central = *room.central;
  Json json;
  json["central_clean_room_id"] = central.id;
  json["cloud_vendor"] = central.cloud;
  json["region"] = central.region;
  Put(json, "package_provider_collaborator_alias", central.package_provider_alias);
  PutBool(json, "enable_shared_output", central.shared_output);
  PutJson(json, "egress_network_policy", central.egress);
  PutJson(json, "compliance_security_profile", central.compliance);
  for (const Collaborator& collaborator : central.collaborators) {
    json["collaborators"].push_back(CollaboratorView(call, room, collaborator));
  }
  json["creator"] = CollaboratorView(call, room, central.collaborators[central.creator]);
  return json;
}

Json OutputCatalogView(const Call& call, const Room& room) {
  if (!room.output_catalog.empty()) {
    return {{"catalog_name", room.output_catalog}, {"status", "CREATED"}};
  }
  const bool not_eligible =
      room.is_package_provider() && call.Knob("packaged_output_catalog", "NOT_ELIGIBLE");
  return {{"status", not_eligible ? "NOT_ELIGIBLE" : "NOT_CREATED"}};
}

}  // namespace

std::int64_t Millis(absl::Time time) {
  return absl::ToUnixMillis(time);
}

Json SparseRoomView(const Call& call, const Room& room) {
  Json json;
  json["name"] = room.name;
  Put(json, "owner", room.owner);
  Put(json, "comment", room.comment);
  json["created_at"] = Millis(room.central->created_at);
  json["status"] = StatusAt(*room.central, call.now);
  return json;
}

Json RoomView(const Call& call, const Room& room, bool detail) {
  Json json = SparseRoomView(call, room);
  json["updated_at"] = Millis(std::max(room.updated_at, room.central->created_at));
  json["local_collaborator_alias"] = room.self().alias;
  PutBool(json, "enable_shared_output", room.enable_shared_output);
  json["output_catalog"] = OutputCatalogView(call, room);
  const bool novel = call.Knob("novel_values", "on");
  json["access_restricted"] = novel ? "CSP_MISCONFIGURED" : "NO_RESTRICTION";
  if (novel) {
    json["field_of_tomorrow"] = {{"value", 1}};
  }
  if (detail) {
    json["remote_detailed_info"] = RemoteDetail(call, room);
  }
  return json;
}

}  // namespace roomkeeper::sim
