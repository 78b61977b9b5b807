#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace roomkeeper {

struct HostPort {
  std::string host = {};  // without brackets; "localhost" is kept
  int port = 0;
};

// "127.0.0.1:7420", "[::1]:0", "localhost:80". kInvalidArgument: anything else.
absl::StatusOr<HostPort> ParseHostPort(absl::string_view address);

// True for 127.0.0.0/8, ::1 and localhost, with or without a port.
bool IsLoopback(absl::string_view address);

}  // namespace roomkeeper
