#include "lib/databricks_sim/world/grants.h"

#include <algorithm>

namespace roomkeeper::sim {

void Grants::Add(const std::string& type, const std::string& name, const std::string& principal,
                 const std::string& privilege) {
  all_[{type, name}][principal].insert(privilege);
}

void Grants::Remove(const std::string& type, const std::string& name, const std::string& principal,
                    const std::string& privilege) {
  ByPrincipal& holders = all_[{type, name}];
  holders[principal].erase(privilege);
  if (holders[principal].empty()) {
    holders.erase(principal);
  }
}

void Grants::Forget(const std::string& type, const std::string& name) {
  all_.erase({type, name});
}

bool Grants::Has(const std::vector<std::string>& principals, const std::string& type,
                 const std::string& name, const std::string& privilege) const {
  const ByPrincipal& holders = Of(type, name);
  return std::any_of(principals.begin(), principals.end(), [&](const std::string& principal) {
    const auto it = holders.find(principal);
    return it != holders.end() &&
           (it->second.count(privilege) > 0 || it->second.count("ALL_PRIVILEGES") > 0);
  });
}

const Grants::ByPrincipal& Grants::Of(const std::string& type, const std::string& name) const {
  const auto it = all_.find({type, name});
  return it == all_.end() ? none_ : it->second;
}

std::vector<std::pair<std::string, std::string>> Lineage(const std::string& type,
                                                         const std::string& name) {
  std::vector<std::pair<std::string, std::string>> out = {{type, name}};
  const auto first = name.find('.');
  const auto last = name.rfind('.');
  if (first != std::string::npos && last != first) {
    out.emplace_back("schema", name.substr(0, last));
  }
  if (first != std::string::npos) {
    out.emplace_back("catalog", name.substr(0, first));
  }
  return out;
}

}  // namespace roomkeeper::sim
