#pragma once

#include <string>

#include "lib/databricks_sim/core/call.h"

namespace roomkeeper::sim {

// Who a request comes from, by the Authorization header: an OAuth access token issued by this
// workspace, or a user's personal access token. Never null without a refusal.
Or<Account*> Authenticate(World& world, Workspace& workspace, const std::string& authorization);

}  // namespace roomkeeper::sim
