#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "lib/base/secret.h"

namespace roomkeeper {

// Where a secret is: in a file or in an environment variable, never in the config itself.
struct SecretSource {
  std::string file = {};
  std::string env = {};
};

// Reads it anew each time, so that a rotated file is seen without a restart. A newline at the end
// is dropped. kNotFound: there is none. kFailedPrecondition with the fix: neither or both are
// named, empty, larger than 64 KiB, or readable by others. Blocks as long as a file read.
absl::StatusOr<Secret> ReadSecret(const SecretSource& source);

// When its file was last written; nothing for a variable, or if there is no file.
std::optional<absl::Time> WrittenAt(const SecretSource& source);

// OK if `file` exists and nobody else can read it: no bit for others, and none for its group if the
// file is ours (a mounted secret may belong to root and be readable through our group).
absl::Status CheckPrivateFile(const std::string& file);

}  // namespace roomkeeper
