#include <string>

#include "roomkeeper/v1/clean_room.grpc.pb.h"

#include "services/roomctl/command.h"
#include "services/roomctl/list_pages.h"
#include "services/roomctl/output.h"

namespace roomkeeper {
namespace {

ExitCode List(CommandContext& context) {
  v1::ListTaskRunsRequest request;
  if (const ExitCode code = context.FullRoomName(context.words()[0], *request.mutable_parent());
      code != ExitCode::kOk) {
    return code;
  }
  std::vector<std::vector<std::string>> rows = {
      {"NOTEBOOK", "STARTED", "STATE", "RESULT", "TOOK", "VERSION", "OUTPUT SCHEMA", "EXPIRES"}};
  const auto stub = v1::CleanRoomService::NewStub(context.connection()->channel());
  return ListPages<v1::ListTaskRunsResponse>(
      context, request,
      [&](grpc::ClientContext* call, const v1::ListTaskRunsRequest& page,
          v1::ListTaskRunsResponse* answer) { return stub->ListTaskRuns(call, page, answer); },
      [&](const v1::ListTaskRunsResponse& answer) {
        for (const v1::TaskRun& run : answer.task_runs()) {
          rows.push_back({run.name(), Text(run.start_time()), run.life_cycle_state(),
                          run.result_state(), Text(run.run_duration()), run.package_version(),
                          run.output_schema_name(), Text(run.output_schema_expire_time())});
        }
      },
      rows);
}

}  // namespace

std::vector<Command> RunsCommands() {
  return {{"runs",
           "list",
           "ROOM",
           "List the runs of a clean room's notebooks, newest first",
           1,
           1,
           {},
           &List}};
}

}  // namespace roomkeeper
