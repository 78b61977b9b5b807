#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "lib/commands/command_context.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {

struct PackageView {
  std::shared_ptr<const PackageVersion> newest = {};                 // of all versions there are
  std::vector<std::shared_ptr<const PackageVersion>> versions = {};  // asked for, newest first
};

// With all versions, or the one that `path` names. RESOURCE_NOT_FOUND.
absl::StatusOr<PackageView> GetPackage(const CommandContext& context, const PackagePath& path);

struct ListPackagesOutput {
  std::vector<PackageView> packages = {};  // by name
  std::string next_page_token = {};
};
// INVALID_REQUEST for a foreign page token.
absl::StatusOr<ListPackagesOutput> ListPackages(const CommandContext& context,
                                                const Principal& principal, std::int32_t limit,
                                                const std::string& page_token);

}  // namespace roomkeeper
