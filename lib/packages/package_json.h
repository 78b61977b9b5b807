#pragma once

#include <string>
#include <vector>

#include "lib/model/package.h"
#include "lib/packages/notebook_source.h"

namespace roomkeeper {

// "sha256:<hex>" over the canonical JSON (sorted keys, no spaces) of all that the package says, of
// each notebook's content digest, and of the path and digest of each file read. So it changes with
// every byte that a brand could be served, and with nothing else: neither place nor time.
std::string PackageDigest(const PackageVersion& package, const std::vector<SourceFile>& files);

}  // namespace roomkeeper
