#pragma once

#include "absl/status/statusor.h"

#include "lib/auth/principal.h"
#include "lib/commands/command_context.h"
#include "lib/model/resource_name.h"

namespace roomkeeper {

// Which install a request is for: `parent`, or the caller's own when that is empty. INVALID_REQUEST
// when neither says it.
absl::StatusOr<BrandPath> ResolveInstall(const Principal& principal, const BrandPath& parent);

// PACKAGE_NOT_ALLOWED: the install's app may not have rooms of the package. Operators may.
absl::Status CheckPackageAllowed(const Principal& principal, const Install& install,
                                 const PackageName& package);

// Both rows, from the cache or the store. RESOURCE_NOT_FOUND naming the install.
void LoadEnrolled(const CommandContext& context, const BrandPath& path, StoreDone<Enrolled> done);

}  // namespace roomkeeper
