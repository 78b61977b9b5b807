#include "lib/databricks/wire/unity_json.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"

#include "lib/base/status_macros.h"
#include "lib/databricks/wire/fields_json.h"

namespace roomkeeper::wire {

absl::StatusOr<MetastoreSummary> ParseMetastoreSummary(const std::string& body) {
  RK_ASSIGN_OR_RETURN(const Json json, ParseObject(body));
  MetastoreSummary summary = {
      .global_metastore_id = Text(json, "global_metastore_id"),
      .cloud = Text(json, "cloud"),
      .region = Text(json, "region"),
      .name = Text(json, "name"),
      .owner = Text(json, "owner"),
      .delta_sharing_scope = Text(json, "delta_sharing_scope"),
      .delta_sharing_organization_name = Text(json, "delta_sharing_organization_name")};
  if (summary.global_metastore_id.empty()) {
    return absl::DataLossError("metastore_summary has no global_metastore_id");
  }
  return summary;
}

absl::StatusOr<Identity> ParseIdentity(const std::string& body) {
  RK_ASSIGN_OR_RETURN(const Json json, ParseObject(body));
  Identity identity = {.id = Text(json, "id"),
                       .user_name = Text(json, "userName"),
                       .display_name = Text(json, "displayName")};
  for (const Json& group : Array(json, "groups")) {
    identity.groups.push_back(Text(group, "display"));
  }
  if (identity.user_name.empty()) {
    return absl::DataLossError("scim Me has no userName");
  }
  return identity;
}

absl::StatusOr<Page<std::string>> ParseEffectivePrivileges(const std::string& body) {
  RK_ASSIGN_OR_RETURN(const Json json, ParseObject(body));
  Page<std::string> page = {.next_page_token = Text(json, "next_page_token")};
  for (const Json& assignment : Array(json, "privilege_assignments")) {
    for (const Json& item : Array(assignment, "privileges")) {
      // effective-permissions gives objects, permissions gives names.
      std::string name = item.is_string() ? item.get<std::string>() : Text(item, "privilege");
      std::replace(name.begin(), name.end(), ' ', '_');
      page.items.push_back(std::move(name));
    }
  }
  return page;
}

absl::StatusOr<Securable> ParseSecurable(const std::string& body) {
  RK_ASSIGN_OR_RETURN(const Json json, ParseObject(body));
  return Securable{.full_name = Text(json, "full_name"), .owner = Text(json, "owner")};
}

absl::StatusOr<std::string> ParseExport(const std::string& body) {
  RK_ASSIGN_OR_RETURN(const Json json, ParseObject(body));
  std::string content = Text(json, "content");
  if (content.empty()) {
    return absl::DataLossError("the export has no content");
  }
  return content;
}

}  // namespace roomkeeper::wire
