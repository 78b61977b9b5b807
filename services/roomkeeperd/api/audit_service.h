#pragma once

#include <grpcpp/grpcpp.h>

#include "roomkeeper/v1/audit.grpc.pb.h"

#include "lib/commands/command_context.h"
#include "services/roomkeeperd/rpc/front_desk.h"

namespace roomkeeper {

class AuditServiceImpl final : public v1::AuditService::CallbackService {
 public:
  AuditServiceImpl(FrontDesk& desk, const CommandContext& commands)
      : desk_(desk), commands_(commands) {}

  grpc::ServerUnaryReactor* ListAuditEntries(grpc::CallbackServerContext* context,
                                             const v1::ListAuditEntriesRequest* request,
                                             v1::ListAuditEntriesResponse* response) override;
  grpc::ServerUnaryReactor* VerifyAudit(grpc::CallbackServerContext* context,
                                        const v1::VerifyAuditRequest* request,
                                        v1::VerifyAuditResponse* response) override;

 private:
  FrontDesk& desk_;
  const CommandContext& commands_;
};

}  // namespace roomkeeper
