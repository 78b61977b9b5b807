#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace roomkeeper::sim {

// Small files at start. All block.

// kNotFound, kPermissionDenied, kUnavailable.
absl::StatusOr<std::string> ReadFile(const std::string& path);
// `path`, which starts at the folder of `config_file` unless it is absolute or empty.
std::string PathBeside(const std::string& config_file, const std::string& path);

// Replaces the file at once (a reader sees the old text or the new), with mode 0600.
absl::Status WritePrivateFile(const std::string& path, absl::string_view text);
// With mode 0700, if it is not there.
absl::Status MakePrivateDirectory(const std::string& path);

}  // namespace roomkeeper::sim
