#pragma once

#include <string>

#include "absl/time/time.h"

namespace roomkeeper {

// For people: "2026-11-21 18:30:00 UTC".
std::string UtcText(absl::Time time);

}  // namespace roomkeeper
