#include <string>

#include "absl/strings/str_cat.h"

#include "roomkeeper/v1/package.grpc.pb.h"

#include "services/roomctl/command.h"
#include "services/roomctl/list_pages.h"
#include "services/roomctl/output.h"

namespace roomkeeper {
namespace {

ExitCode List(CommandContext& context) {
  if (context.connection() == nullptr) {
    return ExitCode::kUsage;
  }
  std::vector<std::vector<std::string>> rows = {{"PACKAGE", "VERSION", "DIGEST", "DISPLAY NAME"}};
  const auto stub = v1::PackageService::NewStub(context.connection()->channel());
  return ListPages<v1::ListPackagesResponse>(
      context, v1::ListPackagesRequest(),
      [&](grpc::ClientContext* call, const v1::ListPackagesRequest& page,
          v1::ListPackagesResponse* answer) { return stub->ListPackages(call, page, answer); },
      [&](const v1::ListPackagesResponse& answer) {
        for (const v1::Package& package : answer.packages()) {
          for (const v1::PackageVersion& version : package.versions()) {
            rows.push_back({package.name(), version.version(), version.digest().substr(0, 19),
                            package.display_name()});
          }
        }
      },
      rows);
}

}  // namespace

std::vector<Command> PackagesCommands() {
  return {{"packages", "list", "", "List the packages the server can provision", 0, 0, {}, &List}};
}

}  // namespace roomkeeper
