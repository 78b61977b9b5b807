#pragma once

#include <string>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

#include "roomkeeper/v1/server.grpc.pb.h"

#include "services/roomkeeperd/rpc/front_desk.h"

namespace roomkeeper {

// Something of the API that will go: a row of the one table, Deprecations().
struct DeprecationRow {
  std::string what = {};  // full name of the method, field or value
  std::string replacement = {};
  absl::CivilDay sunset = {};  // from then on it may be gone
};
// docs/api.md states the notice period.
const std::vector<DeprecationRow>& Deprecations();

// A Debian package that the program was linked with.
struct PackageRow {
  std::string name = {};
  std::string version = {};
};

// What the program is.
struct BuildInfo {
  std::string version = {};
  std::string commit = {};
  absl::Time started_at = {};
  std::vector<DeprecationRow> deprecations = Deprecations();
  std::vector<PackageRow> packages = {};
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
