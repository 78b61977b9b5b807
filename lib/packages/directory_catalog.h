#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "lib/base/mutex.h"
#include "lib/packages/names.h"
#include "lib/packages/package_catalog.h"
#include "lib/packages/package_loader.h"

namespace roomkeeper {

// The packages below one directory: <root>/<package>/package.yaml, or, for several versions,
// <root>/<package>/<version>/package.yaml. They are read once, when it is made. Thread-safe.
class DirectoryCatalog final : public PackageCatalog {
 public:
  // A notebook whose content has to be exported from the provider's workspace first.
  struct Unresolved {
    PackageName package = {};
    std::string version = {};
    std::string notebook = {};
    std::string workspace_path = {};
  };

  // kInvalidArgument: all that is wrong with any package at once, one "<file>:<line>: <problem>" a
  // line; also a root that cannot be read or holds no package. Blocks on the disk.
  static absl::StatusOr<std::unique_ptr<DirectoryCatalog>> Make(const std::string& root);

  absl::StatusOr<std::shared_ptr<const PackageVersion>> Get(
      const PackageName& name, const std::string& version) const override;
  std::vector<std::shared_ptr<const PackageVersion>> List() const override;

  // Until Resolve() they have no content, and their package's digest does not cover it (unless
  // package.yaml pins it).
  std::vector<Unresolved> ListUnresolved() const;
  // Supplies the content as the export gives it: base64 of HTML. What Get() returned before does
  // not change; later calls return the package with content and new digest. kNotFound: no such
  // notebook. kInvalidArgument: not base64, not a notebook, or too large. kFailedPrecondition:
  // another content was supplied before, or is pinned: release it as a new version.
  absl::Status Resolve(const PackageName& name, const std::string& version,
                       const std::string& notebook, const std::string& content_base64);

 private:
  struct Entry {
    LoadedPackage loaded = {};
    std::shared_ptr<const PackageVersion> shared = {};  // what Get() returns now
  };
  using Key = std::pair<PackageName, SemanticVersion>;

  explicit DirectoryCatalog(std::map<Key, Entry> entries) : entries_(std::move(entries)) {}

  mutable Mutex mu_;
  std::map<Key, Entry> entries_ ABSL_GUARDED_BY(mu_);
};

}  // namespace roomkeeper
