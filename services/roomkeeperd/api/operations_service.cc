#include "services/roomkeeperd/api/operations_service.h"

#include <memory>

#include "services/roomkeeperd/rpc/unary_call.h"

namespace roomkeeper {

grpc::ServerUnaryReactor* OperationsServiceImpl::CheckShards(grpc::CallbackServerContext* context,
                                                             const v1::CheckShardsRequest* request,
                                                             v1::CheckShardsResponse* response) {
  return UnaryCall::Serve(
      desk_, context, "roomkeeper.v1.OperationsService.CheckShards", *request,
      [this, request, response](const std::shared_ptr<UnaryCall>& call) {
        roomkeeper::CheckShards(
            commands_, prober_, ShardId(request->shard()),
            [call, response](const absl::StatusOr<std::vector<ShardCheckRow>>& result) {
              call->End(result, [&](const std::vector<ShardCheckRow>& rows) {
                for (const ShardCheckRow& row : rows) {
                  v1::ShardCheck& check = *response->add_checks();
                  check.set_shard(row.shard.value());
                  check.set_name(row.name);
                  check.set_ok(row.ok);
                  check.set_message(row.message);
                  check.set_fix(row.fix);
                }
              });
            });
      });
}

}  // namespace roomkeeper
