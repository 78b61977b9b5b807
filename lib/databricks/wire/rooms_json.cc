#include "lib/databricks/wire/rooms_json.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"

#include "lib/base/status_macros.h"
#include "lib/databricks/wire/fields_json.h"

namespace roomkeeper::wire {
namespace {

Json CollaboratorJson(const Collaborator& collaborator) {
  Json json = {{"collaborator_alias", collaborator.collaborator_alias},
               {"global_metastore_id", collaborator.global_metastore_id}};
  if (!collaborator.invite_recipient_email.empty()) {  // the creator must have neither
    json["invite_recipient_email"] = collaborator.invite_recipient_email;
    json["invite_recipient_workspace_id"] = collaborator.invite_recipient_workspace_id;
  }
  return json;
}

Json EgressJson(const EgressPolicy& egress) {
  Json access = {{"restriction_mode", egress.restriction_mode}};
  for (const InternetDestination& to : egress.allowed_internet_destinations) {
    access["allowed_internet_destinations"].push_back(
        {{"destination", to.destination}, {"protocol", to.protocol}, {"type", to.type}});
  }
  return {{"internet_access", std::move(access)}};
}

EgressPolicy ReadEgress(const Json& json) {
  const Json& access = Object(json, "internet_access");
  EgressPolicy egress;
  egress.restriction_mode = Text(access, "restriction_mode");
  for (const Json& to : Array(access, "allowed_internet_destinations")) {
    egress.allowed_internet_destinations.push_back({.destination = Text(to, "destination"),
                                                    .protocol = Text(to, "protocol"),
                                                    .type = Text(to, "type")});
  }
  return egress;
}

void ReadDetail(const Json& detail, ObservedRoom& room) {
  room.has_detail = true;
  room.central_clean_room_id = Text(detail, "central_clean_room_id");
  room.cloud_vendor = Text(detail, "cloud_vendor");
  room.region = Text(detail, "region");
  room.package_provider_collaborator_alias = Text(detail, "package_provider_collaborator_alias");
  room.enable_shared_output = Flag(detail, "enable_shared_output");
  room.egress = ReadEgress(Object(detail, "egress_network_policy"));
  for (const Json& it : Array(detail, "collaborators")) {
    room.collaborators.push_back(
        {.collaborator_alias = Text(it, "collaborator_alias"),
         .global_metastore_id = Text(it, "global_metastore_id"),
         .invite_recipient_email = Text(it, "invite_recipient_email"),
         .invite_recipient_workspace_id = Int(it, "invite_recipient_workspace_id")});
  }
}

absl::StatusOr<ObservedRoom> ReadRoom(const Json& json) {
  ObservedRoom room;
  room.name = Text(json, "name");
  if (room.name.empty()) {
    return absl::DataLossError("a clean room has no name");
  }
  room.status = Text(json, "status");
  room.comment = Text(json, "comment");
  room.owner = Text(json, "owner");
  room.access_restricted = Text(json, "access_restricted");
  room.local_collaborator_alias = Text(json, "local_collaborator_alias");
  room.created_at = Millis(json, "created_at");
  if (Has(json, "remote_detailed_info")) {
    ReadDetail(Object(json, "remote_detailed_info"), room);
  }
  return room;
}

std::optional<absl::Time> OptionalMillis(const Json& json, const char* key) {
  return Int(json, key) == 0 ? std::nullopt : std::optional(Millis(json, key));
}

TaskRun ReadTaskRun(const Json& json) {
  const Json& state = Object(json, "task_run_state");
  const Json& output = Object(json, "output_info");
  const Json& shared = Object(json, "shared_output_info");
  return {
      .name = Text(json, "name"),
      .task_type = Text(json, "task_type"),
      .life_cycle_state = Text(state, "life_cycle_state"),
      .result_state = Text(state, "result_state"),
      .start_time = Millis(json, "start_time"),
      .run_duration = absl::Milliseconds(Int(json, "run_duration")),
      .etag = Text(Object(json, "analysis_details"), "etag"),
      .runner_collaborator_alias =
          Text(Object(json, "collaborator_job_run_info"), "collaborator_alias"),
      .output_schema_name = Text(output, "output_schema_name"),
      .output_schema_expires_at = OptionalMillis(output, "output_schema_expiration_time"),
      .shared_output_schema_name = Text(shared, "output_schema_name"),
      .shared_output_schema_expires_at = OptionalMillis(shared, "output_schema_expiration_time"),
  };
}

}  // namespace

std::string CreateRoomBody(const RoomSpec& spec) {
  // `collaborator_alias` was called catalog_alias by a server of 2024 (databricks-sdk-py#846).
  return Dump({{"name", spec.room_name},
               {"comment", spec.comment},
               {"remote_detailed_info",
                {{"cloud_vendor", spec.cloud_vendor},
                 {"region", spec.region},
                 {"package_provider_collaborator_alias", spec.provider.collaborator_alias},
                 {"enable_shared_output", spec.enable_shared_output},
                 {"collaborators",
                  Json::array({CollaboratorJson(spec.provider), CollaboratorJson(spec.brand)})},
                 {"egress_network_policy", EgressJson(spec.egress)}}}});
}

std::string UpdateRoomBody(const RoomSpec& spec) {
  return Dump({{"clean_room", {{"comment", spec.comment}}}});
}

absl::StatusOr<ObservedRoom> ParseRoom(const std::string& body) {
  RK_ASSIGN_OR_RETURN(const Json json, ParseObject(body));
  return ReadRoom(json);
}

absl::StatusOr<Page<ObservedRoom>> ParseRooms(const std::string& body) {
  RK_ASSIGN_OR_RETURN(const Json json, ParseObject(body));
  Page<ObservedRoom> page = {.next_page_token = Text(json, "next_page_token")};
  for (const Json& item : Array(json, "clean_rooms")) {
    RK_ASSIGN_OR_RETURN(ObservedRoom room, ReadRoom(item));
    page.items.push_back(std::move(room));
  }
  return page;
}

absl::StatusOr<Page<TaskRun>> ParseTaskRuns(const std::string& body) {
  RK_ASSIGN_OR_RETURN(const Json json, ParseObject(body));
  Page<TaskRun> page = {.next_page_token = Text(json, "next_page_token")};
  for (const Json& item : Array(json, "runs")) {
    page.items.push_back(ReadTaskRun(item));
  }
  return page;
}

}  // namespace roomkeeper::wire
