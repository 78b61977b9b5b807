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

// Whether OAuth keys may be fetched from there at all: "https://" host, perhaps port and path, none
// at the end of which is a "/"; nothing that could make a URL mean something else.
bool IsIssuerUrl(absl::string_view url);

// The same as an issuer, whether or not it is written with a "/" at its end.
bool IsSameIssuer(absl::string_view a, absl::string_view b);

}  // namespace roomkeeper
