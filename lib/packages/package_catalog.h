#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "lib/model/package.h"

namespace roomkeeper {

// The package versions this server knows. Thread-safe, does not block; what it returns never
// changes.
class PackageCatalog {
 public:
  virtual ~PackageCatalog() = default;

  // kNotFound if absent. An empty version means the newest (by semantic version).
  virtual absl::StatusOr<std::shared_ptr<const PackageVersion>> Get(
      const PackageName& name, const std::string& version) const = 0;
  // By name, then version ascending.
  virtual std::vector<std::shared_ptr<const PackageVersion>> List() const = 0;
};

}  // namespace roomkeeper
