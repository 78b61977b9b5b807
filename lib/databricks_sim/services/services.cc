#include "lib/databricks_sim/services/services.h"

namespace roomkeeper::sim {

void AddAllServices(Router& router) {
  AddOAuth(router);
  AddScim(router);
  AddUnityCatalog(router);
  AddPermissions(router);
  AddRooms(router);
  AddAssets(router);
}

}  // namespace roomkeeper::sim
