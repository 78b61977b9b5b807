#include "services/roomkeeperd/rpc/authz.h"

#include <array>
#include <string>

#include "lib/commands/refusals.h"
#include "lib/model/reasons.h"
#include "lib/model/refusal.h"
#include "lib/model/resource_name.h"
#include "services/roomkeeperd/rpc/request_rules.h"

namespace roomkeeper {
namespace {

constexpr std::array kGrants = {
    Grant{"roomkeeper.v1.CleanRoomService.CreateCleanRoom", Access::kCi, Effect::kMutates},
    Grant{"roomkeeper.v1.CleanRoomService.PlanCleanRoom", Access::kCi, Effect::kReadsPlatform},
    Grant{"roomkeeper.v1.CleanRoomService.UpdateCleanRoom", Access::kBrand, Effect::kMutates},
    Grant{"roomkeeper.v1.CleanRoomService.GetCleanRoom", Access::kCi, Effect::kReads},
    Grant{"roomkeeper.v1.CleanRoomService.ListCleanRooms", Access::kCi, Effect::kReads},
    Grant{"roomkeeper.v1.CleanRoomService.DeleteCleanRoom", Access::kCi, Effect::kMutates},
    Grant{"roomkeeper.v1.CleanRoomService.UndeleteCleanRoom", Access::kBrand, Effect::kMutates},
    Grant{"roomkeeper.v1.CleanRoomService.RenewCleanRoom", Access::kCi, Effect::kMutates},
    Grant{"roomkeeper.v1.CleanRoomService.ExplainCleanRoom", Access::kCi, Effect::kReads},
    Grant{"roomkeeper.v1.CleanRoomService.GetRunnableNotebook", Access::kCi,
          Effect::kReadsPlatform},
    Grant{"roomkeeper.v1.CleanRoomService.ListTaskRuns", Access::kCi, Effect::kReadsPlatform},
    Grant{"roomkeeper.v1.CleanRoomService.ConfirmRoomRemoved", Access::kCi, Effect::kMutates},
    Grant{"roomkeeper.v1.JobService.GetJob", Access::kCi, Effect::kReads},
    Grant{"roomkeeper.v1.JobService.ListJobs", Access::kCi, Effect::kReads},
    Grant{"roomkeeper.v1.JobService.WaitJob", Access::kCi, Effect::kWaits},
    Grant{"roomkeeper.v1.JobService.WatchJob", Access::kCi, Effect::kWaits},
    Grant{"roomkeeper.v1.JobService.CancelJob", Access::kCi, Effect::kMutates},
    Grant{"roomkeeper.v1.JobService.RetryJob", Access::kBrand, Effect::kMutates},
    Grant{"roomkeeper.v1.PackageService.ListPackages", Access::kCi, Effect::kReads},
    Grant{"roomkeeper.v1.PackageService.GetPackage", Access::kCi, Effect::kReads},
    Grant{"roomkeeper.v1.BrandService.CreateBrand", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.BrandService.GetBrand", Access::kOperator, Effect::kReads},
    Grant{"roomkeeper.v1.BrandService.ListBrands", Access::kOperator, Effect::kReads},
    Grant{"roomkeeper.v1.BrandService.UpdateBrand", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.BrandService.EnrollInstall", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.BrandService.UpdateInstall", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.BrandService.CreateApiKey", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.BrandService.RevokeApiKey", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.EnrollmentService.CreateEnrollmentCode", Access::kOperator,
          Effect::kMutates},
    Grant{"roomkeeper.v1.EnrollmentService.ListEnrollmentCodes", Access::kOperator, Effect::kReads},
    Grant{"roomkeeper.v1.EnrollmentService.RevokeEnrollmentCode", Access::kOperator,
          Effect::kMutates},
    Grant{"roomkeeper.v1.EnrollmentService.ExchangeEnrollmentCode", Access::kCode,
          Effect::kMutates},
    Grant{"roomkeeper.v1.EnrollmentService.ListEnrollments", Access::kOperator, Effect::kReads},
    Grant{"roomkeeper.v1.EnrollmentService.ApproveEnrollment", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.EnrollmentService.RefuseEnrollment", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.ServerService.GetServerInfo", Access::kCi, Effect::kReads},
    Grant{"roomkeeper.v1.OperationsService.CheckCredentials", Access::kOperator,
          Effect::kReadsPlatform},
    Grant{"roomkeeper.v1.OperationsService.RotateCredentials", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.OperationsService.CheckShards", Access::kOperator, Effect::kReadsPlatform},
    Grant{"roomkeeper.v1.OperationsService.FreezeMutations", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.OperationsService.ThawMutations", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.OperationsService.ListFreezes", Access::kOperator, Effect::kReads},
    Grant{"roomkeeper.v1.OperationsService.BackupStore", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.OperationsService.FindOrphans", Access::kOperator, Effect::kReadsPlatform},
    Grant{"roomkeeper.v1.OperationsService.AdoptCleanRoom", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.OperationsService.ForgetCleanRoom", Access::kOperator, Effect::kMutates},
    Grant{"roomkeeper.v1.AuditService.ListAuditEntries", Access::kBrand, Effect::kReads},
    Grant{"roomkeeper.v1.AuditService.VerifyAudit", Access::kOperator, Effect::kReads},
};

// A name that does not parse is for the request rules to refuse.

absl::Status JudgeRoom(const Principal& principal, const std::string& name, bool changes) {
  const auto room = ParseRoomName(name);
  if (!room || principal.IsCi()) {  // for whom it is looked up: gate/ci_gate.h
    return absl::OkStatus();
  }
  return changes ? CheckMayChange(principal, *room) : CheckMaySee(principal, *room);
}

// For whom a clean room is to be made. Empty: the caller's own.
absl::Status JudgeInstall(const Principal& principal, const std::string& name, bool /*changes*/) {
  const auto path = ParseBrandPath(name);
  if (!path || path->install.empty()) {
    return absl::OkStatus();
  }
  if (!principal.MaySee(path->brand)) {
    return NotFound(name);
  }
  return principal.MayActFor(path->brand, path->install) ? absl::OkStatus()
                                                         : OtherInstall(principal, name);
}

// Of a list. Empty: all that the caller may see.
absl::Status JudgeParent(const Principal& principal, const std::string& name, bool /*changes*/) {
  const auto room = ParseRoomName(name);
  const auto path = ParseBrandPath(name);
  if (!room && (!path || path->brand.empty())) {
    return absl::OkStatus();
  }
  const InstallId& install = room ? room->install : path->install;
  const bool elsewhere = principal.IsCi() && !install.empty() && install != principal.install;
  return principal.MaySee(room ? room->brand : path->brand) && !elsewhere ? absl::OkStatus()
                                                                          : NotFound(name);
}

struct NameJudge {
  FieldCheck names = nullptr;  // the request rule by which the field is a name of this kind
  absl::Status (*judge)(const Principal& principal, const std::string& name,
                        bool changes) = nullptr;
};
constexpr std::array kNameJudges = {
    NameJudge{check::RoomName, JudgeRoom},
    NameJudge{check::InstallNameOrEmpty, JudgeInstall},
    NameJudge{check::BrandPathOrEmpty, JudgeParent},
    NameJudge{check::AnyParent, JudgeParent},
};

absl::Status JudgeNames(const Grant& grant, const Principal& principal,
                        const google::protobuf::Message& request) {
  const RequestRules* rules = FindRules(grant.method);
  if (rules == nullptr) {
    return absl::InternalError("an RPC has no row in request_rules.cc");
  }
  for (const FieldRule& rule : rules->fields) {
    for (const NameJudge& judge : kNameJudges) {
      if (rule.check != judge.names) {
        continue;
      }
      const bool changes = grant.effect == Effect::kMutates;
      absl::Status judged = judge.judge(principal, ViewOf(request, rule).text(), changes);
      if (!judged.ok()) {
        return judged;
      }
    }
  }
  return absl::OkStatus();
}

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

absl::Status Authorize(const Grant* grant, const Principal& principal,
                       const google::protobuf::Message& request) {
  if (grant == nullptr) {
    return absl::InternalError("an RPC has no row in authz.cc");
  }
  if (grant->access == Access::kOperator && !principal.IsOperator()) {
    return ToStatus({.code = absl::StatusCode::kPermissionDenied,
                     .reason = reason::kOperatorOnly,
                     .message = "only an operator's API key may make this call"});
  }
  if (principal.role == Role::kViewer && grant->effect == Effect::kMutates) {
    return RoleTooLow(principal, Role::kOperator, "for a call that changes something");
  }
  if (principal.IsCi() && grant->access != Access::kCi) {
    return RoleTooLow(principal, Role::kBrand,
                      "for a call that does more than make, see, renew and delete clean rooms "
                      "under the key's label");
  }
  return JudgeNames(*grant, principal, request);
}

}  // namespace roomkeeper
