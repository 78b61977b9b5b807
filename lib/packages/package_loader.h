#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "lib/model/package.h"
#include "lib/packages/notebook_source.h"

namespace roomkeeper {

// A package version with the files that its digest covers.
struct LoadedPackage {
  PackageVersion package = {};
  std::vector<SourceFile> files = {};
  // One for each notebook: its file, or "" if it comes from a workspace path.
  std::vector<std::string> notebook_files = {};
  std::vector<std::string> pinned_digests = {};  // of each notebook; "": any content
};

// Reads `directory`/package.yaml and the files it names. kInvalidArgument: all that is wrong with
// the package at once, one "<file>:<line>: <problem>" a line. Blocks on the disk; thread-safe.
absl::StatusOr<LoadedPackage> LoadPackage(const std::string& directory);

// Gives a notebook the content (HTML) that was exported from its workspace path, and the package
// its new digest. kInvalidArgument: too large. kFailedPrecondition: not the content that is pinned.
absl::Status SetNotebookContent(LoadedPackage& loaded, std::size_t notebook,
                                const std::string& html);

}  // namespace roomkeeper
