#include "lib/databricks_sim/services/services.h"

namespace roomkeeper::sim {

void AddAllServices(Router& router) {
  AddOAuth(router);
  AddScim(router);
  AddUnityCatalog(router);
  AddPermissions(router);
  AddRooms(router);
  AddAssets(router);
  AddRevisionsAndReviews(router);
  AddApprovalRules(router);
  AddTaskRuns(router);
  AddJobs(router);
  AddWorkspaceFiles(router);
  AddSecrets(router);
}

}  // namespace roomkeeper::sim
