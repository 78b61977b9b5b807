#include "lib/commands/installs.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "lib/commands/refusals.h"
#include "lib/model/reasons.h"

namespace roomkeeper {

absl::StatusOr<BrandPath> ResolveInstall(const Principal& principal, const BrandPath& parent) {
  BrandPath path = parent;
  if (path.brand.empty()) {
    path = {.brand = principal.brand, .install = principal.install};
  }
  if (path.install.empty()) {
    return InvalidField("parent",
                        "must name an install, \"brands/{brand}/installs/{install}\"; only a key "
                        "that is bound to an install may leave it empty");
  }
  return path;
}

absl::Status CheckPackageAllowed(const Principal& principal, const Install& install,
                                 const PackageName& package) {
  const std::vector<PackageName>& allowed = install.packages;
  if (principal.IsOperator() || allowed.empty() ||
      std::find(allowed.begin(), allowed.end(), package) != allowed.end()) {
    return absl::OkStatus();
  }
  const std::string names = absl::StrJoin(
      allowed, ", ",
      [](std::string* out, const PackageName& name) { out->append(FormatName(name)); });
  return ToStatus({.code = absl::StatusCode::kPermissionDenied,
                   .reason = reason::kPackageNotAllowed,
                   .message = absl::StrCat(
                       FormatName(install.brand, install.id), " may have clean rooms of ", names,
                       ", got ", FormatName(package), ": the provider's operator may change that"),
                   .metadata = {{"package", FormatName(package)}}});
}

void LoadEnrolled(const CommandContext& context, const BrandPath& path, StoreDone<Enrolled> done) {
  const std::string name = FormatName(path.brand, path.install);
  if (auto cached = context.enrolled->Find(name, context.clock.Monotonic())) {
    done(*std::move(cached));
    return;
  }
  const std::uint64_t forgotten = context.enrolled->forgotten();
  context.brands.GetInstall(
      path.brand, path.install,
      [&context, name, forgotten, done = std::move(done)](absl::StatusOr<Install> install) {
        if (!install.ok()) {
          done(NotFoundOr(install.status(), name));
          return;
        }
        context.brands.GetBrand(install->brand, [&context, name, forgotten, done,
                                                 install = *install](absl::StatusOr<Brand> brand) {
          if (!brand.ok()) {
            done(NotFoundOr(brand.status(), name));
            return;
          }
          Enrolled enrolled{.brand = *std::move(brand), .install = install};
          context.enrolled->Keep(name, enrolled, context.clock.Monotonic(), forgotten);
          done(std::move(enrolled));
        });
      });
}

}  // namespace roomkeeper
