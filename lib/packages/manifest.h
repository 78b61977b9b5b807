#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/model/package.h"
#include "lib/yaml/yaml_fields.h"
#include "lib/yaml/yaml_node.h"

namespace roomkeeper {

// package.yaml as read: everything of the package but the contents of its files.
// docs/packages.md lists every key.

// Ours, against a mistake that would fill memory or a request; raise one when a real package needs
// it.
inline constexpr std::size_t kPackageAssetsMax = 200;
inline constexpr std::size_t kPackageNotebooksMax = 20;
inline constexpr std::size_t kPackageTablesMax = 100;  // of required_inputs, and of outputs
inline constexpr std::size_t kPackageColumnsMax = 500;
inline constexpr std::size_t kPackageParametersMax = 50;
inline constexpr std::size_t kPackageDestinationsMax = 100;
inline constexpr std::size_t kPackagePartitionsMax = 100;
inline constexpr std::size_t kDisplayNameBytesMax = 100;
inline constexpr std::size_t kDescriptionBytesMax = 4000;
inline constexpr std::size_t kPackageTextBytesMax = 1000;  // any other text

// Where a notebook's content comes from.
struct NotebookOrigin {
  std::string file = {};           // relative to the package's directory; empty: a workspace path
  std::string pinned_digest = {};  // "sha256:<hex>"; empty: any content
  int line = 0;                    // of the notebook in package.yaml
};

struct Manifest {
  PackageVersion package = {};               // digests and contents are empty
  std::vector<NotebookOrigin> origins = {};  // one for each of package.notebooks
};

// Adds to `problems` all that is wrong; then the result is good for finding further problems only.
Manifest ReadManifest(const YamlNode& root, YamlProblems& problems);

}  // namespace roomkeeper
