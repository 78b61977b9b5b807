#include "services/roomkeeperd/rpc/request_rules.h"

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "lib/model/reasons.h"
#include "lib/model/refusal.h"
#include "services/roomkeeperd/rpc/gate/text_walk.h"

namespace roomkeeper {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::size_t kTextBytesMax = 4096;  // of any string, in fields that nobody reads too

// Fields that mean the same in many requests.
constexpr FieldRule kPageSize{"page_size", check::PageSize};
constexpr FieldRule kPageToken{"page_token", check::PageToken};
constexpr FieldRule kRequestId{"request_id", check::RequestId};
constexpr FieldRule kValidateOnly{"validate_only", check::Anything};

// A request about one resource, by its name.
template <typename... More>
constexpr std::array<FieldRule, 1 + sizeof...(More)> Named(FieldCheck check, More... more) {
  return {FieldRule{"name", check}, more...};
}

// A list, of a parent.
template <typename... More>
constexpr std::array<FieldRule, 3 + sizeof...(More)> ListOf(FieldCheck check, More... more) {
  return {FieldRule{"parent", check}, kPageSize, kPageToken, more...};
}

// What a room to be made is described with.
template <typename... More>
constexpr std::array<FieldRule, 10 + sizeof...(More)> NewRoom(More... more) {
  return {FieldRule{"parent", check::InstallNameOrEmpty},
          FieldRule{"clean_room_id", check::CleanRoomIdOrEmpty},
          FieldRule{"clean_room.package", check::PackageName},
          FieldRule{"clean_room.package_version", check::VersionOrEmpty},
          FieldRule{"clean_room.labels", check::Labels},
          FieldRule{"clean_room.expire_time", check::Timestamp},
          FieldRule{"clean_room.ttl", check::Ttl},
          FieldRule{"invitee.global_metastore_id", check::MetastoreIdOrEmpty},
          FieldRule{"invitee.invite_recipient_workspace_id", check::WorkspaceIdOrZero},
          FieldRule{"invitee.invite_recipient_email", check::EmailOrEmpty},
          more...};
}

constexpr auto kCreateCleanRoom = NewRoom(kRequestId, kValidateOnly);
constexpr auto kPlanCleanRoom = NewRoom();
constexpr auto kAdoptCleanRoom =
    NewRoom(FieldRule{"room_name", check::PlatformRoomName}, kRequestId, kValidateOnly);
constexpr auto kForgetCleanRoom = Named(check::RoomName, kRequestId, kValidateOnly);
constexpr auto kRoomOnly = Named(check::RoomName);
constexpr auto kListCleanRooms = ListOf(
    check::BrandPathOrEmpty, FieldRule{"package", check::PackageNameOrEmpty},
    FieldRule{"package_version", check::VersionOrEmpty}, FieldRule{"state", check::KnownEnum},
    FieldRule{"labels", check::Labels}, FieldRule{"show_deleted", check::Anything});
constexpr auto kDeleteCleanRoom =
    Named(check::RoomName, FieldRule{"etag", check::Etag}, kRequestId, kValidateOnly,
          FieldRule{"force", check::Anything}, FieldRule{"grace", check::Grace});
constexpr auto kUpdateCleanRoom =
    Named(check::RoomName, FieldRule{"package_version", check::Version},
          FieldRule{"etag", check::Etag}, kRequestId, kValidateOnly);
constexpr auto kRenewCleanRoom = Named(check::RoomName, FieldRule{"expire_time", check::Timestamp},
                                       FieldRule{"ttl", check::Ttl});
constexpr auto kGetRunnableNotebook =
    Named(check::RoomName, FieldRule{"notebook", check::NotebookNameOrEmpty},
          FieldRule{"refresh", check::Anything});
constexpr auto kListTaskRuns = ListOf(check::RoomName);
constexpr auto kJobOnly = Named(check::JobName);
constexpr auto kListJobs = ListOf(check::AnyParent, FieldRule{"state", check::KnownEnum});
constexpr auto kWaitJob = Named(check::JobName, FieldRule{"timeout", check::WaitTimeout});
constexpr auto kWatchJob = Named(check::JobName, FieldRule{"after_sequence", check::Sequence});
constexpr auto kRetryJob = Named(check::JobName, kRequestId, kValidateOnly);
constexpr std::array kPage = {kPageSize, kPageToken};
constexpr auto kGetPackage = Named(check::PackagePath);
constexpr std::array kCreateBrand = {
    FieldRule{"brand_id", check::ShortId},
    FieldRule{"brand.display_name", check::DisplayName},
    FieldRule{"brand.collaborator_alias", check::AliasOrEmpty},
    FieldRule{"brand.labels", check::Labels},
    FieldRule{"brand.jobs_in_flight_max", check::JobsInFlightMax},
    kValidateOnly,
};
constexpr auto kBrandOnly = Named(check::BrandName);
constexpr std::array kUpdateBrand = {
    FieldRule{"brand.name", check::BrandName},
    FieldRule{"brand.display_name", check::DisplayName},
    FieldRule{"brand.labels", check::Labels},
    FieldRule{"brand.jobs_in_flight_max", check::JobsInFlightMax},
    FieldRule{"brand.etag", check::Etag},
    FieldRule{"update_mask", check::BrandUpdateMask},
    kValidateOnly,
};
constexpr std::array kEnrollInstall = {
    FieldRule{"parent", check::BrandName},
    FieldRule{"install_id", check::ShortId},
    FieldRule{"install.global_metastore_id", check::MetastoreId},
    FieldRule{"install.invite_recipient_workspace_id", check::WorkspaceId},
    FieldRule{"install.invite_recipient_email", check::Email},
    FieldRule{"install.shard", check::ShortIdOrEmpty},
    FieldRule{"install.token_identity", check::TokenIdentityOrUnset},
    FieldRule{"install.certificate_san", check::CertificateSanOrEmpty},
    FieldRule{"install.packages", check::PackageNames},
    FieldRule{"install.rooms_max", check::RoomsMax},
    kValidateOnly,
};
constexpr std::array kUpdateInstall = {
    FieldRule{"install.name", check::InstallName},
    FieldRule{"install.token_identity", check::TokenIdentityOrUnset},
    FieldRule{"install.certificate_san", check::CertificateSanOrEmpty},
    FieldRule{"install.packages", check::PackageNames},
    FieldRule{"install.rooms_max", check::RoomsMax},
    FieldRule{"update_mask", check::InstallUpdateMask},
    kValidateOnly,
};
constexpr std::array kCreateApiKey = {
    FieldRule{"parent", check::BrandPathOrEmpty},
    FieldRule{"api_key.display_name", check::DisplayName},
    FieldRule{"api_key.expire_time", check::Timestamp},
    FieldRule{"api_key.operator_role", check::KnownEnum},
    FieldRule{"api_key.ci", check::CiScopeOrUnset},
    kRequestId,
};
constexpr std::array kRevokeApiKey = {
    FieldRule{"name", check::ApiKeyName},
    kRequestId,
};
constexpr std::array kCreateEnrollmentCode = {
    FieldRule{"parent", check::BrandName},
    FieldRule{"enrollment_code.display_name", check::DisplayName},
    FieldRule{"enrollment_code.policy", check::PolicyOfWanted},
    FieldRule{"enrollment_code.otherwise", check::PolicyOfOthers},
    FieldRule{"enrollment_code.uses_max", check::UsesMax},
    FieldRule{"enrollment_code.expire_time", check::TimestampSet},
    FieldRule{"enrollment_code.packages", check::PackageNames},
    FieldRule{"enrollment_code.rooms_max", check::RoomsMax},
    FieldRule{"enrollment_code.metastores", check::MetastorePrefixes},
    FieldRule{"enrollment_code.email_domains", check::EmailDomains},
    kRequestId,
};
constexpr auto kListEnrollmentCodes = ListOf(check::BrandNameOrEmpty);
constexpr auto kEnrollmentCodeOnly = Named(check::EnrollmentCodeName);
constexpr std::array kExchangeEnrollmentCode = {
    FieldRule{"code", check::PresentedSecret},
    FieldRule{"client_nonce", check::ClientNonce},
    FieldRule{"install_id", check::ShortId},
    FieldRule{"global_metastore_id", check::MetastoreId},
    FieldRule{"invite_recipient_workspace_id", check::WorkspaceId},
    FieldRule{"invite_recipient_email", check::Email},
};
constexpr auto kListEnrollments =
    ListOf(check::BrandNameOrEmpty, FieldRule{"state", check::KnownEnum});
constexpr auto kEnrollmentOnly = Named(check::EnrollmentName);
constexpr std::array kCheckShards = {FieldRule{"shard", check::ShortIdOrEmpty}};
constexpr std::array kRotateCredentials = {FieldRule{"shard", check::ShortIdOrEmpty},
                                           kValidateOnly};
constexpr std::array kFreezeMutations = {FieldRule{"scope", check::FreezeScope},
                                         FieldRule{"reason", check::FreezeReason}};
constexpr std::array kThawMutations = {FieldRule{"scope", check::FreezeScope}};

constexpr auto kListAuditEntries =
    ListOf(check::BrandPathOrEmpty, FieldRule{"method", check::AuditText},
           FieldRule{"api_key", check::AuditText}, FieldRule{"resource", check::AuditText},
           FieldRule{"outcome", check::KnownEnum}, FieldRule{"start_time", check::Timestamp},
           FieldRule{"end_time", check::Timestamp});
constexpr std::array kVerifyAudit = {FieldRule{"known_sequence", check::Sequence},
                                     FieldRule{"known_hash", check::HashOrEmpty}};

constexpr std::array kRules = {
    RequestRules{"roomkeeper.v1.CleanRoomService.CreateCleanRoom", kCreateCleanRoom},
    RequestRules{"roomkeeper.v1.CleanRoomService.PlanCleanRoom", kPlanCleanRoom},
    RequestRules{"roomkeeper.v1.CleanRoomService.UpdateCleanRoom", kUpdateCleanRoom},
    RequestRules{"roomkeeper.v1.CleanRoomService.GetCleanRoom", kRoomOnly},
    RequestRules{"roomkeeper.v1.CleanRoomService.ListCleanRooms", kListCleanRooms},
    RequestRules{"roomkeeper.v1.CleanRoomService.DeleteCleanRoom", kDeleteCleanRoom},
    RequestRules{"roomkeeper.v1.CleanRoomService.UndeleteCleanRoom", kRoomOnly},
    RequestRules{"roomkeeper.v1.CleanRoomService.RenewCleanRoom", kRenewCleanRoom},
    RequestRules{"roomkeeper.v1.CleanRoomService.ExplainCleanRoom", kRoomOnly},
    RequestRules{"roomkeeper.v1.CleanRoomService.GetRunnableNotebook", kGetRunnableNotebook},
    RequestRules{"roomkeeper.v1.CleanRoomService.ListTaskRuns", kListTaskRuns},
    RequestRules{"roomkeeper.v1.CleanRoomService.ConfirmRoomRemoved", kRoomOnly},
    RequestRules{"roomkeeper.v1.JobService.GetJob", kJobOnly},
    RequestRules{"roomkeeper.v1.JobService.ListJobs", kListJobs},
    RequestRules{"roomkeeper.v1.JobService.WaitJob", kWaitJob},
    RequestRules{"roomkeeper.v1.JobService.WatchJob", kWatchJob},
    RequestRules{"roomkeeper.v1.JobService.CancelJob", kJobOnly},
    RequestRules{"roomkeeper.v1.JobService.RetryJob", kRetryJob},
    RequestRules{"roomkeeper.v1.PackageService.ListPackages", kPage},
    RequestRules{"roomkeeper.v1.PackageService.GetPackage", kGetPackage},
    RequestRules{"roomkeeper.v1.BrandService.CreateBrand", kCreateBrand},
    RequestRules{"roomkeeper.v1.BrandService.GetBrand", kBrandOnly},
    RequestRules{"roomkeeper.v1.BrandService.ListBrands", kPage},
    RequestRules{"roomkeeper.v1.BrandService.UpdateBrand", kUpdateBrand},
    RequestRules{"roomkeeper.v1.BrandService.EnrollInstall", kEnrollInstall},
    RequestRules{"roomkeeper.v1.BrandService.UpdateInstall", kUpdateInstall},
    RequestRules{"roomkeeper.v1.BrandService.CreateApiKey", kCreateApiKey},
    RequestRules{"roomkeeper.v1.BrandService.RevokeApiKey", kRevokeApiKey},
    RequestRules{"roomkeeper.v1.EnrollmentService.CreateEnrollmentCode", kCreateEnrollmentCode},
    RequestRules{"roomkeeper.v1.EnrollmentService.ListEnrollmentCodes", kListEnrollmentCodes},
    RequestRules{"roomkeeper.v1.EnrollmentService.RevokeEnrollmentCode", kEnrollmentCodeOnly},
    RequestRules{"roomkeeper.v1.EnrollmentService.ExchangeEnrollmentCode", kExchangeEnrollmentCode},
    RequestRules{"roomkeeper.v1.EnrollmentService.ListEnrollments", kListEnrollments},
    RequestRules{"roomkeeper.v1.EnrollmentService.ApproveEnrollment", kEnrollmentOnly},
    RequestRules{"roomkeeper.v1.EnrollmentService.RefuseEnrollment", kEnrollmentOnly},
    RequestRules{"roomkeeper.v1.ServerService.GetServerInfo", {}},
    RequestRules{"roomkeeper.v1.OperationsService.CheckCredentials", kCheckShards},
    RequestRules{"roomkeeper.v1.OperationsService.RotateCredentials", kRotateCredentials},
    RequestRules{"roomkeeper.v1.OperationsService.CheckShards", kCheckShards},
    RequestRules{"roomkeeper.v1.OperationsService.FreezeMutations", kFreezeMutations},
    RequestRules{"roomkeeper.v1.OperationsService.ThawMutations", kThawMutations},
    RequestRules{"roomkeeper.v1.OperationsService.ListFreezes", {}},
    RequestRules{"roomkeeper.v1.OperationsService.BackupStore", {}},
    RequestRules{"roomkeeper.v1.OperationsService.FindOrphans", kCheckShards},
    RequestRules{"roomkeeper.v1.OperationsService.AdoptCleanRoom", kAdoptCleanRoom},
    RequestRules{"roomkeeper.v1.OperationsService.ForgetCleanRoom", kForgetCleanRoom},
    RequestRules{"roomkeeper.v1.AuditService.ListAuditEntries", kListAuditEntries},
    RequestRules{"roomkeeper.v1.AuditService.VerifyAudit", kVerifyAudit},
};

void CapTexts(const Message& request, std::vector<FieldViolation>& violations) {
  VisitTexts(request, [&violations](const FieldPath& path, absl::string_view text) {
    if (text.size() > kTextBytesMax) {
      violations.push_back({FormatPath(path), absl::StrCat("must be at most ", kTextBytesMax,
                                                           " bytes, got ", text.size())});
    }
  });
}

absl::Status ToRefusal(std::vector<FieldViolation> violations) {
  std::string message = absl::StrCat(violations[0].field, " ", violations[0].description);
  if (violations.size() > 1) {
    absl::StrAppend(&message, "; and ", violations.size() - 1, " more");
  }
  return ToStatus({.code = absl::StatusCode::kInvalidArgument,
                   .reason = reason::kInvalidRequest,
                   .message = std::move(message),
                   .violations = std::move(violations)});
}

}  // namespace

