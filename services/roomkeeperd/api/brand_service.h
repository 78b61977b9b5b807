#pragma once

#include <grpcpp/grpcpp.h>

#include "roomkeeper/v1/brand.grpc.pb.h"

#include "lib/commands/command_context.h"
#include "services/roomkeeperd/rpc/front_desk.h"

namespace roomkeeper {

class BrandServiceImpl final : public v1::BrandService::CallbackService {
 public:
  BrandServiceImpl(FrontDesk& desk, const CommandContext& commands)
      : desk_(desk), commands_(commands) {}

  grpc::ServerUnaryReactor* CreateBrand(grpc::CallbackServerContext* context,
                                        const v1::CreateBrandRequest* request,
                                        v1::Brand* response) override;
  grpc::ServerUnaryReactor* GetBrand(grpc::CallbackServerContext* context,
                                     const v1::GetBrandRequest* request,
                                     v1::Brand* response) override;
  grpc::ServerUnaryReactor* ListBrands(grpc::CallbackServerContext* context,
                                       const v1::ListBrandsRequest* request,
                                       v1::ListBrandsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateBrand(grpc::CallbackServerContext* context,
                                        const v1::UpdateBrandRequest* request,
                                        v1::Brand* response) override;
  grpc::ServerUnaryReactor* EnrollInstall(grpc::CallbackServerContext* context,
                                          const v1::EnrollInstallRequest* request,
                                          v1::Install* response) override;
  grpc::ServerUnaryReactor* UpdateInstall(grpc::CallbackServerContext* context,
                                          const v1::UpdateInstallRequest* request,
                                          v1::Install* response) override;
  grpc::ServerUnaryReactor* CreateApiKey(grpc::CallbackServerContext* context,
                                         const v1::CreateApiKeyRequest* request,
                                         v1::ApiKey* response) override;
  grpc::ServerUnaryReactor* RevokeApiKey(grpc::CallbackServerContext* context,
                                         const v1::RevokeApiKeyRequest* request,
                                         v1::ApiKey* response) override;

 private:
  FrontDesk& desk_;
  const CommandContext& commands_;
};

}  // namespace roomkeeper
