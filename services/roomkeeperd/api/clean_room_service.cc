#include "services/roomkeeperd/api/clean_room_service.h"

#include <cstdlib>
#include <memory>

#include "absl/strings/numbers.h"

#include "lib/commands/moves/update_clean_room.h"
#include "lib/commands/rooms/confirm_room_removed.h"
#include "lib/commands/rooms/create_clean_room.h"
#include "lib/commands/rooms/delete_clean_room.h"
#include "lib/commands/rooms/explain_clean_room.h"
#include "lib/commands/rooms/get_runnable_notebook.h"
#include "lib/commands/rooms/list_task_runs.h"
#include "lib/commands/rooms/plan_clean_room.h"
#include "lib/commands/rooms/read_clean_rooms.h"
#include "lib/commands/rooms/room_expiry.h"
#include "lib/commands/rooms/undelete_clean_room.h"
#include "lib/model/resource_name.h"
#include "services/roomkeeperd/rpc/proto_codec.h"
#include "services/roomkeeperd/rpc/unary_call.h"

namespace roomkeeper {
namespace {

using CallPtr = std::shared_ptr<UnaryCall>;

RoomKey RoomOf(const std::string& name) {
  return ParseRoomName(name).value_or(RoomKey());
}

std::int64_t RevisionOf(const std::string& etag) {
  std::int64_t revision = 0;
  return absl::SimpleAtoi(etag, &revision) ? revision : 0;
}

RoomQuery QueryOf(const v1::ListCleanRoomsRequest& request) {
  RoomQuery query{.state = FromProto(request.state()),
                  .labels = FromProto(request.labels()),
                  .show_deleted = request.show_deleted(),
                  .limit = PageSizeOf(request.page_size())};
  if (const auto package = ParsePackagePath(request.package())) {
    query.package = package->package;
  }
  if (!request.package_version().empty()) {
    query.package_version = request.package_version();
  }
  return query;
}

}  // namespace

grpc::ServerUnaryReactor* CleanRoomServiceImpl::CreateCleanRoom(
    grpc::CallbackServerContext* context, const v1::CreateCleanRoomRequest* request,
    v1::Job* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.CleanRoomService.CreateCleanRoom",
                          *request, [this, request, response](const CallPtr& call) {
                            roomkeeper::CreateCleanRoom(
                                commands_, call->principal(), FromProto(*request),
                                [call, response](const absl::StatusOr<Job>& result) {
                                  call->End(result, [&](const Job& job) {
                                    call->About(job);
                                    ToProto(job, call->principal(), *response);
                                  });
                                });
                          });
}

grpc::ServerUnaryReactor* CleanRoomServiceImpl::PlanCleanRoom(
    grpc::CallbackServerContext* context, const v1::PlanCleanRoomRequest* request,
    v1::CleanRoomPlan* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.CleanRoomService.PlanCleanRoom", *request,
                          [this, request, response](const CallPtr& call) {
                            roomkeeper::PlanCleanRoom(
                                commands_, call->principal(), FromProto(*request),
                                [call, response](const absl::StatusOr<CleanRoomPlanned>& result) {
                                  call->End(result, [&](const CleanRoomPlanned& plan) {
                                    ToProto(plan, call->principal(), *response);
                                  });
                                });
                          });
}

grpc::ServerUnaryReactor* CleanRoomServiceImpl::UpdateCleanRoom(
    grpc::CallbackServerContext* context, const v1::UpdateCleanRoomRequest* request,
    v1::Job* response) {
  return UnaryCall::Serve(
      desk_, context, "roomkeeper.v1.CleanRoomService.UpdateCleanRoom", *request,
      [this, request, response](const CallPtr& call) {
        UpdateCleanRoomInput input{.room = RoomOf(request->name()),
                                   .package_version = request->package_version(),
                                   .revision = RevisionOf(request->etag()),
                                   .request_id = request->request_id(),
                                   .validate_only = request->validate_only()};
        roomkeeper::UpdateCleanRoom(commands_, call->principal(), std::move(input),
                                    [call, response](const absl::StatusOr<Job>& result) {
                                      call->End(result, [&](const Job& job) {
                                        call->About(job);
                                        ToProto(job, call->principal(), *response);
                                      });
                                    });
      });
}

