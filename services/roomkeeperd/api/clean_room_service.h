#pragma once

#include <grpcpp/grpcpp.h>

#include "roomkeeper/v1/clean_room.grpc.pb.h"

#include "lib/commands/command_context.h"
#include "services/roomkeeperd/rpc/front_desk.h"

namespace roomkeeper {

class CleanRoomServiceImpl final : public v1::CleanRoomService::CallbackService {
 public:
  CleanRoomServiceImpl(FrontDesk& desk, const CommandContext& commands)
      : desk_(desk), commands_(commands) {}

  grpc::ServerUnaryReactor* CreateCleanRoom(grpc::CallbackServerContext* context,
                                            const v1::CreateCleanRoomRequest* request,
                                            v1::Job* response) override;
  grpc::ServerUnaryReactor* PlanCleanRoom(grpc::CallbackServerContext* context,
                                          const v1::PlanCleanRoomRequest* request,
                                          v1::CleanRoomPlan* response) override;
  grpc::ServerUnaryReactor* UpdateCleanRoom(grpc::CallbackServerContext* context,
                                            const v1::UpdateCleanRoomRequest* request,
                                            v1::Job* response) override;
  grpc::ServerUnaryReactor* GetCleanRoom(grpc::CallbackServerContext* context,
                                         const v1::GetCleanRoomRequest* request,
                                         v1::CleanRoom* response) override;
  grpc::ServerUnaryReactor* ListCleanRooms(grpc::CallbackServerContext* context,
                                           const v1::ListCleanRoomsRequest* request,
                                           v1::ListCleanRoomsResponse* response) override;
  grpc::ServerUnaryReactor* DeleteCleanRoom(grpc::CallbackServerContext* context,
                                            const v1::DeleteCleanRoomRequest* request,
                                            v1::Job* response) override;
  grpc::ServerUnaryReactor* UndeleteCleanRoom(grpc::CallbackServerContext* context,
                                              const v1::UndeleteCleanRoomRequest* request,
                                              v1::CleanRoom* response) override;
  grpc::ServerUnaryReactor* RenewCleanRoom(grpc::CallbackServerContext* context,
                                           const v1::RenewCleanRoomRequest* request,
                                           v1::CleanRoom* response) override;
  grpc::ServerUnaryReactor* ExplainCleanRoom(grpc::CallbackServerContext* context,
                                             const v1::ExplainCleanRoomRequest* request,
                                             v1::CleanRoomExplanation* response) override;
  grpc::ServerUnaryReactor* GetRunnableNotebook(grpc::CallbackServerContext* context,
                                                const v1::GetRunnableNotebookRequest* request,
                                                v1::RunnableNotebook* response) override;
  grpc::ServerUnaryReactor* ListTaskRuns(grpc::CallbackServerContext* context,
                                         const v1::ListTaskRunsRequest* request,
                                         v1::ListTaskRunsResponse* response) override;
  grpc::ServerUnaryReactor* ConfirmRoomRemoved(grpc::CallbackServerContext* context,
                                               const v1::ConfirmRoomRemovedRequest* request,
                                               v1::CleanRoom* response) override;

 private:
  FrontDesk& desk_;
  const CommandContext& commands_;
};

}  // namespace roomkeeper
