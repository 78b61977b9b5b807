#include "services/roomkeeperd/api/operations_service.h"

#include <memory>

#include "lib/commands/operations/adopt_clean_room.h"
#include "lib/commands/operations/forget_clean_room.h"
#include "lib/commands/operations/freezes.h"
#include "lib/commands/operations/orphans.h"
#include "lib/commands/operations/rotate_credentials.h"
#include "lib/commands/operations/take_backup.h"
#include "lib/commands/refusals.h"
#include "lib/model/resource_name.h"
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

v1::Orphan::Mark Encode(MarkVerdict mark) {
  switch (mark) {
    case MarkVerdict::kNoMark:
      return v1::Orphan::MARK_NONE;
    case MarkVerdict::kOtherInstance:
      return v1::Orphan::MARK_OTHER_INSTANCE;
    case MarkVerdict::kInvalid:
      return v1::Orphan::MARK_INVALID;
    case MarkVerdict::kOurs:
      return v1::Orphan::MARK_OURS;
  }
  return v1::Orphan::MARK_UNSPECIFIED;
}

void Encode(const Orphan& orphan, v1::Orphan& out) {
  out.set_kind(static_cast<v1::Orphan::Kind>(orphan.kind));
  out.set_shard(orphan.shard.value());
  out.set_room_name(orphan.room_name);
  if (orphan.kind == Orphan::Kind::kUnclaimed) {
    out.set_platform_status(orphan.status);
    out.set_mark(Encode(orphan.mark));
    if (!orphan.made_by.empty()) {
      out.set_made_by(FormatName(orphan.made_by));
    }
    return;
  }
  out.set_clean_room(FormatName(orphan.room.key));
  out.set_state(ToProto(orphan.room.state));
  ToProto(orphan.room.state_since, *out.mutable_state_since_time());
}

void Encode(const CredentialRow& row, v1::Credential& out) {
  out.set_shard(row.shard.value());
  out.set_name(row.name);
  out.set_client_id(row.client_id);
  out.set_state(static_cast<v1::Credential::State>(static_cast<int>(row.state) + 1));
  out.set_message(row.message);
  out.set_in_use(row.in_use);
  const auto time = [](const std::optional<absl::Time>& from, auto mutable_time) {
    if (from.has_value()) {
      ToProto(*from, *mutable_time());
    }
  };
  time(row.accepted_at, [&] { return out.mutable_accept_time(); });
  time(row.refused_at, [&] { return out.mutable_refuse_time(); });
  time(row.written_at, [&] { return out.mutable_write_time(); });
  time(row.expires_at, [&] { return out.mutable_expire_time(); });
}

void Encode(const RotationRow& row, v1::CredentialRotation& out) {
  out.set_shard(row.shard.value());
  out.set_outcome(static_cast<v1::CredentialRotation::Outcome>(static_cast<int>(row.outcome) + 1));
  out.set_message(row.message);
  for (const std::string& step : row.steps) {
    out.add_steps(step);
  }
  for (const RotationRow::Secret& secret : row.secrets) {
    v1::PlatformSecret& it = *out.add_secrets();
    it.set_id(secret.id);
    it.set_known(secret.known);
    if (secret.created_at > absl::InfinitePast()) {
      ToProto(secret.created_at, *it.mutable_create_time());
    }
    if (secret.expires_at < absl::InfiniteFuture()) {
      ToProto(secret.expires_at, *it.mutable_expire_time());
    }
  }
}

