#include "services/roomkeeperd/api/package_service.h"

#include <memory>

#include "lib/commands/packages.h"
#include "lib/model/resource_name.h"
#include "services/roomkeeperd/rpc/proto_codec.h"
#include "services/roomkeeperd/rpc/unary_call.h"

namespace roomkeeper {
namespace {

using CallPtr = std::shared_ptr<UnaryCall>;

void AddNewest(const PackageView& view, v1::Package& out) {
  const PackageVersion& newest = *view.newest;
  out.set_name(FormatName(newest.name));
  out.set_display_name(newest.display_name);
  out.set_description(newest.description);
  out.set_latest_version(newest.version);
}

}  // namespace

grpc::ServerUnaryReactor* PackageServiceImpl::ListPackages(grpc::CallbackServerContext* context,
                                                           const v1::ListPackagesRequest* request,
                                                           v1::ListPackagesResponse* response) {
  return UnaryCall::Serve(desk_, context, "roomkeeper.v1.PackageService.ListPackages", *request,
                          [this, request, response](const CallPtr& call) {
                            const auto page = roomkeeper::ListPackages(
                                commands_, call->principal(), PageSizeOf(request->page_size()),
                                request->page_token());
                            call->End(page, [&](const ListPackagesOutput& found) {
                              for (const PackageView& view : found.packages) {
                                v1::Package& package = *response->add_packages();
                                AddNewest(view, package);
                                for (const auto& version : view.versions) {
                                  v1::PackageVersion& row = *package.add_versions();
                                  row.set_name(FormatName(version->name, version->version));
                                  row.set_version(version->version);
                                  row.set_digest(version->digest);
                                }
                              }
                              response->set_next_page_token(found.next_page_token);
                            });
                          });
}

grpc::ServerUnaryReactor* PackageServiceImpl::GetPackage(grpc::CallbackServerContext* context,
                                                         const v1::GetPackageRequest* request,
                                                         v1::Package* response) {
  return UnaryCall::Serve(
      desk_, context, "roomkeeper.v1.PackageService.GetPackage", *request,
      [this, request, response](const CallPtr& call) {
        const PackagePath path = ParsePackagePath(request->name()).value_or(PackagePath());
        call->End(roomkeeper::GetPackage(commands_, path), [&](const PackageView& view) {
          AddNewest(view, *response);
          for (const auto& version : view.versions) {
            ToProto(*version, call->principal(), *response->add_versions());
          }
        });
      });
}

}  // namespace roomkeeper
