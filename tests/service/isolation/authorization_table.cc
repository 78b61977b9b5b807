#include "tests/service/isolation/authorization_table.h"

#include <array>

#include "absl/strings/str_cat.h"

namespace roomkeeper::testing {
namespace {

using Row = AuthorizationRow;

constexpr char kName[] = "name: '$'";
constexpr char kParent[] = "parent: '$'";
constexpr char kNewRoom[] = "parent: '$' clean_room { package: 'packages/identity-match' }";

constexpr std::array kTable = {
    Row{"CleanRoomService.CreateCleanRoom", Least::kCi, Does::kChanges, Named::kInstallToFill,
        kNewRoom},
    Row{"CleanRoomService.PlanCleanRoom", Least::kCi, Does::kReads, Named::kInstallToFill,
        kNewRoom},
    Row{"CleanRoomService.GetCleanRoom", Least::kCi, Does::kReads, Named::kRoomToSee, kName},
    Row{"CleanRoomService.ListCleanRooms", Least::kCi, Does::kReads, Named::kParentToList, kParent},
    Row{"CleanRoomService.UpdateCleanRoom", Least::kBrand, Does::kChanges, Named::kRoomToChange,
        "name: '$' package_version: '1.1.0'"},
    Row{"CleanRoomService.DeleteCleanRoom", Least::kCi, Does::kChanges, Named::kRoomToChange,
        kName},
    Row{"CleanRoomService.UndeleteCleanRoom", Least::kBrand, Does::kChanges, Named::kRoomToChange,
        kName},
    Row{"CleanRoomService.RenewCleanRoom", Least::kCi, Does::kChanges, Named::kRoomToChange,
        "name: '$' ttl { seconds: 3600 }"},
    Row{"CleanRoomService.ExplainCleanRoom", Least::kCi, Does::kReads, Named::kRoomToSee, kName},
    Row{"CleanRoomService.GetRunnableNotebook", Least::kCi, Does::kReads, Named::kRoomToSee, kName},
    Row{"CleanRoomService.ListTaskRuns", Least::kCi, Does::kReads, Named::kRoomToSee, kParent},
    Row{"CleanRoomService.ConfirmRoomRemoved", Least::kCi, Does::kChanges, Named::kRoomToChange,
        kName},
    Row{"JobService.GetJob", Least::kCi, Does::kReads, Named::kJobToSee, kName},
    Row{"JobService.ListJobs", Least::kCi, Does::kReads, Named::kParentToList, kParent},
    Row{"JobService.WaitJob", Least::kCi, Does::kReads, Named::kJobToSee,
        "name: '$' timeout { nanos: 1000 }"},
    Row{"JobService.WatchJob", Least::kCi, Does::kReads, Named::kJobToSee, kName},
    Row{"JobService.CancelJob", Least::kCi, Does::kChanges, Named::kJobToChange, kName},
    Row{"JobService.RetryJob", Least::kBrand, Does::kChanges, Named::kJobToChange, kName},
    Row{"PackageService.ListPackages", Least::kCi, Does::kReads, Named::kNothing, ""},
    Row{"PackageService.GetPackage", Least::kCi, Does::kReads, Named::kNothing,
        "name: 'packages/identity-match'"},
    Row{"BrandService.CreateBrand", Least::kOperator, Does::kChanges, Named::kNothing,
        "brand_id: 'fresh'"},
    Row{"BrandService.GetBrand", Least::kOperator, Does::kReads, Named::kBrand, kName},
    Row{"BrandService.ListBrands", Least::kOperator, Does::kReads, Named::kNothing, ""},
    Row{"BrandService.UpdateBrand", Least::kOperator, Does::kChanges, Named::kBrand,
        "brand { name: '$' display_name: 'A' } update_mask { paths: 'display_name' }"},
    Row{"BrandService.EnrollInstall", Least::kOperator, Does::kChanges, Named::kBrand,
        "parent: '$' install_id: 'third' install { invite_recipient_workspace_id: 77 "
        "global_metastore_id: 'aws:us-west-2:33333333-3333-4333-8333-333333333333' "
        "invite_recipient_email: 'ada@brand.example' }"},
    Row{"BrandService.UpdateInstall", Least::kOperator, Does::kChanges, Named::kNothing,
        "install { name: 'brands/acme/installs/main' certificate_san: 'dns:app.acme.example' } "
        "update_mask { paths: 'certificate_san' }"},
    Row{"AuditService.ListAuditEntries", Least::kBrand, Does::kReads, Named::kParentToList,
        kParent},
    Row{"AuditService.VerifyAudit", Least::kOperator, Does::kReads, Named::kNothing, ""},
    Row{"BrandService.CreateApiKey", Least::kOperator, Does::kChanges, Named::kParentOfOthers,
        kParent},
    Row{"BrandService.RevokeApiKey", Least::kOperator, Does::kChanges, Named::kApiKey, kName},
    Row{"EnrollmentService.CreateEnrollmentCode", Least::kOperator, Does::kChanges, Named::kBrand,
        "parent: '$' enrollment_code { expire_time { seconds: @soon } }"},
    Row{"EnrollmentService.ListEnrollmentCodes", Least::kOperator, Does::kReads, Named::kNothing,
        ""},
    Row{"EnrollmentService.RevokeEnrollmentCode", Least::kOperator, Does::kChanges,
        Named::kEnrollmentCode, kName},
    Row{"EnrollmentService.ExchangeEnrollmentCode", Least::kNobody, Does::kChanges, Named::kNothing,
        "code: 'rke_0000000000000000_00000000000000000000000000000000' "
        "client_nonce: '00000000000000000000000000000000' install_id: 'third' "
        "global_metastore_id: 'aws:us-west-2:33333333-3333-4333-8333-333333333333' "
        "invite_recipient_workspace_id: 77 invite_recipient_email: 'ada@brand.example'"},
    Row{"EnrollmentService.ListEnrollments", Least::kOperator, Does::kReads, Named::kNothing, ""},
    Row{"EnrollmentService.ApproveEnrollment", Least::kOperator, Does::kChanges, Named::kEnrollment,
        kName},
    Row{"EnrollmentService.RefuseEnrollment", Least::kOperator, Does::kChanges, Named::kEnrollment,
        kName},
    Row{"ServerService.GetServerInfo", Least::kCi, Does::kReads, Named::kNothing, ""},
    Row{"OperationsService.CheckCredentials", Least::kOperator, Does::kReads, Named::kNothing, ""},
    Row{"OperationsService.RotateCredentials", Least::kOperator, Does::kChanges, Named::kNothing,
        "validate_only: true"},
    Row{"OperationsService.CheckShards", Least::kOperator, Does::kReads, Named::kNothing, ""},
    Row{"OperationsService.FreezeMutations", Least::kOperator, Does::kChanges, Named::kNothing,
        "scope: 'brands/zeta' reason: 'a test'"},
    Row{"OperationsService.ThawMutations", Least::kOperator, Does::kChanges, Named::kNothing,
        "scope: 'brands/zeta'"},
    Row{"OperationsService.ListFreezes", Least::kOperator, Does::kReads, Named::kNothing, ""},
    Row{"OperationsService.BackupStore", Least::kOperator, Does::kChanges, Named::kNothing, ""},
    Row{"OperationsService.FindOrphans", Least::kOperator, Does::kReads, Named::kNothing, ""},
    Row{"OperationsService.AdoptCleanRoom", Least::kOperator, Does::kChanges,
        Named::kParentOfOthers,
        "room_name: 'rk_acme_main_other_1' parent: '$' clean_room_id: 'other' "
        "clean_room { package: 'packages/identity-match' }"},
    Row{"OperationsService.ForgetCleanRoom", Least::kOperator, Does::kChanges, Named::kRoomToChange,
        kName},
};

}  // namespace

absl::Span<const AuthorizationRow> AuthorizationTable() {
  return kTable;
}

const AuthorizationRow* FindAuthorization(const std::string& full_name) {
  for (const AuthorizationRow& row : kTable) {
    if (full_name == absl::StrCat("roomkeeper.v1.", row.method)) {
      return &row;
    }
  }
  return nullptr;
}

}  // namespace roomkeeper::testing
