#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lib/databricks_sim/core/call.h"

namespace roomkeeper::sim {

struct PageEntry {
  std::string key = {};             // unique in the list, stable between calls
  std::function<Json()> view = {};  // called for the entries of the page only
};

// The page that `call` asks for: {<field>: [...], next_page_token}. `entries` are in the list's
// order. An unreadable page_token is 400. The token names the last entry given out, so that entries
// which come or go between pages neither repeat nor hide others.
Reply PageOf(const Call& call, const std::string& field, const std::vector<PageEntry>& entries,
             std::int64_t page_size_default, std::int64_t page_size_max);

}  // namespace roomkeeper::sim
