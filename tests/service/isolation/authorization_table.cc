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
    Row{"CleanRoomService.CreateCleanRoom", Least::kBrand, Named::kInstallToFill, kNewRoom},
    Row{"CleanRoomService.PlanCleanRoom", Least::kBrand, Named::kInstallToFill, kNewRoom},
    Row{"CleanRoomService.GetCleanRoom", Least::kBrand, Named::kRoomToSee, kName},
    Row{"CleanRoomService.ListCleanRooms", Least::kBrand, Named::kParentToList, kParent},
    Row{"CleanRoomService.UpdateCleanRoom", Least::kBrand, Named::kRoomToChange,
        "name: '$' package_version: '1.1.0'"},
    Row{"CleanRoomService.DeleteCleanRoom", Least::kBrand, Named::kRoomToChange, kName},
    Row{"CleanRoomService.UndeleteCleanRoom", Least::kBrand, Named::kRoomToChange, kName},
    Row{"CleanRoomService.RenewCleanRoom", Least::kBrand, Named::kRoomToChange,
        "name: '$' ttl { seconds: 3600 }"},
    Row{"CleanRoomService.ExplainCleanRoom", Least::kBrand, Named::kRoomToSee, kName},
    Row{"CleanRoomService.GetRunnableNotebook", Least::kBrand, Named::kRoomToSee, kName},
    Row{"CleanRoomService.ListTaskRuns", Least::kBrand, Named::kRoomToSee, kParent},
    Row{"CleanRoomService.ConfirmRoomRemoved", Least::kBrand, Named::kRoomToChange, kName},
    Row{"JobService.GetJob", Least::kBrand, Named::kJobToSee, kName},
    Row{"JobService.ListJobs", Least::kBrand, Named::kParentToList, kParent},
    Row{"JobService.WaitJob", Least::kBrand, Named::kJobToSee, "name: '$' timeout { nanos: 1000 }"},
    Row{"JobService.WatchJob", Least::kBrand, Named::kJobToSee, kName},
    Row{"JobService.CancelJob", Least::kBrand, Named::kJobToChange, kName},
    Row{"JobService.RetryJob", Least::kBrand, Named::kJobToChange, kName},
    Row{"PackageService.ListPackages", Least::kBrand, Named::kNothing, ""},
    Row{"PackageService.GetPackage", Least::kBrand, Named::kNothing,
        "name: 'packages/identity-match'"},
    Row{"BrandService.CreateBrand", Least::kOperator, Named::kNothing, "brand_id: 'fresh'"},
    Row{"BrandService.GetBrand", Least::kOperator, Named::kBrand, kName},
    Row{"BrandService.ListBrands", Least::kOperator, Named::kNothing, ""},
    Row{"BrandService.UpdateBrand", Least::kOperator, Named::kBrand,
        "brand { name: '$' display_name: 'A' } update_mask { paths: 'display_name' }"},
    Row{"BrandService.EnrollInstall", Least::kOperator, Named::kBrand,
        "parent: '$' install_id: 'third' install { invite_recipient_workspace_id: 77 "
        "global_metastore_id: 'aws:us-west-2:33333333-3333-4333-8333-333333333333' "
        "invite_recipient_email: 'ada@brand.example' }"},
    Row{"BrandService.UpdateInstall", Least::kOperator, Named::kNothing,
        "install { name: 'brands/acme/installs/main' certificate_san: 'dns:app.acme.example' } "
        "update_mask { paths: 'certificate_san' }"},
    Row{"AuditService.ListAuditEntries", Least::kBrand, Named::kParentToList, kParent},
    Row{"AuditService.VerifyAudit", Least::kOperator, Named::kNothing, ""},
    Row{"BrandService.CreateApiKey", Least::kOperator, Named::kParentOfOthers, kParent},
    Row{"BrandService.RevokeApiKey", Least::kOperator, Named::kApiKey, kName},
    Row{"EnrollmentService.CreateEnrollmentCode", Least::kOperator, Named::kBrand,
        "parent: '$' enrollment_code { expire_time { seconds: @soon } }"},
    Row{"EnrollmentService.ListEnrollmentCodes", Least::kOperator, Named::kNothing, ""},
    Row{"EnrollmentService.RevokeEnrollmentCode", Least::kOperator, Named::kEnrollmentCode, kName},
    Row{"EnrollmentService.ExchangeEnrollmentCode", Least::kNobody, Named::kNothing,
        "code: 'rke_0000000000000000_00000000000000000000000000000000' "
        "client_nonce: '00000000000000000000000000000000' install_id: 'third' "
        "global_metastore_id: 'aws:us-west-2:33333333-3333-4333-8333-333333333333' "
        "invite_recipient_workspace_id: 77 invite_recipient_email: 'ada@brand.example'"},
    Row{"EnrollmentService.ListEnrollments", Least::kOperator, Named::kNothing, ""},
    Row{"EnrollmentService.ApproveEnrollment", Least::kOperator, Named::kEnrollment, kName},
    Row{"EnrollmentService.RefuseEnrollment", Least::kOperator, Named::kEnrollment, kName},
    Row{"ServerService.GetServerInfo", Least::kBrand, Named::kNothing, ""},
    Row{"OperationsService.CheckCredentials", Least::kOperator, Named::kNothing, ""},
    Row{"OperationsService.CheckShards", Least::kOperator, Named::kNothing, ""},
    Row{"OperationsService.FreezeMutations", Least::kOperator, Named::kNothing,
        "scope: 'brands/zeta' reason: 'a test'"},
    Row{"OperationsService.ThawMutations", Least::kOperator, Named::kNothing,
        "scope: 'brands/zeta'"},
    Row{"OperationsService.ListFreezes", Least::kOperator, Named::kNothing, ""},
    Row{"OperationsService.BackupStore", Least::kOperator, Named::kNothing, ""},
    Row{"OperationsService.FindOrphans", Least::kOperator, Named::kNothing, ""},
    Row{"OperationsService.AdoptCleanRoom", Least::kOperator, Named::kParentOfOthers,
        "room_name: 'rk_acme_main_other_1' parent: '$' clean_room_id: 'other' "
        "clean_room { package: 'packages/identity-match' }"},
    Row{"OperationsService.ForgetCleanRoom", Least::kOperator, Named::kRoomToChange, kName},
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
