#include "services/roomkeeperd/notebook_resolver.h"

#include <utility>

#include "lib/databricks/error_map.h"

namespace roomkeeper {

NotebookResolver::NotebookResolver(std::vector<ShardId> shards, DirectoryCatalog& catalog,
                                   DatabricksProvider& provider, Loop& loop, Log& log)
    : shards_(std::move(shards)), catalog_(catalog), provider_(provider), loop_(loop), log_(log) {}

void NotebookResolver::Start() {
  for (const DirectoryCatalog::Unresolved& notebook : catalog_.ListUnresolved()) {
    Fetch(notebook, 0);
  }
}

void NotebookResolver::Fetch(const DirectoryCatalog::Unresolved& notebook, std::size_t from) {
  provider_.ExportNotebook(shards_[from], notebook.workspace_path,
                           [this, notebook, from](const CallResult<std::string>& exported) {
                             Take(notebook, from, exported);
                           });
}

void NotebookResolver::Take(const DirectoryCatalog::Unresolved& notebook, std::size_t from,
                            const CallResult<std::string>& exported) {
  const absl::Status status = exported.ok() ? catalog_.Resolve(notebook.package, notebook.version,
                                                               notebook.notebook, exported.value)
                                            : absl::UnavailableError(exported.failure.message);
  if (status.ok()) {
    log_.Info("notebook exported", {{"package", notebook.package.value()},
                                    {"notebook", notebook.notebook},
                                    {"shard", shards_[from].value()}});
    return;
  }
  log_.Warning("notebook not exported", {{"package", notebook.package.value()},
                                         {"notebook", notebook.notebook},
                                         {"shard", shards_[from].value()},
                                         {"path", notebook.workspace_path},
                                         {"error", std::string(status.message())}});
  if (from + 1 < shards_.size() && !LeavesOpen(exported.failure.error)) {
    Fetch(notebook, from + 1);
  } else {
    loop_.RunAfter(kRetry, [this, notebook] { Fetch(notebook, 0); });
  }
}

}  // namespace roomkeeper
