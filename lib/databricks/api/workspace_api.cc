#include "lib/databricks/api/workspace_api.h"

#include <utility>

#include "lib/databricks/wire/unity_json.h"

namespace roomkeeper {

void ExportNotebook(const ScopedRest& rest, const std::string& path, CallDone<std::string> done) {
  RestCall call = {.route = "GET /workspace/export", .target = "/api/2.0/workspace/export"};
  AddQuery(call.target, "path", path);
  AddQuery(call.target, "format", "HTML");
  Fetch<std::string>(rest, std::move(call), wire::ParseExport, std::move(done));
}

}  // namespace roomkeeper
