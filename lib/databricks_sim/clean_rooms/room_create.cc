#include "lib/databricks_sim/clean_rooms/room_create.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "lib/databricks_sim/world/names.h"

namespace roomkeeper::sim {
namespace {

using Kind = Field::Kind;

constexpr std::size_t kCollaboratorsMax = 10;
constexpr const char* kRpc = "CreateCleanRoom";
constexpr const char* kRemote = "clean_room.remote_detailed_info";

constexpr const char* kRestriction[] = {"FULL_ACCESS", "RESTRICTED_ACCESS", "PRIVATE_ACCESS_ONLY"};
constexpr const char* kProtocol[] = {"TCP"};
constexpr const char* kDestinationType[] = {"FQDN"};
constexpr const char* kStorageType[] = {"AWS_S3", "AZURE_STORAGE", "CLOUDFLARE_R2",
                                        "GOOGLE_CLOUD_STORAGE"};
constexpr const char* kLogOnlyType[] = {"ALL_SERVICES", "SELECTED_SERVICES"};
constexpr const char* kWorkloads[] = {"DBSQL", "ML_SERVING"};
constexpr const char* kStandards[] = {
    "NONE",           "HIPAA",      "PCI_DSS", "FEDRAMP_MODERATE", "FEDRAMP_HIGH",
    "FEDRAMP_IL5",    "ITAR_EAR",   "HITRUST", "IRAP_PROTECTED",   "CYBER_ESSENTIAL_PLUS",
    "K_FSI",          "GERMANY_C5", "ISMAP",   "GERMANY_TISAX",    "CANADA_PROTECTED_B",
    "KSA_ECC_CCC_DCC"};

constexpr Field kInternetDestination[] = {{"destination", Kind::kString},
                                          {"protocol", Kind::kEnum, {}, kProtocol},
                                          {"type", Kind::kEnum, {}, kDestinationType}};
constexpr Field kStorageDestination[] = {{"type", Kind::kEnum, {}, kStorageType},
                                         {"bucket_name", Kind::kString},
                                         {"region", Kind::kString},
                                         {"allowed_paths", Kind::kStrings},
                                         {"azure_storage_account", Kind::kString},
                                         {"azure_storage_service", Kind::kString},
                                         {"azure_dns_zone", Kind::kString},
                                         {"azure_container", Kind::kString}};
constexpr Field kLogOnly[] = {{"log_only_mode_type", Kind::kEnum, {}, kLogOnlyType},
                              {"workloads", Kind::kEnums, {}, kWorkloads}};
constexpr Field kInternetAccess[] = {
    {"restriction_mode", Kind::kEnum, {}, kRestriction},
    {"allowed_internet_destinations", Kind::kObjects, kInternetDestination},
    {"allowed_storage_destinations", Kind::kObjects, kStorageDestination},
    {"log_only_mode", Kind::kObject, kLogOnly}};
constexpr Field kEgress[] = {{"internet_access", Kind::kObject, kInternetAccess}};
constexpr Field kCompliance[] = {{"is_enabled", Kind::kBool},
                                 {"compliance_standards", Kind::kEnums, {}, kStandards}};
constexpr Field kCollaborator[] = {
    {"collaborator_alias", Kind::kString},     {"global_metastore_id", Kind::kString},
    {"invite_recipient_email", Kind::kString}, {"invite_recipient_workspace_id", Kind::kInt64},
    {"display_name", Kind::kString},           {"organization_name", Kind::kString}};
constexpr Field kRemoteDetail[] = {{"central_clean_room_id", Kind::kString},
                                   {"cloud_vendor", Kind::kString},
                                   {"region", Kind::kString},
                                   {"collaborators", Kind::kObjects, kCollaborator},
                                   {"creator", Kind::kObject, kCollaborator},
                                   {"package_provider_collaborator_alias", Kind::kString},
                                   {"enable_shared_output", Kind::kBool},
                                   {"egress_network_policy", Kind::kObject, kEgress},
                                   {"compliance_security_profile", Kind::kObject, kCompliance}};
constexpr Field kCleanRoom[] = {{"name", Kind::kString},
                                {"comment", Kind::kString},
                                {"owner", Kind::kString},
                                {"status", Kind::kString},
                                {"created_at", Kind::kInt64},
                                {"updated_at", Kind::kInt64},
                                {"local_collaborator_alias", Kind::kString},
                                {"access_restricted", Kind::kString},
                                {"enable_shared_output", Kind::kBool},
                                {"output_catalog", Kind::kAny},
                                {"remote_detailed_info", Kind::kObject, kRemoteDetail}};

Refusal CheckRequired(const Json& body) {
  const Json* remote = Find(body, "remote_detailed_info");
  std::vector<std::string> missing;
  if (Str(body, "name").empty()) {
    missing.emplace_back("clean_room.name");
  }
  for (const char* field : {"cloud_vendor", "region"}) {
    if (Str(remote, field).empty()) {
      missing.push_back(absl::StrCat(kRemote, ".", field));
    }
  }
  const Json* collaborators = Find(remote, "collaborators");
  if (collaborators == nullptr || collaborators->empty()) {
    missing.push_back(absl::StrCat(kRemote, ".collaborators"));
  } else {
    for (const char* field : {"collaborator_alias", "global_metastore_id"}) {
      if (std::any_of(collaborators->begin(), collaborators->end(),
                      [&](const Json& each) { return Str(each, field).empty(); })) {
        missing.push_back(absl::StrCat(kRemote, ".collaborators.", field));
      }
    }
  }
  return missing.empty() ? Refusal{} : MissingFields(missing);
}

std::vector<Collaborator> CollaboratorsOf(const Json& body) {
  std::vector<Collaborator> out;
  const Json* list = Find(Find(body, "remote_detailed_info"), "collaborators");
  for (const Json& each : *list) {
    out.push_back({.alias = Str(each, "collaborator_alias"),
                   .global_metastore_id = Str(each, "global_metastore_id"),
                   .invite_recipient_email = Str(each, "invite_recipient_email"),
                   .invite_recipient_workspace_id = Int(&each, "invite_recipient_workspace_id")});
  }
  return out;
}

Refusal CheckCollaborator(const Call& call, const Collaborator& each) {
  if (!IsUcName(each.alias)) {
    return BadUcName(kRpc, absl::StrCat(kRemote, ".collaborators.collaborator_alias"), each.alias);
  }
  if (!IsGlobalMetastoreId(each.global_metastore_id)) {
    return InvalidParameter(absl::StrCat(
        kRpc, " ", kRemote, ".collaborators.global_metastore_id: '", each.global_metastore_id,
        "' is not of the form <cloud>:<region>:<metastore-uuid>"));
  }
  if (call.Knob("unknown_metastore", "400") &&
      call.world.FindMetastore(each.global_metastore_id) == nullptr) {
    return InvalidParameter(
        absl::StrCat("Metastore '", each.global_metastore_id, "' does not exist."));
  }
  if (each.invite_recipient_email.empty() != (each.invite_recipient_workspace_id == 0)) {
    return InvalidParameter(absl::StrCat(
        "Collaborator '", each.alias,
        "': invite_recipient_email and invite_recipient_workspace_id must be given together"));
  }
  return {};
}

// Exactly one entry has the caller's metastore and no invitation: the creator (row 5).
Or<std::size_t> CreatorOf(const Call& call, const std::vector<Collaborator>& collaborators) {
  std::vector<std::size_t> creators;
  for (std::size_t i = 0; i < collaborators.size(); ++i) {
    const Collaborator& each = collaborators[i];
    const bool ours = each.global_metastore_id == call.metastore().config.global_metastore_id;
    if (ours && each.invite_recipient_email.empty()) {
      creators.push_back(i);
    } else if (each.invite_recipient_email.empty()) {
      return InvalidParameter(absl::StrCat("Collaborator '", each.alias,
                                           "' is not the creator and must have "
                                           "invite_recipient_email"));
    }
  }
  if (creators.size() != 1) {
    return InvalidParameter(
        absl::StrCat("Exactly one collaborator must have the creator's global_metastore_id '",
                     call.metastore().config.global_metastore_id,
                     "' and an empty invite_recipient_email, found ", creators.size()));
  }
  return creators[0];
}

Refusal CheckAliases(const std::vector<Collaborator>& collaborators) {
  if (collaborators.size() < 2 || collaborators.size() > kCollaboratorsMax) {
    return InvalidParameter(absl::StrCat("A clean room must have 2 to ", kCollaboratorsMax,
                                         " collaborators, got ", collaborators.size()));
  }
  std::set<std::string> seen;
  for (const Collaborator& each : collaborators) {
    if (!seen.insert(absl::AsciiStrToLower(each.alias)).second) {
      return InvalidParameter(absl::StrCat("Duplicate collaborator_alias '", each.alias, "'"));
    }
  }
  return {};
}

Refusal CheckPackage(const Call& call, const std::vector<Collaborator>& collaborators,
                     const std::string& provider) {
  if (provider.empty()) {
    return {};
  }
  if (std::none_of(collaborators.begin(), collaborators.end(),
                   [&](const Collaborator& each) { return each.alias == provider; })) {
    return InvalidParameter(absl::StrCat("package_provider_collaborator_alias '", provider,
                                         "' is not the alias of a collaborator"));
  }
  if (collaborators.size() != 2 && call.Knob("packaged_collaborators", "two")) {
    return InvalidParameter(absl::StrCat(
        "A packaged clean room must have exactly 2 collaborators, got ", collaborators.size()));
  }
  return {};
}

void DecideFate(Call& call, CentralRoom& central) {
  central.created_at = call.now;
  central.ready_at = call.now + call.world.Sample(call.world.config.provisioning);
  central.outcome = call.world.knobs.Get("provisioning_outcome");
  const bool strangers = std::any_of(
      central.collaborators.begin(), central.collaborators.end(), [&](const Collaborator& each) {
        return call.world.FindMetastore(each.global_metastore_id) == nullptr;
      });
  if (call.world.next_failures > 0) {
    --call.world.next_failures;
    central.outcome = "failed";
  } else if (strangers && call.Knob("unknown_metastore", "failed")) {
    central.outcome = "failed";
  }
}

}  // namespace

Schema CleanRoomSchema() {
  return kCleanRoom;
}

Or<std::shared_ptr<CentralRoom>> MakeCentralRoom(Call& call) {
  if (Refusal no = CheckRequired(call.body)) {
    return *no;
  }
  const std::string name = Str(call.body, "name");
  if (!IsUcName(name)) {
    return BadUcName(kRpc, "clean_room.name", name);
  }
  const Json* remote = Find(call.body, "remote_detailed_info");
  std::vector<Collaborator> collaborators = CollaboratorsOf(call.body);
  for (const Collaborator& each : collaborators) {
    if (Refusal no = CheckCollaborator(call, each)) {
      return *no;
    }
  }
  if (Refusal no = CheckAliases(collaborators)) {
    return *no;
  }
  const Or<std::size_t> creator = CreatorOf(call, collaborators);
  if (creator.refusal) {
    return *creator.refusal;
  }
  const std::string provider = Str(remote, "package_provider_collaborator_alias");
  if (Refusal no = CheckPackage(call, collaborators, provider)) {
    return *no;
  }
  auto central = std::make_shared<CentralRoom>();
  central->id = call.world.NewUuid();
  central->cloud = Str(remote, "cloud_vendor");
  central->region = Str(remote, "region");
  central->collaborators = std::move(collaborators);
  central->creator = creator.value;
  central->package_provider_alias = provider;
  central->shared_output = Bool(remote, "enable_shared_output");
  if (const Json* egress = Find(remote, "egress_network_policy")) {
    central->egress = *egress;
  } else if (call.Knob("default_egress", "present")) {
    central->egress = {{"internet_access", {{"restriction_mode", "FULL_ACCESS"}}}};
  }
  if (const Json* compliance = Find(remote, "compliance_security_profile")) {
    central->compliance = *compliance;
  }
  DecideFate(call, *central);
  return central;
}

}  // namespace roomkeeper::sim
