#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

#include "lib/config/config.h"

namespace roomkeeper {

// `roomkeeperd store …`: what is done to the store's file and not through a server.
enum class StoreVerb : std::uint8_t { kBackup, kRestore, kMigrate };

// Answers a sentence that says what was done. `file`: the backup, for backup and restore.
absl::StatusOr<std::string> RunStoreCommand(const StoreConfig& store, StoreVerb verb,
                                            const std::string& file);

}  // namespace roomkeeper
