#include "lib/databricks_sim/core/faults.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace roomkeeper::sim {

bool GlobMatches(const std::string& glob, const std::string& text) {
  std::size_t g = 0;
  std::size_t t = 0;
  std::size_t star = std::string::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      star_text = t;
    } else if (g < glob.size() && glob[g] == text[t]) {
      ++g;
      ++t;
    } else if (star != std::string::npos) {  // let the last star take one character more
      g = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  return std::all_of(glob.begin() + static_cast<std::ptrdiff_t>(g), glob.end(),
                     [](char c) { return c == '*'; });
}

std::int64_t FaultList::Add(Fault fault) {
  faults_.push_back({.fault = std::move(fault)});
  return next_++;
}

std::optional<Fault> FaultList::Hit(const SimRequest& request, const std::string& raw_path,
                                    const std::string& route_name) {
  const std::string by_path = absl::StrCat(request.method, " ", raw_path);
  std::optional<Fault> hit;
  for (Armed& armed : faults_) {
    const Fault& fault = armed.fault;
    const bool here = fault.workspace.empty() || fault.workspace == request.workspace;
    if (!here || !(GlobMatches(fault.pattern, by_path) || GlobMatches(fault.pattern, route_name))) {
      continue;
    }
    const bool due = armed.seen++ >= fault.offset && (fault.times < 0 || armed.hits < fault.times);
    if (due && !hit) {
      ++armed.hits;
      hit = fault;
    }
  }
  return hit;
}

}  // namespace roomkeeper::sim
