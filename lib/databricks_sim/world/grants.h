#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace roomkeeper::sim {

// Who holds what in one metastore. Types are lower case (metastore, catalog, schema, table, volume,
// clean_room), names are lower case, principals are application ids, e-mails or group names.
class Grants {
 public:
  using ByPrincipal = std::map<std::string, std::set<std::string>>;

  void Add(const std::string& type, const std::string& name, const std::string& principal,
           const std::string& privilege);
  void Remove(const std::string& type, const std::string& name, const std::string& principal,
              const std::string& privilege);
  void Forget(const std::string& type, const std::string& name);

  // Whether one of `principals` holds `privilege` (or ALL_PRIVILEGES) on the object itself.
  bool Has(const std::vector<std::string>& principals, const std::string& type,
           const std::string& name, const std::string& privilege) const;
  const ByPrincipal& Of(const std::string& type, const std::string& name) const;

 private:
  std::map<std::pair<std::string, std::string>, ByPrincipal> all_;
  ByPrincipal none_;
};

// The object and what it inherits from, nearest first: table a.b.c, schema
// a.b, catalog a.
std::vector<std::pair<std::string, std::string>> Lineage(const std::string& type,
                                                         const std::string& name);

}  // namespace roomkeeper::sim
