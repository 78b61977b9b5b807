#include "services/roomkeeperd/api/operations_service.h"

#include <memory>

#include "lib/commands/operations/freezes.h"
#include "services/roomkeeperd/rpc/proto_codec.h"
#include "services/roomkeeperd/rpc/unary_call.h"

namespace roomkeeper {
namespace {

using CallPtr = std::shared_ptr<UnaryCall>;

void Encode(const Freeze& freeze, v1::Freeze& out) {
  out.set_scope(freeze.scope);
  out.set_reason(freeze.reason);
  ToProto(freeze.since, *out.mutable_freeze_time());
  out.set_frozen_by(freeze.by);
}

template <typename Response>
StoreDone<std::vector<Freeze>> Answer(const CallPtr& call, Response* response) {
  return [call, response](const absl::StatusOr<std::vector<Freeze>>& result) {
    call->End(result, [&](const std::vector<Freeze>& freezes) {
      for (const Freeze& freeze : freezes) {
        Encode(freeze, *response->add_freezes());
      }
    });
  };
}

}  // namespace

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

grpc::ServerUnaryReactor* OperationsServiceImpl::FreezeMutations(
    grpc::CallbackServerContext* context, const v1::FreezeMutationsRequest* request,
    v1::Freeze* response) {
  return UnaryCall::Serve(
      desk_, context, "roomkeeper.v1.OperationsService.FreezeMutations", *request,
      [this, request, response](const CallPtr& call) {
        FreezeScopeOf(commands_, call->principal(), request->scope(), request->reason(),
                      [call, response](const absl::StatusOr<Freeze>& result) {
                        call->End(result, [&](const Freeze& freeze) { Encode(freeze, *response); });
                      });
      });
}

grpc::ServerUnaryReactor* OperationsServiceImpl::ThawMutations(
    grpc::CallbackServerContext* context, const v1::ThawMutationsRequest* request,
    v1::ThawMutationsResponse* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.OperationsService.ThawMutations", *request,
                          [this, request, response](const CallPtr& call) {
                            ThawScope(commands_, request->scope(), Answer(call, response));
                          });
}

grpc::ServerUnaryReactor* OperationsServiceImpl::ListFreezes(grpc::CallbackServerContext* context,
                                                             const v1::ListFreezesRequest* request,
                                                             v1::ListFreezesResponse* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.OperationsService.ListFreezes", *request,
                          [this, response](const CallPtr& call) {
                            commands_.jobs.ListFreezes(Answer(call, response));
                          });
}

}  // namespace roomkeeper
