#include "services/roomkeeperd/notebook_resolver.h"

#include <utility>

namespace roomkeeper {

NotebookResolver::NotebookResolver(ShardId shard, DirectoryCatalog& catalog,
                                   DatabricksProvider& provider, Loop& loop, Log& log)
    : shard_(std::move(shard)), catalog_(catalog), provider_(provider), loop_(loop), log_(log) {}

void NotebookResolver::Start() {
  for (const DirectoryCatalog::Unresolved& notebook : catalog_.ListUnresolved()) {
    Fetch(notebook);
  }
}

void NotebookResolver::Fetch(const DirectoryCatalog::Unresolved& notebook) {
  provider_.ExportNotebook(
      shard_, notebook.workspace_path, [this, notebook](const CallResult<std::string>& exported) {
        const absl::Status status = exported.ok()
                                        ? catalog_.Resolve(notebook.package, notebook.version,
                                                           notebook.notebook, exported.value)
                                        : absl::UnavailableError(exported.failure.message);
        if (status.ok()) {
          log_.Info("notebook exported",
                    {{"package", notebook.package.value()}, {"notebook", notebook.notebook}});
          return;
        }
        log_.Warning("notebook not exported", {{"package", notebook.package.value()},
                                               {"notebook", notebook.notebook},
                                               {"path", notebook.workspace_path},
                                               {"error", std::string(status.message())}});
        loop_.RunAfter(kRetry, [this, notebook] { Fetch(notebook); });
      });
}

}  // namespace roomkeeper
