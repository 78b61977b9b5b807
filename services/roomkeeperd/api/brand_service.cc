#include "services/roomkeeperd/api/brand_service.h"

#include <algorithm>
#include <memory>

#include "absl/strings/numbers.h"

#include "lib/commands/brands/api_keys.h"
#include "lib/commands/brands/brands.h"
#include "lib/model/resource_name.h"
#include "services/roomkeeperd/rpc/proto_codec.h"
#include "services/roomkeeperd/rpc/unary_call.h"

namespace roomkeeper {
namespace {

using CallPtr = std::shared_ptr<UnaryCall>;

BrandPath PathOf(const std::string& name) {
  return ParseBrandPath(name).value_or(BrandPath());
}

Brand BrandOf(const v1::CreateBrandRequest& request) {
  return {.id = BrandId(request.brand_id()),
          .display_name = request.brand().display_name(),
          .collaborator_alias = request.brand().collaborator_alias(),
          .labels = FromProto(request.brand().labels()),
          .jobs_in_flight_max = request.brand().jobs_in_flight_max()};
}

bool Masks(const google::protobuf::FieldMask& mask, const char* field) {
  return mask.paths().empty() ||
         std::find(mask.paths().begin(), mask.paths().end(), field) != mask.paths().end();
}

BrandChange ChangeOf(const v1::UpdateBrandRequest& request) {
  BrandChange change{.id = PathOf(request.brand().name()).brand,
                     .validate_only = request.validate_only()};
  if (Masks(request.update_mask(), "display_name")) {
    change.display_name = request.brand().display_name();
  }
  if (Masks(request.update_mask(), "labels")) {
    change.labels = FromProto(request.brand().labels());
  }
  if (Masks(request.update_mask(), "jobs_in_flight_max") &&
      request.brand().jobs_in_flight_max() != 0) {
    change.jobs_in_flight_max = request.brand().jobs_in_flight_max();
  }
  (void)absl::SimpleAtoi(request.brand().etag(), &change.revision);
  return change;
}

TokenPin TokenOf(const v1::Install& install) {
  const v1::TokenIdentity& token = install.token_identity();
  return {.issuer = token.issuer(),
          .subject = token.client_id(),
          .audience = token.audience(),
          .accept_all_apis = token.accept_tokens_that_could_act_as_the_app()};
}

InstallChange ChangeOf(const v1::UpdateInstallRequest& request) {
  const v1::Install& install = request.install();
  InstallChange change{.install = PathOf(install.name()), .validate_only = request.validate_only()};
  if (Masks(request.update_mask(), "token_identity")) {
    change.token = TokenOf(install);
  }
  if (Masks(request.update_mask(), "certificate_san")) {
    change.certificate_san = install.certificate_san();
  }
  if (Masks(request.update_mask(), "packages")) {
    change.packages = PackagesFromProto(install.packages());
  }
  if (Masks(request.update_mask(), "rooms_max")) {
    change.rooms_max = install.rooms_max();
  }
  return change;
}

Install InstallOf(const v1::EnrollInstallRequest& request) {
  const v1::Install& install = request.install();
  return {.brand = PathOf(request.parent()).brand,
          .id = InstallId(request.install_id()),
          .global_metastore_id = install.global_metastore_id(),
          .workspace_id = install.invite_recipient_workspace_id(),
          .invite_recipient_email = install.invite_recipient_email(),
          .shard = ShardId(install.shard()),
          .token = TokenOf(install),
          .certificate_san = install.certificate_san(),
          .packages = PackagesFromProto(install.packages()),
          .rooms_max = install.rooms_max()};
}

CreateApiKeyInput KeyOf(const v1::CreateApiKeyRequest& request) {
  CreateApiKeyInput input{.parent = PathOf(request.parent()),
                          .operator_role = FromProto(request.api_key().operator_role()),
                          .display_name = request.api_key().display_name(),
                          .request_id = request.request_id()};
  if (request.api_key().has_ci()) {
    input.ci = FromProto(request.api_key().ci());
  }
  if (request.api_key().has_expire_time()) {
    input.expires_at = FromProto(request.api_key().expire_time());
  }
  return input;
}

}  // namespace

grpc::ServerUnaryReactor* BrandServiceImpl::CreateBrand(grpc::CallbackServerContext* context,
                                                        const v1::CreateBrandRequest* request,
                                                        v1::Brand* response) {
  return UnaryCall::Serve(
      desk_, context, "roomkeeper.v1.BrandService.CreateBrand", *request,
      [this, request, response](const CallPtr& call) {
        CreateBrandRow(commands_, call->principal(), BrandOf(*request), request->validate_only(),
                       [call, response](const absl::StatusOr<Brand>& result) {
                         call->End(result, [&](const Brand& brand) { ToProto(brand, *response); });
                       });
      });
}

grpc::ServerUnaryReactor* BrandServiceImpl::GetBrand(grpc::CallbackServerContext* context,
                                                     const v1::GetBrandRequest* request,
                                                     v1::Brand* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.BrandService.GetBrand", *request,
                          [this, request, response](const CallPtr& call) {
                            GetBrandWithInstalls(
                                commands_, PathOf(request->name()).brand,
                                [call, response](const absl::StatusOr<BrandWithInstalls>& result) {
                                  call->End(result, [&](const BrandWithInstalls& found) {
                                    ToProto(found.brand, *response);
                                    for (const Install& install : found.installs) {
                                      ToProto(install, *response->add_installs());
                                    }
                                  });
                                });
                          });
}

