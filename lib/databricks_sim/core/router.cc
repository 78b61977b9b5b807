#include "lib/databricks_sim/core/router.h"

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace roomkeeper::sim {
namespace {

bool IsArgument(const std::string& segment) {
  return absl::StartsWith(segment, "{");
}

bool Fits(const Route& route, const std::vector<std::string>& segments) {
  if (route.segments.size() != segments.size()) {
    return false;
  }
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool fits =
        IsArgument(route.segments[i]) ? !segments[i].empty() : route.segments[i] == segments[i];
    if (!fits) {
      return false;
    }
  }
  return true;
}

}  // namespace

void Router::Add(std::string method, std::string pattern, Handler handler, Schema body) {
  Route route;
  route.method = std::move(method);
  route.segments = absl::StrSplit(absl::string_view(pattern).substr(1), '/');
  route.pattern = std::move(pattern);
  route.handler = std::move(handler);
  route.body = body;
  routes_.push_back(std::move(route));
}

void Router::AddOpen(std::string method, std::string pattern, Handler handler) {
  Add(std::move(method), std::move(pattern), std::move(handler));
  routes_.back().open = true;
}

const Route* Router::Match(const std::string& method, const std::vector<std::string>& segments,
                           std::vector<std::string>* arguments) const {
  for (const Route& route : routes_) {
    if (route.method != method || !Fits(route, segments)) {
      continue;
    }
    for (std::size_t i = 0; i < segments.size(); ++i) {
      if (IsArgument(route.segments[i])) {
        arguments->push_back(segments[i]);
      }
    }
    return &route;
  }
  return nullptr;
}

}  // namespace roomkeeper::sim
