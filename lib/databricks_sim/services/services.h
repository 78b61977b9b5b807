#pragma once

#include "lib/databricks_sim/core/router.h"

namespace roomkeeper::sim {

// Each adds the routes of one service; one file per service.
void AddOAuth(Router& router);
void AddScim(Router& router);
void AddUnityCatalog(Router& router);
void AddPermissions(Router& router);
void AddRooms(Router& router);
void AddAssets(Router& router);
void AddRevisionsAndReviews(Router& router);
void AddApprovalRules(Router& router);
void AddTaskRuns(Router& router);
void AddJobs(Router& router);
void AddWorkspaceFiles(Router& router);
void AddSecrets(Router& router);

void AddAllServices(Router& router);

}  // namespace roomkeeper::sim
