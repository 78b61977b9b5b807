#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"

#include "lib/databricks_sim/sim_config.h"

namespace roomkeeper::sim {

// One switch between readings of a behaviour that the public documents leave open, or that varies.
struct KnobInfo {
  const char* name = "";
  absl::Span<const char* const> values = {};  // the first is the default
  int row = 0;                                // of docs/simulator.md
  const char* meaning = "";
};

// Every knob there is, in the order of rows.
absl::Span<const KnobInfo> KnobTable();

// The positions of all knobs. Not thread-safe.
class KnobSettings {
 public:
  // kInvalidArgument: no such knob, or a value it does not have; says what is allowed.
  absl::Status Set(const std::string& name, const std::string& value);
  // Ends the process if there is no such knob or value: a typing error in the simulator.
  bool Is(const std::string& name, const std::string& value) const;
  std::string Get(const std::string& name) const;
  Knobs All() const;

 private:
  Knobs changed_;
};

}  // namespace roomkeeper::sim
