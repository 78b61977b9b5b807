#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace roomkeeper {

struct ListenSocket {
  int fd = -1;  // the caller closes it
  int port = 0;
};

// A listening TCP socket, non-blocking, closed on exec. `address` is numeric; port 0: the system
// chooses. kInvalidArgument: no such address or port. kUnavailable: in use, or out of descriptors.
absl::StatusOr<ListenSocket> ListenOn(const std::string& address, int port);

// "127.0.0.1:80", "[::1]:80".
std::string HostPort(const std::string& address, int port);

}  // namespace roomkeeper