grpc::ServerUnaryReactor* CleanRoomServiceImpl::GetCleanRoom(grpc::CallbackServerContext* context,
                                                             const v1::GetCleanRoomRequest* request,
                                                             v1::CleanRoom* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.CleanRoomService.GetCleanRoom", *request,
                          [this, request, response](const CallPtr& call) {
                            roomkeeper::GetCleanRoom(
                                commands_, RoomOf(request->name()),
                                [call, response](const absl::StatusOr<CleanRoom>& result) {
                                  call->End(result, [&](const CleanRoom& room) {
                                    ToProto(room, call->principal(), *response);
                                  });
                                });
                          });
}

grpc::ServerUnaryReactor* CleanRoomServiceImpl::ListCleanRooms(
    grpc::CallbackServerContext* context, const v1::ListCleanRoomsRequest* request,
    v1::ListCleanRoomsResponse* response) {
  return UnaryCall::Serve(
      desk_, context, "roomkeeper.v1.CleanRoomService.ListCleanRooms", *request,
      [this, request, response](const CallPtr& call) {
        ListCleanRoomsInput input{.parent = ParseBrandPath(request->parent()).value_or(BrandPath()),
                                  .query = QueryOf(*request),
                                  .page_token = request->page_token()};
        roomkeeper::ListCleanRooms(
            commands_, call->principal(), std::move(input),
            [call, response](const absl::StatusOr<ListCleanRoomsOutput>& result) {
              call->End(result, [&](const ListCleanRoomsOutput& page) {
                for (const CleanRoom& room : page.rooms) {
                  ToProto(room, call->principal(), *response->add_clean_rooms());
                }
                response->set_next_page_token(page.next_page_token);
              });
            });
      });
}

grpc::ServerUnaryReactor* CleanRoomServiceImpl::DeleteCleanRoom(
    grpc::CallbackServerContext* context, const v1::DeleteCleanRoomRequest* request,
    v1::Job* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.CleanRoomService.DeleteCleanRoom",
                          *request, [this, request, response](const CallPtr& call) {
                            DeleteCleanRoomInput input{.room = RoomOf(request->name()),
                                                       .revision = RevisionOf(request->etag()),
                                                       .request_id = request->request_id(),
                                                       .validate_only = request->validate_only(),
                                                       .force = request->force()};
                            if (request->has_grace()) {
                              input.grace = FromProto(request->grace());
                            }
                            roomkeeper::DeleteCleanRoom(
                                commands_, call->principal(), std::move(input),
                                [call, response](const absl::StatusOr<Job>& result) {
                                  call->End(result, [&](const Job& job) {
                                    call->About(job);
                                    ToProto(job, call->principal(), *response);
                                  });
                                });
                          });
}

grpc::ServerUnaryReactor* CleanRoomServiceImpl::UndeleteCleanRoom(
    grpc::CallbackServerContext* context, const v1::UndeleteCleanRoomRequest* request,
    v1::CleanRoom* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.CleanRoomService.UndeleteCleanRoom",
                          *request, [this, request, response](const CallPtr& call) {
                            roomkeeper::UndeleteCleanRoom(
                                commands_, call->principal(), RoomOf(request->name()),
                                [call, response](const absl::StatusOr<CleanRoom>& result) {
                                  call->End(result, [&](const CleanRoom& room) {
                                    call->About(room);
                                    ToProto(room, call->principal(), *response);
                                  });
                                });
                          });
}

