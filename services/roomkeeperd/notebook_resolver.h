#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "lib/databricks/databricks_provider.h"
#include "lib/io/loop.h"
#include "lib/obs/log.h"
#include "lib/packages/directory_catalog.h"

namespace roomkeeper {

// Fetches the notebooks that packages name by a workspace path, once each; a package without its
// content cannot be provisioned yet. A version has one content for the rooms of all shards: it is
// that of the first workspace, in the order of the configuration, that has a notebook at the path
// which the package takes. A workspace that does not answer is waited for, so that which one it is
// does not depend on the weather. Loop thread only, or before the loop runs.
class NotebookResolver {
 public:
  static constexpr absl::Duration kRetry = absl::Seconds(30);

  // All outlive it; the loop has ended when it goes.
  NotebookResolver(std::vector<ShardId> shards, DirectoryCatalog& catalog,
                   DatabricksProvider& provider, Loop& loop, Log& log);

  void Start();

 private:
  void Fetch(const DirectoryCatalog::Unresolved& notebook, std::size_t from);
  void Take(const DirectoryCatalog::Unresolved& notebook, std::size_t from,
            const CallResult<std::string>& exported);

  const std::vector<ShardId> shards_;
  DirectoryCatalog& catalog_;
  DatabricksProvider& provider_;
  Loop& loop_;
  Log& log_;
};

}  // namespace roomkeeper
