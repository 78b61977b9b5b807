#pragma once

#include <cstdint>

#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "lib/auth/principal.h"

namespace roomkeeper {

// Whom a call is for; for which resources, their names decide. Of operators, a viewer makes the
// calls that read, an operator all; what takes an admin, a key's role decides
// (lib/commands/brands/api_keys.h).
enum class Access : std::uint8_t {
  kCi,     // CI keys too, for the rooms under their label
  kBrand,  // apps, for what is theirs, and operators
  kOperator,
  // No key is asked for: the request holds what its caller proves itself with, and the command
  // judges that. Such calls are bounded for each address (ExchangeGate).
  kCode,
};

enum class Effect : std::uint8_t {
  kReads,
  kReadsPlatform,  // … and waits for it: bounded for each brand
  kMutates,        // leaves a log line
  kWaits,          // reads, and may last for minutes: admitted apart from the others
};

// One row for each RPC; tests/service walks the descriptors and fails if one is missing. Every RPC
// but health and the exchange of an enrolment code needs a key.
struct Grant {
  const char* method = "";  // "roomkeeper.v1.JobService.GetJob"
  Access access = Access::kOperator;
  Effect effect = Effect::kReads;
};
absl::Span<const Grant> Grants();
// Null: no such row.
const Grant* FindGrant(absl::string_view method);

// The one place where a call is allowed, but for what only a row tells: whose a job is
// (lib/commands/jobs/read_jobs.h), and what a CI key sees (gate/ci_gate.h). OPERATOR_ONLY for who
// is none, ROLE_TOO_LOW when an operator's role, or a CI key, is not enough; RESOURCE_NOT_FOUND
// when the request names a clean room, an install or a parent of another brand; OTHER_INSTALL when
// it would change one that the key is not bound to. It judges by the name alone and reads nothing,
// so what there is under another brand's name makes no difference. Which fields are names, the
// request rules say. An RPC without a row is refused to everybody.
absl::Status Authorize(const Grant* grant, const Principal& principal,
                       const google::protobuf::Message& request);

}  // namespace roomkeeper
