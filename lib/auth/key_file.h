#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "lib/base/secret.h"

namespace roomkeeper {

// Files that hold one secret. Blocking; for start-up only.

// Writes `secret` and a line end with mode 0600 to a new file and syncs it. kAlreadyExists if there
// is one: it is never overwritten.
absl::Status WriteKeyFile(const std::string& path, const Secret& secret);
// Without the line end. kNotFound if absent; kInvalidArgument over 4 KiB.
absl::StatusOr<Secret> ReadKeyFile(const std::string& path);

}  // namespace roomkeeper