StoreDone<Job> Answer(const CallPtr& call, v1::Job* response) {
  return [call, response](const absl::StatusOr<Job>& result) {
    call->End(result, [&](const Job& job) {
      call->About(job);
      ToProto(job, call->principal(), *response);
    });
  };
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

grpc::ServerUnaryReactor* OperationsServiceImpl::CheckCredentials(
    grpc::CallbackServerContext* context, const v1::CheckCredentialsRequest* request,
    v1::CheckCredentialsResponse* response) {
  return UnaryCall::Serve(
      desk_, context, "roomkeeper.v1.OperationsService.CheckCredentials", *request,
      [this, request, response](const CallPtr& call) {
        roomkeeper::CheckCredentials(
            commands_, prober_, ShardId(request->shard()),
            [call, response](const absl::StatusOr<std::vector<CredentialRow>>& result) {
              call->End(result, [&](const std::vector<CredentialRow>& rows) {
                for (const CredentialRow& row : rows) {
                  Encode(row, *response->add_credentials());
                }
              });
            });
      });
}

grpc::ServerUnaryReactor* OperationsServiceImpl::RotateCredentials(
    grpc::CallbackServerContext* context, const v1::RotateCredentialsRequest* request,
    v1::RotateCredentialsResponse* response) {
  return UnaryCall::Serve(
      desk_, context, "roomkeeper.v1.OperationsService.RotateCredentials", *request,
      [this, request, response](const CallPtr& call) {
        const RotateCredentialsInput input = {.shard = ShardId(request->shard()),
                                              .plan = request->validate_only()};
        // It waits for the platform. What goes on without the caller is safe, and so is its end.
        call->OnStop([call] { call->End(ShuttingDown()); });
        roomkeeper::RotateCredentials(
            commands_, call->principal(), prober_, input,
            [call, response](const absl::StatusOr<std::vector<RotationRow>>& result) {
              call->End(result, [&](const std::vector<RotationRow>& rows) {
                for (const RotationRow& row : rows) {
                  Encode(row, *response->add_rotations());
                }
              });
            });
      });
}

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
                            ThawScope(commands_, call->principal(), request->scope(),
                                      Answer(call, response));
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

grpc::ServerUnaryReactor* OperationsServiceImpl::BackupStore(grpc::CallbackServerContext* context,
                                                             const v1::BackupStoreRequest* request,
                                                             v1::BackupStoreResponse* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.OperationsService.BackupStore", *request,
                          [this, response](const CallPtr& call) {
                            TakeBackup(backups_,
                                       [call, response](const absl::StatusOr<StoreBackup>& result) {
                                         call->End(result, [&](const StoreBackup& copy) {
                                           response->set_path(copy.path);
                                           response->set_size_bytes(copy.bytes);
                                           response->set_schema_version(copy.schema_version);
                                           ToProto(copy.took, *response->mutable_duration());
                                         });
                                       });
                          });
}

grpc::ServerUnaryReactor* OperationsServiceImpl::FindOrphans(grpc::CallbackServerContext* context,
                                                             const v1::FindOrphansRequest* request,
                                                             v1::FindOrphansResponse* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.OperationsService.FindOrphans", *request,
                          [this, request, response](const CallPtr& call) {
                            roomkeeper::FindOrphans(
                                commands_, call->principal(), ShardId(request->shard()),
                                [call, response](const absl::StatusOr<OrphansOutput>& result) {
                                  call->End(result, [&](const OrphansOutput& found) {
                                    for (const Orphan& orphan : found.orphans) {
                                      Encode(orphan, *response->add_orphans());
                                    }
                                    for (const OrphansOutput::NotAsked& shard : found.not_asked) {
                                      v1::ShardNotAsked& out = *response->add_not_asked();
                                      out.set_shard(shard.shard.value());
                                      out.set_message(shard.message);
                                    }
                                  });
                                });
                          });
}

grpc::ServerUnaryReactor* OperationsServiceImpl::AdoptCleanRoom(
    grpc::CallbackServerContext* context, const v1::AdoptCleanRoomRequest* request,
    v1::Job* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.OperationsService.AdoptCleanRoom",
                          *request, [this, request, response](const CallPtr& call) {
                            roomkeeper::AdoptCleanRoom(
                                commands_, call->principal(),
                                {.room_name = request->room_name(), .create = FromProto(*request)},
                                Answer(call, response));
                          });
}

grpc::ServerUnaryReactor* OperationsServiceImpl::ForgetCleanRoom(
    grpc::CallbackServerContext* context, const v1::ForgetCleanRoomRequest* request,
    v1::Job* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.OperationsService.ForgetCleanRoom",
                          *request, [this, request, response](const CallPtr& call) {
                            roomkeeper::ForgetCleanRoom(
                                commands_, call->principal(),
                                {.room = ParseRoomName(request->name()).value_or(RoomKey()),
                                 .request_id = request->request_id(),
                                 .validate_only = request->validate_only()},
                                Answer(call, response));
                          });
}

}  // namespace roomkeeper
