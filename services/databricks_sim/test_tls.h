#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "lib/base/secret.h"

namespace roomkeeper::sim {

// What an https server of the simulator needs, all PEM. The CA's own key is forgotten at once.
struct TestTls {
  std::string ca_pem = {};           // for clients to trust
  std::string certificate_pem = {};  // for 127.0.0.1, ::1 and localhost, signed by the CA
  Secret key_pem = {};
};

// A new CA and a certificate of it, ECDSA P-256, valid from a day before `now` to a year after.
// kInternal if OpenSSL fails.
absl::StatusOr<TestTls> MakeTestTls(absl::Time now);

}  // namespace roomkeeper::sim
