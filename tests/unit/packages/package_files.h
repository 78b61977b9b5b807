#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace roomkeeper::testing {

// A directory of its own for one test, removed at its end.
class PackageFiles {
 public:
  PackageFiles();
  ~PackageFiles();
  PackageFiles(const PackageFiles&) = delete;
  PackageFiles& operator=(const PackageFiles&) = delete;

  // Makes the directories in between.
  void Write(const std::string& path, absl::string_view text) const;
  const std::string& root() const { return root_; }

 private:
  std::string root_;
};

// A small package that loads: one table, one notebook "match" from match.py.
std::string SmallManifest();
std::string SmallNotebook();
// SmallManifest() with `from`, which must be there, replaced.
std::string ManifestWith(absl::string_view from, absl::string_view to);

}  // namespace roomkeeper::testing
