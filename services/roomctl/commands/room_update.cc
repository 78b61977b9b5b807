#include <string>

#include "absl/strings/str_cat.h"

#include "roomkeeper/v1/clean_room.grpc.pb.h"

#include "lib/crypto/digest.h"
#include "services/roomctl/call_show.h"
#include "services/roomctl/commands/room_plan.h"
#include "services/roomctl/follow_job.h"

namespace roomkeeper {
namespace {

using Stub = v1::CleanRoomService::Stub;

// The room as it is says which package it has.
ExitCode Plan(CommandContext& context, const v1::UpdateCleanRoomRequest& update) {
  v1::GetCleanRoomRequest get;
  get.set_name(update.name());
  v1::CleanRoom room;
  if (const auto status = CallServer<v1::CleanRoomService>(context, &Stub::GetCleanRoom, get, room);
      !status.ok()) {
    return context.Fail(status);
  }
  const std::string rooms = "/cleanRooms/";
  const std::size_t end = room.name().find(rooms);
  v1::PlanCleanRoomRequest request;
  request.set_parent(room.name().substr(0, end));
  request.set_clean_room_id(room.name().substr(end + rooms.size()));
  request.mutable_clean_room()->set_package(room.package());
  request.mutable_clean_room()->set_package_version(update.package_version());
  return ShowPlan(context, request);
}

ExitCode Update(CommandContext& context) {
  const Arguments& arguments = context.arguments();
  v1::UpdateCleanRoomRequest request;
  if (!arguments.Has("version")) {
    return context.Usage(absl::InvalidArgumentError(
        "--version is missing; roomctl packages list shows which there are"));
  }
  if (const ExitCode code = context.FullRoomName(context.words()[0], *request.mutable_name());
      code != ExitCode::kOk) {
    return code;
  }
  request.set_package_version(arguments.Get("version"));
  if (arguments.Has("plan")) {
    return Plan(context, request);
  }
  request.set_etag(arguments.Get("etag"));
  request.set_request_id(arguments.Get("request-id", RandomBase32(16)));
  request.set_validate_only(arguments.Has("validate-only"));
  return CallAndFollow<v1::CleanRoomService>(context, &Stub::UpdateCleanRoom, request);
}

}  // namespace

std::vector<Command> RoomUpdateCommands() {
  return {
      {"rooms",
       "update",
       "ROOM",
       "Take a clean room to another version of its package, in place",
       1,
       1,
       {{"version", "VERSION", "the package version that it is to have"},
        {"plan", nullptr, "show what would be added, updated and removed, and change nothing"},
        {"etag", "ETAG", "only if this is still its etag"},
        kRequestIdFlag,
        {"validate-only", nullptr, "check everything, change nothing"},
        kWaitFlag,
        kTimeoutFlag},
       &Update},
  };
}

}  // namespace roomkeeper
