#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/databricks_sim/simulator.h"

namespace roomkeeper::sim {

// The injected faults, in the order they were added. Not thread-safe.
class FaultList {
 public:
  std::int64_t Add(Fault fault);
  void Clear() { faults_.clear(); }

  // The first fault that this request hits. Every fault that matches counts the request, also when
  // an earlier one hits, so that `offset` counts requests.
  std::optional<Fault> Hit(const SimRequest& request, const std::string& raw_path,
                           const std::string& route_name);

 private:
  struct Armed {
    Fault fault = {};
    std::int64_t seen = 0;
    std::int64_t hits = 0;
  };
  std::vector<Armed> faults_;
  std::int64_t next_ = 1;
};

// '*' stands for any run of characters.
bool GlobMatches(const std::string& glob, const std::string& text);

}  // namespace roomkeeper::sim
