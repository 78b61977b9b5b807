#pragma once

#include "absl/status/statusor.h"

#include "lib/base/secret.h"
#include "lib/config/config.h"

namespace roomkeeper {

// The key that signs the provenance mark in each room's comment: whoever has it can pass a room off
// as ours, and without it our rooms cannot be told from others'. Read from
// `config.provenance_key_file`, or from <store.path>.provenance-key, which is made at the first
// start (mode 0600). kFailedPrecondition: the store exists but its key is gone (restore it from the
// backup), or the file is not private. With the memory engine and no file: a fresh key.
absl::StatusOr<Secret> LoadProvenanceKey(const Config& config);

// The key of a store that is lost: none is made. kFailedPrecondition: it is lost too, or the file
// is not private, or the engine is memory.
absl::StatusOr<Secret> LoadKeptProvenanceKey(const Config& config);

}  // namespace roomkeeper
