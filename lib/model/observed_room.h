#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "lib/model/room_spec.h"

namespace roomkeeper {

// What the platform shows. Enums are open sets: kept as the text that came, classified by the
// reader.

struct ObservedAsset {
  std::string name = {};
  std::string asset_type = {};  // "TABLE", "NOTEBOOK_FILE", or something newer
  std::string status = {};      // ACTIVE | PENDING | PERMISSION_DENIED | …
  std::string owner_collaborator_alias = {};
  // Filled by GET and by the answer to a write, absent from LIST:
  std::optional<std::string> local_name = {};
  std::optional<std::string> notebook_etag = {};
  std::optional<std::string> notebook_content_digest = {};  // "sha256:<hex>" of the decoded content
  std::optional<std::vector<std::string>> runner_collaborator_aliases = {};
  std::optional<std::string> description = {};
  std::optional<std::string> environment_version = {};
};

struct ObservedRoom {
  std::string name = {};
  std::string status = {};  // PROVISIONING | ACTIVE | FAILED | DELETED | …
  std::string comment = {};
  std::string owner = {};
  std::string access_restricted = {};
  std::string local_collaborator_alias = {};
  absl::Time created_at = {};
  // From GET of the room; LIST and the answer to create leave it out:
  bool has_detail = false;
  std::string central_clean_room_id = {};
  std::string cloud_vendor = {};
  std::string region = {};
  std::string package_provider_collaborator_alias = {};
  bool enable_shared_output = false;
  EgressPolicy egress = {};
  std::vector<Collaborator> collaborators = {};  // invite_recipient_workspace_id is never echoed
  // From LIST assets (and GET of each notebook), when asked for:
  bool has_assets = false;
  std::vector<ObservedAsset> assets = {};
};

// One run of a notebook in a room, as the provider sees it.
struct TaskRun {
  std::string name = {};
  std::string task_type = {};
  std::string life_cycle_state = {};
  std::string result_state = {};
  absl::Time start_time = {};
  absl::Duration run_duration = absl::ZeroDuration();
  std::string etag = {};
  std::string runner_collaborator_alias = {};
  std::string output_schema_name = {};
  std::optional<absl::Time> output_schema_expires_at = {};
  std::string shared_output_schema_name = {};
  std::optional<absl::Time> shared_output_schema_expires_at = {};
};

}  // namespace roomkeeper
