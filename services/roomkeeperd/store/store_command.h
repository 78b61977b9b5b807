#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

#include "lib/config/config.h"

namespace roomkeeper {

// `roomkeeperd store …`: what is done to the store's file and not through a server.
enum class StoreVerb : std::uint8_t { kBackup, kRestore, kMigrate, kRebuild };

struct StoreCommand {
  StoreVerb verb = StoreVerb::kBackup;
  std::string file = {};  // the backup, for backup and restore; the enrolments, for rebuild
  bool dry_run = false;   // of rebuild
};

// Answers what was done, for people.
absl::StatusOr<std::string> RunStoreCommand(const Config& config, const StoreCommand& command);

}  // namespace roomkeeper
