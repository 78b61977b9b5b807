#include "services/roomctl/commands/room_plan.h"

#include "roomkeeper/v1/clean_room.grpc.pb.h"

#include "services/roomctl/call_show.h"
#include "services/roomctl/output.h"

namespace roomkeeper {

ExitCode ShowPlan(CommandContext& context, const v1::PlanCleanRoomRequest& request) {
  v1::CleanRoomPlan plan;
  const auto status = CallServer<v1::CleanRoomService>(
      context, &v1::CleanRoomService::Stub::PlanCleanRoom, request, plan);
  if (!status.ok()) {
    return context.Fail(status);
  }
  Show(context, plan, &PrintPlan);
  return plan.problems().empty() ? ExitCode::kOk : ExitCode::kRequestWrong;
}

}  // namespace roomkeeper
