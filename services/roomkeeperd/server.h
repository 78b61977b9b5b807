#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "lib/auth/authenticator.h"
#include "lib/commands/check_shards.h"
#include "lib/commands/command_context.h"
#include "lib/config/config.h"
#include "lib/obs/log.h"
#include "lib/obs/metrics.h"
#include "lib/store/backup/store_backups.h"
#include "services/roomkeeperd/api/server_service.h"
#include "services/roomkeeperd/rpc/front_desk.h"

namespace roomkeeper {

// All outlive the server. `context.keys` must be told of each commit (KeyVerifier::Forget), and
// `context.hub` too (EventHub::OnCommit).
struct ServerDeps {
  const CommandContext& context;
  ShardProber& prober;
  Metrics& metrics;
  Log& log;
  BuildInfo build = {};
  FrontDeskLimits limits = {};
  StoreBackups* backups = nullptr;  // null: BackupStore is refused
  TokenVerifier* tokens = nullptr;  // null: calls with OAuth tokens are refused
};

// The gRPC server, serving since Start. Its reactions run on gRPC's threads and never block.
class RpcServer {
 public:
  // Blocks while it binds. kInvalidArgument: certificate or key do not load; kUnavailable: the
  // address cannot be bound.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(const GrpcConfig& config,
                                                          const ServerDeps& deps);
  virtual ~RpcServer() = default;

  // "127.0.0.1:40001": with the port that was bound.
  virtual std::string address() const = 0;

  // What grpc.health.v1 answers for the server as a whole. SERVING from the start.
  virtual void SetServing(bool serving) = 0;

  // Health NOT_SERVING, no new calls, watches and waits end with UNAVAILABLE and the place to
  // resume; then blocks until the calls in work are answered, at most `patience`: calls that wait
  // for the platform end with UNAVAILABLE shortly before, however long it takes to answer. Store
  // and loop must still run. Calling it again does nothing.
  virtual void ShutDown(absl::Duration patience) = 0;
};

}  // namespace roomkeeper
