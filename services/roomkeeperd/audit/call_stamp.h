#pragma once

#include <string>

#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "lib/model/audit.h"
#include "services/roomkeeperd/rpc/front_desk.h"

namespace roomkeeper {

// What the audit log says of a call. Pure.

// Metadata by which an app says for whom it acts. Nobody verifies it.
inline constexpr char kOnBehalfOf[] = "roomkeeper-on-behalf-of";

// "203.0.113.7" of gRPC's "ipv4:203.0.113.7:40123", "::1" of "ipv6:%5B::1%5D:40123".
std::string AddressOf(absl::string_view peer);

// INVALID_REQUEST unless it is printable, of at most 200 bytes, and no token.
absl::Status CheckOnBehalfOf(absl::string_view text);

// What a request is about: its name, parent or scope; empty if that is no name, or looks like a
// secret. Requests that were not let in are not checked yet.
std::string ResourceOf(const google::protobuf::Message& request);

// For the ops of a call that may change something.
AuditStampPtr StampOf(const CallRecord& record);

// The entry of a call that changed nothing.
AuditEntry EntryOf(const CallRecord& record, const absl::Status& status, absl::StatusCode code,
                   absl::Time now);

}  // namespace roomkeeper
