#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace roomkeeper {

// Puts `text` in the place of a file of ours that nobody else may read, or makes it: whoever reads
// finds the old or the new, whole, also after a crash. Mode 0600. A symbolic link is followed.
// kFailedPrecondition, with nothing changed: its folder cannot be written to, or it belongs to
// another user, who could not read it any more. Blocks until it is on disk.
absl::Status ReplacePrivateFile(const std::string& file, absl::string_view text);

// Whether that would work, as far as it can be known without doing it.
absl::Status CheckReplaceable(const std::string& file);

}  // namespace roomkeeper
