#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "lib/databricks/wire/rooms_json.h"

namespace roomkeeper::wire {

struct MetastoreSummary {
  std::string global_metastore_id = {};  // cloud:region:uuid
  std::string cloud = {};
  std::string region = {};
  std::string name = {};
  std::string owner = {};
  std::string delta_sharing_scope = {};  // INTERNAL | INTERNAL_AND_EXTERNAL
  std::string delta_sharing_organization_name = {};
};
absl::StatusOr<MetastoreSummary> ParseMetastoreSummary(const std::string& body);

// SCIM Me. Of a service principal `user_name` is its application id.
struct Identity {
  std::string id = {};
  std::string user_name = {};
  std::string display_name = {};
  std::vector<std::string> groups = {};  // display names
};
absl::StatusOr<Identity> ParseIdentity(const std::string& body);

// Privileges of one principal, inherited ones included.
absl::StatusOr<Page<std::string>> ParseEffectivePrivileges(const std::string& body);

struct Securable {
  std::string full_name = {};
  std::string owner = {};
};
absl::StatusOr<Securable> ParseSecurable(const std::string& body);

// workspace/export: the base64 text of the export, unchanged.
absl::StatusOr<std::string> ParseExport(const std::string& body);

}  // namespace roomkeeper::wire
