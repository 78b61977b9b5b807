#pragma once

#include <grpcpp/grpcpp.h>

#include "roomkeeper/v1/operations.grpc.pb.h"

#include "lib/commands/check_shards.h"
#include "lib/commands/command_context.h"
#include "lib/store/backup/store_backups.h"
#include "services/roomkeeperd/rpc/front_desk.h"

namespace roomkeeper {

class OperationsServiceImpl final : public v1::OperationsService::CallbackService {
 public:
  // `backups` may be null: then none can be taken.
  OperationsServiceImpl(FrontDesk& desk, const CommandContext& commands, ShardProber& prober,
                        StoreBackups* backups)
      : desk_(desk), commands_(commands), prober_(prober), backups_(backups) {}

  grpc::ServerUnaryReactor* CheckCredentials(grpc::CallbackServerContext* context,
                                             const v1::CheckCredentialsRequest* request,
                                             v1::CheckCredentialsResponse* response) override;
  grpc::ServerUnaryReactor* RotateCredentials(grpc::CallbackServerContext* context,
                                              const v1::RotateCredentialsRequest* request,
                                              v1::RotateCredentialsResponse* response) override;
  grpc::ServerUnaryReactor* CheckShards(grpc::CallbackServerContext* context,
                                        const v1::CheckShardsRequest* request,
                                        v1::CheckShardsResponse* response) override;
  grpc::ServerUnaryReactor* FreezeMutations(grpc::CallbackServerContext* context,
                                            const v1::FreezeMutationsRequest* request,
                                            v1::Freeze* response) override;
  grpc::ServerUnaryReactor* ThawMutations(grpc::CallbackServerContext* context,
                                          const v1::ThawMutationsRequest* request,
                                          v1::ThawMutationsResponse* response) override;
  grpc::ServerUnaryReactor* ListFreezes(grpc::CallbackServerContext* context,
                                        const v1::ListFreezesRequest* request,
                                        v1::ListFreezesResponse* response) override;
  grpc::ServerUnaryReactor* BackupStore(grpc::CallbackServerContext* context,
                                        const v1::BackupStoreRequest* request,
                                        v1::BackupStoreResponse* response) override;
  grpc::ServerUnaryReactor* FindOrphans(grpc::CallbackServerContext* context,
                                        const v1::FindOrphansRequest* request,
                                        v1::FindOrphansResponse* response) override;
  grpc::ServerUnaryReactor* AdoptCleanRoom(grpc::CallbackServerContext* context,
                                           const v1::AdoptCleanRoomRequest* request,
                                           v1::Job* response) override;
  grpc::ServerUnaryReactor* ForgetCleanRoom(grpc::CallbackServerContext* context,
                                            const v1::ForgetCleanRoomRequest* request,
                                            v1::Job* response) override;

 private:
  FrontDesk& desk_;
  const CommandContext& commands_;
  ShardProber& prober_;
  StoreBackups* const backups_;
};

}  // namespace roomkeeper
