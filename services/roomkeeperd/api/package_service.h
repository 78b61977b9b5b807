#pragma once

#include <grpcpp/grpcpp.h>

#include "roomkeeper/v1/package.grpc.pb.h"

#include "lib/commands/command_context.h"
#include "services/roomkeeperd/rpc/front_desk.h"

namespace roomkeeper {

class PackageServiceImpl final : public v1::PackageService::CallbackService {
 public:
  PackageServiceImpl(FrontDesk& desk, const CommandContext& commands)
      : desk_(desk), commands_(commands) {}

  grpc::ServerUnaryReactor* ListPackages(grpc::CallbackServerContext* context,
                                         const v1::ListPackagesRequest* request,
                                         v1::ListPackagesResponse* response) override;
  grpc::ServerUnaryReactor* GetPackage(grpc::CallbackServerContext* context,
                                       const v1::GetPackageRequest* request,
                                       v1::Package* response) override;

 private:
  FrontDesk& desk_;
  const CommandContext& commands_;
};

}  // namespace roomkeeper
