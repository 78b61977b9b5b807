#pragma once

#include <string>

#include "lib/cleanroom/provider.h"
#include "lib/databricks/rest_client.h"

namespace roomkeeper {

// The HTML export of the notebook at `path`, as base64: what a clean room's notebook_content wants,
// unchanged. At most 10 MB (the platform's limit). It can hold cell outputs: clear them first.
void ExportNotebook(const ScopedRest& rest, const std::string& path, CallDone<std::string> done);

}  // namespace roomkeeper