grpc::ServerUnaryReactor* BrandServiceImpl::ListBrands(grpc::CallbackServerContext* context,
                                                       const v1::ListBrandsRequest* request,
                                                       v1::ListBrandsResponse* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.BrandService.ListBrands", *request,
                          [this, request, response](const CallPtr& call) {
                            ListBrandRows(
                                commands_, PageSizeOf(request->page_size()), request->page_token(),
                                [call, response](const absl::StatusOr<ListBrandsOutput>& result) {
                                  call->End(result, [&](const ListBrandsOutput& page) {
                                    for (const Brand& brand : page.brands) {
                                      ToProto(brand, *response->add_brands());
                                    }
                                    response->set_next_page_token(page.next_page_token);
                                  });
                                });
                          });
}

grpc::ServerUnaryReactor* BrandServiceImpl::UpdateBrand(grpc::CallbackServerContext* context,
                                                        const v1::UpdateBrandRequest* request,
                                                        v1::Brand* response) {
  return UnaryCall::Serve(
      desk_, context, "roomkeeper.v1.BrandService.UpdateBrand", *request,
      [this, request, response](const CallPtr& call) {
        UpdateBrandRow(commands_, call->principal(), ChangeOf(*request),
                       [call, response](const absl::StatusOr<Brand>& result) {
                         call->End(result, [&](const Brand& brand) { ToProto(brand, *response); });
                       });
      });
}

grpc::ServerUnaryReactor* BrandServiceImpl::EnrollInstall(grpc::CallbackServerContext* context,
                                                          const v1::EnrollInstallRequest* request,
                                                          v1::Install* response) {
  return UnaryCall::Serve(
      desk_, context, "roomkeeper.v1.BrandService.EnrollInstall", *request,
      [this, request, response](const CallPtr& call) {
        roomkeeper::EnrollInstall(
            commands_, call->principal(), InstallOf(*request), request->validate_only(),
            [call, response](const absl::StatusOr<Install>& result) {
              call->End(result, [&](const Install& install) { ToProto(install, *response); });
            });
      });
}

grpc::ServerUnaryReactor* BrandServiceImpl::UpdateInstall(grpc::CallbackServerContext* context,
                                                          const v1::UpdateInstallRequest* request,
                                                          v1::Install* response) {
  return UnaryCall::Serve(
      desk_, context, "roomkeeper.v1.BrandService.UpdateInstall", *request,
      [this, request, response](const CallPtr& call) {
        UpdateInstallRow(commands_, call->principal(), ChangeOf(*request),
                         [call, response](const absl::StatusOr<Install>& result) {
                           call->End(result,
                                     [&](const Install& install) { ToProto(install, *response); });
                         });
      });
}

grpc::ServerUnaryReactor* BrandServiceImpl::CreateApiKey(grpc::CallbackServerContext* context,
                                                         const v1::CreateApiKeyRequest* request,
                                                         v1::ApiKey* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.BrandService.CreateApiKey", *request,
                          [this, request, response](const CallPtr& call) {
                            CreateApiKeyFor(
                                commands_, call->principal(), KeyOf(*request),
                                [call, response](const absl::StatusOr<NewApiKey>& result) {
                                  call->End(result, [&](const NewApiKey& made) {
                                    ToProto(made.key, *response);
                                    response->set_key(made.text.Reveal());
                                  });
                                });
                          });
}

grpc::ServerUnaryReactor* BrandServiceImpl::RevokeApiKey(grpc::CallbackServerContext* context,
                                                         const v1::RevokeApiKeyRequest* request,
                                                         v1::ApiKey* response) {
  return UnaryCall::Serve(
      desk_, context, "roomkeeper.v1.BrandService.RevokeApiKey", *request,
      [this, request, response](const CallPtr& call) {
        RevokeApiKeyById(commands_, call->principal(),
                         ParseApiKeyName(request->name()).value_or(ApiKeyId()),
                         [call, response](const absl::StatusOr<ApiKey>& result) {
                           call->End(result, [&](const ApiKey& key) { ToProto(key, *response); });
                         });
      });
}

}  // namespace roomkeeper
