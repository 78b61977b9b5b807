#pragma once

#include "absl/time/time.h"

#include "lib/databricks/databricks_provider.h"
#include "lib/io/loop.h"
#include "lib/obs/log.h"
#include "lib/packages/directory_catalog.h"

namespace roomkeeper {

// Fetches the notebooks that packages name by a workspace path, from the first shard, once each; a
// package without its content cannot be provisioned yet. What fails is tried again. Loop thread
// only, or before the loop runs.
class NotebookResolver {
 public:
  static constexpr absl::Duration kRetry = absl::Seconds(30);

  // All outlive it; the loop has ended when it goes.
  NotebookResolver(ShardId shard, DirectoryCatalog& catalog, DatabricksProvider& provider,
                   Loop& loop, Log& log);

  void Start();

 private:
  void Fetch(const DirectoryCatalog::Unresolved& notebook);

  const ShardId shard_;
  DirectoryCatalog& catalog_;
  DatabricksProvider& provider_;
  Loop& loop_;
  Log& log_;
};

}  // namespace roomkeeper
