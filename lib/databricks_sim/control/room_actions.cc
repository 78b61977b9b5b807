#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/databricks_sim/control/control_args.h"
#include "lib/databricks_sim/world/access.h"

namespace roomkeeper::sim {
namespace {

absl::StatusOr<Json> DeleteRoomByHand(const ControlArgs& args) {
  RK_ASSIGN_OR_RETURN(const std::shared_ptr<Room> room, args.FindRoom());
  RK_ASSIGN_OR_RETURN(const Workspace* workspace, args.FindWorkspace());
  RemoveRoom(*workspace->metastore, *room);
  return Json::object();
}

absl::StatusOr<Json> EndProvisioning(const ControlArgs& args, const char* outcome) {
  RK_ASSIGN_OR_RETURN(const std::shared_ptr<Room> room, args.FindRoom());
  room->central->ready_at = args.world().Now();
  room->central->outcome = outcome;
  return Json::object();
}

absl::StatusOr<Json> FailRoom(const ControlArgs& args) {
  return EndProvisioning(args, "failed");
}

absl::StatusOr<Json> ActivateRoom(const ControlArgs& args) {
  return EndProvisioning(args, "active");
}

absl::StatusOr<Json> FailNextRooms(const ControlArgs& args) {
  args.world().next_failures = args.IntOr("times", 1);
  return Json::object();
}

// As somebody in the console would: no check of who may.
absl::StatusOr<Json> RemoveAsset(const ControlArgs& args) {
  RK_ASSIGN_OR_RETURN(const std::shared_ptr<Room> room, args.FindRoom());
  RK_ASSIGN_OR_RETURN(const std::string name, args.Text("asset"));
  auto& assets = room->central->assets;
  for (auto it = assets.begin(); it != assets.end(); ++it) {
    if (it->second.name == name) {
      assets.erase(it);
      return Json::object();
    }
  }
  return absl::NotFoundError(absl::StrCat("no asset \"", name, "\" in room \"", room->name, "\""));
}

absl::StatusOr<Json> SetRunOutcome(const ControlArgs& args) {
  args.world().run_plan = {.result_state = args.TextOr("result_state", "SUCCESS"),
                           .result = args.TextOr("result", ""),
                           .message = args.TextOr("message", ""),
                           .times = args.IntOr("times", -1)};
  return Json::object();
}

constexpr ControlRow kActions[] = {
    {"delete_room", DeleteRoomByHand}, {"fail_room", FailRoom},
    {"activate_room", ActivateRoom},   {"fail_next_rooms", FailNextRooms},
    {"remove_asset", RemoveAsset},     {"set_run_outcome", SetRunOutcome},
};

}  // namespace

absl::Span<const ControlRow> RoomActions() {
  return kActions;
}

}  // namespace roomkeeper::sim
