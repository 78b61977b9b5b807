#pragma once

#include <string>

#include "absl/strings/string_view.h"

#include "tests/support/temp_folder.h"

namespace roomkeeper::testing {

// A directory of its own for one test, removed at its end.
class PackageFiles {
 public:
  // Makes the directories in between.
  void Write(const std::string& path, absl::string_view text) const;
  const std::string& root() const { return folder_.path(); }

 private:
  TempFolder folder_;
};

// A small package that loads: one table, one notebook "match" from match.py.
std::string SmallManifest();
std::string SmallNotebook();
// SmallManifest() with `from`, which must be there, replaced.
std::string ManifestWith(absl::string_view from, absl::string_view to);

}  // namespace roomkeeper::testing
