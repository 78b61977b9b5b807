#pragma once

#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "services/roomkeeperd/rpc/field_checks.h"

namespace roomkeeper {

// What may be said in each request, before any state is looked at.
struct FieldRule {
  const char* field = "";  // "parent", "clean_room.labels"
  FieldCheck check = check::Anything;
};
struct RequestRules {
  const char* method = "";  // "roomkeeper.v1.JobService.GetJob"
  absl::Span<const FieldRule> fields = {};
};

// One row for each RPC, one rule for each field that is read; tests/service walks the descriptors
// and fails if one is missing. Fields of a resource that only the server sets are ignored.
absl::Span<const RequestRules> AllRequestRules();

// Null: no such row.
const RequestRules* FindRules(absl::string_view method);

// The rule's field in a request of its method. An absent message on the way counts as empty, so
// what is required inside it is missed.
FieldView ViewOf(const google::protobuf::Message& request, const FieldRule& rule);

// Every violation at once: INVALID_REQUEST with one entry for each wrong field. Also caps every
// text in the message, read or not. Pure.
absl::Status CheckRequest(absl::string_view method, const google::protobuf::Message& request);

}  // namespace roomkeeper
