#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lib/databricks_sim/core/call.h"

namespace roomkeeper::sim {

using Handler = std::function<Reply(Call&)>;

struct Route {
  std::string method = {};
  std::string pattern = {};  // "/api/2.0/clean-rooms/{room}/assets"; {name} is one segment
  Handler handler = {};
  Schema body = {};                        // of the JSON body; empty: the handler takes none
  bool open = false;                       // needs no token
  std::vector<std::string> segments = {};  // of pattern, filled by Add

  std::string name() const { return method + " " + pattern; }
};

// All routes there are. Patterns do not overlap, except that a literal segment wins over {name}
// when it was added first.
class Router {
 public:
  void Add(std::string method, std::string pattern, Handler handler, Schema body = {});
  void AddOpen(std::string method, std::string pattern, Handler handler);
  // The route and its arguments, or null.
  const Route* Match(const std::string& method, const std::vector<std::string>& segments,
                     std::vector<std::string>* arguments) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace roomkeeper::sim
