#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "lib/model/ids.h"

namespace roomkeeper {

// A package version: what a provider sells, loaded from a directory and never changed afterwards.
// Identified by (name, version); `digest` is "sha256:<hex>" over its canonical JSON and every file
// it names.

// The platform's asset types; an unknown one is refused by the loader (docs/api.md lists these).
enum class AssetType : std::uint8_t { kTable, kView, kVolume, kForeignTable, kNotebookFile };

// "TABLE", "VIEW", … exactly as the platform writes them in paths and bodies.
absl::string_view Name(AssetType type);
// Nothing when the platform has no such type (or we do not handle it).
std::optional<AssetType> ParseAssetType(absl::string_view name);

struct ColumnDoc {
  std::string name = {};
  std::string type = {};  // SQL type as written in the package, e.g. "STRING"
  std::string meaning = {};
  bool required = true;
};

struct PartitionValue {
  std::string name = {};
  std::string op = {};  // EQUAL | LIKE
  std::string value = {};
  std::string recipient_property_key = {};
  friend bool operator==(const PartitionValue&, const PartitionValue&) = default;
};
using Partition =
    std::vector<PartitionValue>;  // values are AND-ed; the partitions of an asset are OR-ed

// A spine asset that the provider adds to each room.
struct PackageAsset {
  AssetType type = AssetType::kTable;
  std::string shared_name = {};  // "<schema>.<asset>": the provider's alias is put before it
  std::string local_name = {};   // "<catalog>.<schema>.<asset>" in the provider's metastore
  std::string description = {};
  std::vector<Partition> partitions = {};
  std::vector<ColumnDoc> columns = {};  // documentation; empty where not given
};

struct ParameterDoc {
  std::string name = {};
  std::string default_value = {};
  std::string description = {};
  std::vector<std::string> allowed_values = {};  // empty: any
};

struct PackageNotebook {
  std::string name = {};         // asset name inside the room
  std::string description = {};  // shown to all collaborators
  std::string environment_version = {};
  std::string content_base64 =
      {};  // of the HTML export: what the platform's notebook_content carries
  std::string content_digest = {};  // "sha256:<hex>" over the decoded content
  std::string workspace_path =
      {};  // if set, the content is exported from there and is empty until resolved
  std::vector<ParameterDoc> parameters = {};
};

// A table the brand has to add before the notebook can run.
struct RequiredInput {
  std::string name = {};  // "<schema>.<table>" under the brand's alias
  std::string description = {};
  std::vector<ColumnDoc> columns = {};
};

// A table the notebook writes to the run's output schema.
struct OutputTable {
  std::string name = {};
  std::string description = {};
  std::vector<ColumnDoc> columns = {};
};

struct InternetDestination {
  std::string destination = {};
  std::string protocol = "TCP";
  std::string type = "FQDN";
  friend bool operator==(const InternetDestination&, const InternetDestination&) = default;
};

struct EgressPolicy {
  std::string restriction_mode = "RESTRICTED_ACCESS";  // or FULL_ACCESS
  std::vector<InternetDestination> allowed_internet_destinations = {};
  friend bool operator==(const EgressPolicy&, const EgressPolicy&) = default;
};

struct PackageVersion {
  PackageName name = {};
  std::string version = {};  // semantic version, "1.4.0"
  std::string digest = {};
  std::string display_name = {};
  std::string description = {};
  bool enable_shared_output = false;
  EgressPolicy egress = {};
  std::vector<PackageAsset> assets = {};
  std::vector<PackageNotebook> notebooks = {};
  std::vector<RequiredInput> required_inputs = {};
  std::vector<OutputTable> outputs = {};
};

}  // namespace roomkeeper
