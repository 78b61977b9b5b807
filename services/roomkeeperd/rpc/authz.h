#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "lib/auth/principal.h"

namespace roomkeeper {

enum class Access : std::uint8_t {
  kAnyKey,  // brands too: the command decides by the row (lib/auth/principal.h)
  kOperator,
};

enum class Effect : std::uint8_t {
  kReads,
  kReadsPlatform,  // … and waits for it: bounded for each brand
  kMutates,        // leaves a log line
  kWaits,          // reads, and may last for minutes: admitted apart from the others
};

// One row for each RPC; tests/service walks the descriptors and fails if one is missing. Every RPC
// but health needs a key.
struct Grant {
  const char* method = "";  // "roomkeeper.v1.JobService.GetJob"
  Access access = Access::kOperator;
  Effect effect = Effect::kReads;
};
absl::Span<const Grant> Grants();
// Null: no such row.
const Grant* FindGrant(absl::string_view method);

// OPERATOR_ONLY when the role is not enough. An RPC without a row is refused to everybody.
absl::Status Authorize(const Grant* grant, const Principal& principal);

}  // namespace roomkeeper
