#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace roomkeeper::sim {

struct Flags {
  std::string config = {};
  std::vector<std::pair<std::string, std::string>> knobs = {};
  bool check_config = false;
  bool tls = false;
  bool help = false;
  bool version = false;
};

// Of the command line without the program's name; "--flag value" and "--flag=value" are the same.
// kInvalidArgument: an unknown flag, a missing value, no --config.
absl::StatusOr<Flags> ParseFlags(const std::vector<std::string>& words);

// What --help prints.
absl::string_view Usage();

}  // namespace roomkeeper::sim