grpc::ServerUnaryReactor* CleanRoomServiceImpl::RenewCleanRoom(
    grpc::CallbackServerContext* context, const v1::RenewCleanRoomRequest* request,
    v1::CleanRoom* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.CleanRoomService.RenewCleanRoom", *request,
                          [this, request, response](const CallPtr& call) {
                            roomkeeper::RenewCleanRoom(
                                commands_, call->principal(), RoomOf(request->name()),
                                ExpiryOf(*request),
                                [call, response](const absl::StatusOr<CleanRoom>& result) {
                                  call->End(result, [&](const CleanRoom& room) {
                                    call->About(room);
                                    ToProto(room, call->principal(), *response);
                                  });
                                });
                          });
}

grpc::ServerUnaryReactor* CleanRoomServiceImpl::ExplainCleanRoom(
    grpc::CallbackServerContext* context, const v1::ExplainCleanRoomRequest* request,
    v1::CleanRoomExplanation* response) {
  return UnaryCall::Serve(
      desk_, context, "roomkeeper.v1.CleanRoomService.ExplainCleanRoom", *request,
      [this, request, response](const CallPtr& call) {
        roomkeeper::ExplainCleanRoom(
            commands_, call->principal(), RoomOf(request->name()),
            [call, response](const absl::StatusOr<Explanation>& result) {
              call->End(result, [&](const Explanation& words) { ToProto(words, *response); });
            });
      });
}

grpc::ServerUnaryReactor* CleanRoomServiceImpl::GetRunnableNotebook(
    grpc::CallbackServerContext* context, const v1::GetRunnableNotebookRequest* request,
    v1::RunnableNotebook* response) {
  return UnaryCall::Serve(
      desk_, context, "roomkeeper.v1.CleanRoomService.GetRunnableNotebook", *request,
      [this, request, response](const CallPtr& call) {
        GetRunnableNotebookInput input{.room = RoomOf(request->name()),
                                       .notebook = request->notebook(),
                                       .refresh = request->refresh()};
        roomkeeper::GetRunnableNotebook(
            commands_, call->principal(), std::move(input),
            [call, response](const absl::StatusOr<RunnableNotebook>& result) {
              call->End(result, [&](const RunnableNotebook& found) { ToProto(found, *response); });
            });
      });
}

grpc::ServerUnaryReactor* CleanRoomServiceImpl::ListTaskRuns(grpc::CallbackServerContext* context,
                                                             const v1::ListTaskRunsRequest* request,
                                                             v1::ListTaskRunsResponse* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.CleanRoomService.ListTaskRuns", *request,
                          [this, request, response](const CallPtr& call) {
                            ListTaskRunsInput input{.room = RoomOf(request->parent()),
                                                    .limit = PageSizeOf(request->page_size()),
                                                    .page_token = request->page_token()};
                            roomkeeper::ListTaskRuns(
                                commands_, call->principal(), std::move(input),
                                [call, response](const absl::StatusOr<ListTaskRunsOutput>& result) {
                                  call->End(result, [&](const ListTaskRunsOutput& page) {
                                    for (const ListTaskRunsOutput::Row& row : page.rows) {
                                      ToProto(row, *response->add_task_runs());
                                    }
                                    response->set_next_page_token(page.next_page_token);
                                  });
                                });
                          });
}

grpc::ServerUnaryReactor* CleanRoomServiceImpl::ConfirmRoomRemoved(
    grpc::CallbackServerContext* context, const v1::ConfirmRoomRemovedRequest* request,
    v1::CleanRoom* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.CleanRoomService.ConfirmRoomRemoved",
                          *request, [this, request, response](const CallPtr& call) {
                            roomkeeper::ConfirmRoomRemoved(
                                commands_, call->principal(), RoomOf(request->name()),
                                [call, response](const absl::StatusOr<CleanRoom>& result) {
                                  call->End(result, [&](const CleanRoom& room) {
                                    call->About(room);
                                    ToProto(room, call->principal(), *response);
                                  });
                                });
                          });
}

}  // namespace roomkeeper