absl::Span<const RequestRules> AllRequestRules() {
  return kRules;
}

const RequestRules* FindRules(absl::string_view method) {
  for (const RequestRules& rules : kRules) {
    if (method == rules.method) {
      return &rules;
    }
  }
  return nullptr;
}

FieldView ViewOf(const Message& request, const FieldRule& rule) {
  const Message* owner = &request;
  const std::vector<std::string> path = absl::StrSplit(rule.field, '.');
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    const FieldDescriptor* step = owner->GetDescriptor()->FindFieldByName(path[i]);
    owner = &owner->GetReflection()->GetMessage(*owner, step);
  }
  return FieldView(*owner, *owner->GetDescriptor()->FindFieldByName(path.back()));
}

absl::Status CheckRequest(absl::string_view method, const Message& request) {
  const RequestRules* rules = FindRules(method);
  if (rules == nullptr) {
    return absl::InternalError("an RPC has no row in request_rules.cc");
  }
  std::vector<FieldViolation> violations;
  CapTexts(request, violations);
  for (const FieldRule& rule : rules->fields) {
    if (auto wrong = rule.check(ViewOf(request, rule))) {
      violations.push_back({rule.field, *std::move(wrong)});
    }
  }
  return violations.empty() ? absl::OkStatus() : ToRefusal(std::move(violations));
}

}  // namespace roomkeeper
