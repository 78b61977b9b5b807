#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace roomkeeper {

// A metastore as the platform names it to strangers: "cloud:region:metastore-uuid".
// Source: metastore_summary.global_metastore_id; the console checks a lower-case cloud, [a-z0-9-]+
// and a UUID.
struct SharingIdentifier {
  std::string cloud = {};  // aws | azure | gcp
  std::string region = {};
  std::string metastore_uuid = {};
};

// Pure. kInvalidArgument with a sentence for the person who typed it: what was seen, what is
// allowed, where to find the right value.
absl::StatusOr<SharingIdentifier> ParseSharingIdentifier(absl::string_view text);

// The invitee of a clean room is a person of the brand, named by e-mail address; the platform
// refuses principals. kInvalidArgument as above. Accepts what a mail server could accept, no more
// checks than that.
absl::Status ValidateInviteRecipientEmail(absl::string_view email);

// kInvalidArgument unless it is positive: the platform wants it with every invitee.
absl::Status ValidateInviteRecipientWorkspaceId(std::int64_t workspace_id);

}  // namespace roomkeeper
