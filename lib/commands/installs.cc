#include "lib/commands/installs.h"

#include <utility>

#include "lib/commands/refusals.h"

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
