#pragma once

#include <string>
#include <vector>

#include "lib/model/json/json_writer.h"
#include "lib/model/package.h"

namespace roomkeeper {

// Canonical JSON of all of a package version but its digest, which is made of this text. Each
// notebook is represented by its content_digest, or by its workspace_path while that is unresolved.
std::string FormatPackageVersion(const PackageVersion& package);

// Parts that other documents share; each writes one value.
void WriteEgressPolicy(JsonWriter& out, const EgressPolicy& egress);
void WritePartitions(JsonWriter& out, const std::vector<Partition>& partitions);

}  // namespace roomkeeper
