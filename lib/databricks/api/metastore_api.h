#pragma once

#include <string>
#include <vector>

#include "lib/cleanroom/provider.h"
#include "lib/databricks/rest_client.h"
#include "lib/databricks/wire/unity_json.h"

namespace roomkeeper {

// What Unity Catalog says of our metastore, of our principal and of what we may share.

void GetMetastoreSummary(const ScopedRest& rest, CallDone<wire::MetastoreSummary> done);
// SCIM Me: who the credentials are.
void GetIdentity(const ScopedRest& rest, CallDone<wire::Identity> done);

struct SecurableRef {
  std::string type =
      {};  // lower case: "metastore", "table" (views and foreign tables too), "volume"
  std::string full_name = {};
};
void GetSecurable(const ScopedRest& rest, const SecurableRef& securable,
                  CallDone<wire::Securable> done);
// What `principal` may do, inherited privileges included, sorted.
void ListEffectivePrivileges(const ScopedRest& rest, const SecurableRef& securable,
                             const std::string& principal, CallDone<std::vector<std::string>> done);

}  // namespace roomkeeper
