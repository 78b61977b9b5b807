#include "services/roomkeeperd/rpc/authz.h"

#include <array>

#include "lib/model/reasons.h"
#include "lib/model/refusal.h"

namespace roomkeeper {
namespace {

constexpr std::array kGrants = {
    Grant{"roomkeeper.v1.CleanRoomService.CreateCleanRoom", Access::kAnyKey, Effect::kMutates},
    Grant{"roomkeeper.v1.CleanRoomService.PlanCleanRoom", Access::kAnyKey, Effect::kReadsPlatform},
    Grant{"roomkeeper.v1.CleanRoomService.GetCleanRoom", Access::kAnyKey, Effect::kReads},
    Grant{"roomkeeper.v1.CleanRoomService.ListCleanRooms", Access::kAnyKey, Effect::kReads},
    Grant{"roomkeeper.v1.CleanRoomService.DeleteCleanRoom", Access::kAnyKey, Effect::kMutates},
    Grant{"roomkeeper.v1.CleanRoomService.UndeleteCleanRoom", Access::kAnyKey, Effect::kMutates},
    Grant{"roomkeeper.v1.CleanRoomService.RenewCleanRoom", Access::kAnyKey, Effect::kMutates},
    Grant{"roomkeeper.v1.CleanRoomService.ExplainCleanRoom", Access::kAnyKey, Effect::kReads},
    Grant{"roomkeeper.v1.CleanRoomService.GetRunnableNotebook", Access::kAnyKey,
          Effect::kReadsPlatform},
    Grant{"roomkeeper.v1.CleanRoomService.ListTaskRuns", Access::kAnyKey, Effect::kReadsPlatform},
    Grant{"roomkeeper.v1.CleanRoomService.ConfirmRoomRemoved", Access::kAnyKey, Effect::kMutates},
    Grant{"roomkeeper.v1.JobService.GetJob", Access::kAnyKey, Effect::kReads},
    Grant{"roomkeeper.v1.JobService.ListJobs", Access::kAnyKey, Effect::kReads},
    Grant{"roomkeeper.v1.JobService.WaitJob", Access::kAnyKey, Effect::kWaits},
    Grant{"roomkeeper.v1.JobService.WatchJob", Access::kAnyKey, Effect::kWaits},
    Grant{"roomkeeper.v1.JobService.CancelJob", Access::kAnyKey, Effect::kMutates},
    Grant{"roomkeeper.v1.JobService.RetryJob", Access::kAnyKey, Effect::kMutates},
    Grant{"roomkeeper.v1.PackageService.ListPackages", Access::kAnyKey, Effect::kReads},
    Grant{"roomkeeper.v1.PackageService.GetPackage", Access::kAnyKey, Effect::kReads},
    Grant{"roomkeeper.v1.BrandService.CreateBrand", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.BrandService.GetBrand", Access::kOperator, Effect::kReads},
    Grant{"roomkeeper.v1.BrandService.ListBrands", Access::kOperator, Effect::kReads},
    Grant{"roomkeeper.v1.BrandService.UpdateBrand", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.BrandService.EnrollInstall", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.BrandService.CreateApiKey", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.BrandService.RevokeApiKey", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.ServerService.GetServerInfo", Access::kAnyKey, Effect::kReads},
    Grant{"roomkeeper.v1.OperationsService.CheckCredentials", Access::kOperator,
          Effect::kReadsPlatform},
    Grant{"roomkeeper.v1.OperationsService.CheckShards", Access::kOperator, Effect::kReadsPlatform},
    Grant{"roomkeeper.v1.OperationsService.FreezeMutations", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.OperationsService.ThawMutations", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.OperationsService.ListFreezes", Access::kOperator, Effect::kReads},
    Grant{"roomkeeper.v1.OperationsService.BackupStore", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.OperationsService.FindOrphans", Access::kOperator, Effect::kReadsPlatform},
    Grant{"roomkeeper.v1.OperationsService.AdoptCleanRoom", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.OperationsService.ForgetCleanRoom", Access::kOperator, Effect::kMutates},
};

}  // namespace

absl::Span<const Grant> Grants() {
  return kGrants;
}

const Grant* FindGrant(absl::string_view method) {
  for (const Grant& grant : kGrants) {
    if (method == grant.method) {
      return &grant;
    }
  }
  return nullptr;
}

absl::Status Authorize(const Grant* grant, const Principal& principal) {
  if (grant == nullptr) {
    return absl::InternalError("an RPC has no row in authz.cc");
  }
  if (grant->access == Access::kOperator && !principal.IsOperator()) {
    return ToStatus({.code = absl::StatusCode::kPermissionDenied,
                     .reason = reason::kOperatorOnly,
                     .message = "only an operator's API key may make this call"});
  }
  return absl::OkStatus();
}

}  // namespace roomkeeper
