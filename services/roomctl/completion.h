#pragma once

#include <string>

namespace roomkeeper {

// A bash completion script made from the command table: it cannot be out of date.
std::string BashCompletion();

}  // namespace roomkeeper
