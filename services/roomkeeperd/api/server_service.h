#pragma once

#include <string>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "absl/time/time.h"

#include "roomkeeper/v1/server.grpc.pb.h"

#include "services/roomkeeperd/rpc/front_desk.h"

namespace roomkeeper {

// What the program is.
struct BuildInfo {
  std::string version = {};
  std::string commit = {};
  absl::Time started_at = {};
};

class ServerServiceImpl final : public v1::ServerService::CallbackService {
 public:
  ServerServiceImpl(FrontDesk& desk, BuildInfo build) : desk_(desk), build_(std::move(build)) {}

  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context,
                                          const v1::GetServerInfoRequest* request,
                                          v1::ServerInfo* response) override;

 private:
  FrontDesk& desk_;
  const BuildInfo build_;
};

}  // namespace roomkeeper
