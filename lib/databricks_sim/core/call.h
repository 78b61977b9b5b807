#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "lib/databricks_sim/core/errors.h"
#include "lib/databricks_sim/core/json_fields.h"
#include "lib/databricks_sim/simulator.h"
#include "lib/databricks_sim/world/world.h"

namespace roomkeeper::sim {

// One request on its way through a handler. `caller` is null on open routes only.
struct Call {
  World& world;
  Workspace& workspace;
  Account* caller = nullptr;
  absl::Time now = {};
  const SimRequest& request;
  std::vector<std::string> arguments = {};  // what the {…} of the pattern matched
  std::map<std::string, std::string> query = {};
  Json body = {};

  Metastore& metastore() const { return *workspace.metastore; }
  std::vector<std::string> identities() const { return World::Identities(*caller); }
  std::string Query(const std::string& name) const {
    const auto it = query.find(name);
    return it == query.end() ? std::string() : it->second;
  }
  bool Knob(const char* name, const char* value) const { return world.knobs.Is(name, value); }
};

}  // namespace roomkeeper::sim
