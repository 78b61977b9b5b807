#include "services/roomkeeperd/api/server_service.h"

#include <memory>

#include "lib/model/resource_name.h"
#include "services/roomkeeperd/rpc/proto_codec.h"
#include "services/roomkeeperd/rpc/unary_call.h"

namespace roomkeeper {
namespace {

void Encode(const Principal& principal, v1::Caller& out) {
  out.set_role(principal.IsOperator() ? v1::Caller::ROLE_OPERATOR
               : principal.IsCi()     ? v1::Caller::ROLE_CI
                                      : v1::Caller::ROLE_BRAND);
  if (principal.IsCi()) {
    ToProto(principal.ci, *out.mutable_ci());
  }
  out.set_operator_role(ToProto(principal.role));
  if (!principal.IsOperator()) {
    out.set_parent(FormatName(principal.brand, principal.install));
  }
  if (!principal.key.empty()) {
    out.set_api_key(FormatName(principal.key));
  }
  out.set_identity(principal.Credential());
}

void Encode(const DeprecationRow& row, v1::Deprecation& out) {
  out.set_what(row.what);
  out.set_replacement(row.replacement);
  ToProto(absl::FromCivil(row.sunset, absl::UTCTimeZone()), *out.mutable_sunset_time());
}

void Encode(const PackageRow& row, v1::LinkedPackage& out) {
  out.set_name(row.name);
  out.set_version(row.version);
}

}  // namespace

const std::vector<DeprecationRow>& Deprecations() {
  static const std::vector<DeprecationRow> kRows = {};  // nothing of v1 will go yet
  return kRows;
}

grpc::ServerUnaryReactor* ServerServiceImpl::GetServerInfo(grpc::CallbackServerContext* context,
                                                           const v1::GetServerInfoRequest* request,
                                                           v1::ServerInfo* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.ServerService.GetServerInfo", *request,
                          [this, response](const std::shared_ptr<UnaryCall>& call) {
                            response->set_version(build_.version);
                            response->set_commit(build_.commit);
                            ToProto(build_.started_at, *response->mutable_start_time());
                            for (const DeprecationRow& row : build_.deprecations) {
                              Encode(row, *response->add_deprecations());
                            }
                            Encode(call->principal(), *response->mutable_caller());
                            if (call->principal().IsOperator()) {  // it helps who attacks, too
                              for (const PackageRow& row : build_.packages) {
                                Encode(row, *response->add_packages());
                              }
                            }
                            call->End(absl::OkStatus());
                          });
}

}  // namespace roomkeeper
