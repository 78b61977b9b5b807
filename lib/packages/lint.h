#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace roomkeeper {

enum class LintSeverity : std::uint8_t { kWarning, kError };
absl::string_view Name(LintSeverity severity);  // "warning", "error"

struct LintFinding {
  LintSeverity severity = LintSeverity::kWarning;
  std::string file = {};  // relative to the package; of an HTML export "x.html (cell 3)"
  int line = 0;
  std::string rule = {};     // "run-time-install", "printed-rows", "undeclared-url", "cell-results"
  std::string message = {};  // what is there
  std::string fix = {};      // what to do about it
};

// Reads the notebooks of the package in `directory` for what will go wrong once it is in a room:
//  - an install or download at run time: an error under RESTRICTED_ACCESS, where it cannot work,
//    and a warning under FULL_ACCESS, where it makes the run depend on what is out there that day;
//  - rows that are printed: the runner may see a notebook's output (docs/packages.md);
//  - URLs of domains that the egress policy does not allow;
//  - an HTML export that still holds the results of a run.
// It reads lines of text, so it finds habits, not tricks. Notebooks from a workspace path are not
// here to be read and are skipped. In the order of the notebooks and their lines.
// kInvalidArgument: the package does not load (LoadPackage). Blocks on the disk; thread-safe.
absl::StatusOr<std::vector<LintFinding>> LintPackage(const std::string& directory);

}  // namespace roomkeeper
