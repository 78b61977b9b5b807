#include "lib/cleanroom/room_spec_builder.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "lib/base/status_macros.h"
#include "lib/cleanroom/naming.h"
#include "lib/cleanroom/sharing_identifier.h"

namespace roomkeeper {
namespace {

constexpr char kPackageWord[] = "Package";
constexpr char kBrandWord[] = "for";

AssetSpec MakeAsset(const PackageAsset& asset, const std::string& provider_alias) {
  return {.type = asset.type,
          .name = RoomAssetName(provider_alias, asset.shared_name),
          .local_name = asset.local_name,
          .partitions = asset.partitions};
}

NotebookSpec MakeNotebook(const PackageNotebook& notebook, const std::string& runner_alias) {
  return {.name = notebook.name,
          .description = notebook.description,
          .environment_version = notebook.environment_version,
          .content_digest = notebook.content_digest,
          .runner_collaborator_aliases = {runner_alias}};
}

void TakePackage(const PackageVersion& package, RoomSpec& spec) {
  spec.package = package.name;
  spec.package_version = package.version;
  spec.package_digest = package.digest;
  spec.assets.clear();
  for (const PackageAsset& asset : package.assets) {
    spec.assets.push_back(MakeAsset(asset, spec.provider.collaborator_alias));
  }
  spec.notebooks.clear();
  for (const PackageNotebook& notebook : package.notebooks) {
    spec.notebooks.push_back(MakeNotebook(notebook, spec.brand.collaborator_alias));
  }
}

// Last: the mark's digest covers what the rest of the spec says.
std::string MakeComment(const RoomSpec& spec, const BrandId& brand, const JobId& job,
                        const Provenance& provenance) {
  return provenance.Comment(
      absl::StrCat(kPackageWord, " ", spec.package.value(), " ", spec.package_version, " ",
                   kBrandWord, " ", brand.value(), ", managed by Roomkeeper; do not edit."),
      spec, job);
}

absl::Status Check(const Brand& brand, const ShardFacts& shard, const Collaborator& invitee) {
  if (SamePlatformName(brand.collaborator_alias, shard.collaborator_alias)) {
    return absl::InvalidArgumentError(absl::StrCat("collaborator_alias of brand ", brand.id.value(),
                                                   " must differ from the provider's, got \"",
                                                   brand.collaborator_alias, "\" for both"));
  }
  RK_RETURN_IF_ERROR(ParseSharingIdentifier(invitee.global_metastore_id).status());
  RK_RETURN_IF_ERROR(ValidateInviteRecipientEmail(invitee.invite_recipient_email));
  return ValidateInviteRecipientWorkspaceId(invitee.invite_recipient_workspace_id);
}

}  // namespace

absl::StatusOr<RoomSpec> BuildRoomSpec(const PackageVersion& package, const Brand& brand,
                                       const Install& install, const RoomSpecRequest& request,
                                       const Provenance& provenance) {
  const ShardFacts& shard = request.shard;
  RoomSpec spec;
  spec.room_name = PlatformRoomName(
      provenance.service_instance(),
      {.brand = brand.id, .install = install.id, .id = request.clean_room_id}, request.generation);
  spec.cloud_vendor = shard.cloud_vendor;
  spec.region = shard.region;
  spec.provider = {.collaborator_alias = shard.collaborator_alias,
                   .global_metastore_id = shard.global_metastore_id};
  spec.brand = {.collaborator_alias = brand.collaborator_alias,
                .global_metastore_id = install.global_metastore_id,
                .invite_recipient_email = request.invite_recipient_email.empty()
                                              ? install.invite_recipient_email
                                              : request.invite_recipient_email,
                .invite_recipient_workspace_id = install.workspace_id};
  RK_RETURN_IF_ERROR(Check(brand, shard, spec.brand));
  spec.enable_shared_output = package.enable_shared_output;
  spec.egress = package.egress;
  TakePackage(package, spec);
  spec.comment = MakeComment(spec, brand.id, request.job, provenance);
  return spec;
}

absl::StatusOr<RoomSpec> MoveRoomSpec(const RoomSpec& from, const PackageVersion& to,
                                      const BrandId& brand, const Provenance& provenance) {
  const auto differs = [&](absl::string_view field, absl::string_view has,
                           absl::string_view wants) {
    return absl::FailedPreconditionError(
        absl::StrCat(field, " is ", has, " in ", from.room_name, " and ", wants, " in version ",
                     to.version, ": the platform takes it only when a clean room is made"));
  };
  if (to.enable_shared_output != from.enable_shared_output) {
    return differs("enable_shared_output", from.enable_shared_output ? "true" : "false",
                   to.enable_shared_output ? "true" : "false");
  }
  if (to.egress != from.egress) {
    const auto words = [](const EgressPolicy& egress) {
      return absl::StrCat(egress.restriction_mode, " with ",
                          egress.allowed_internet_destinations.size(), " allowed destinations");
    };
    return differs("egress_network_policy", words(from.egress), words(to.egress));
  }
  RoomSpec spec = from;
  TakePackage(to, spec);
  const std::optional<ProvenanceMark> mark = ParseMark(from.comment);
  spec.comment = MakeComment(spec, brand, mark.has_value() ? mark->job : JobId(), provenance);
  return spec;
}

std::optional<PackagePath> ReadPackage(absl::string_view comment) {
  const std::vector<absl::string_view> words = absl::StrSplit(comment, ' ');
  if (words.size() < 4 || words[0] != kPackageWord || words[3] != kBrandWord) {
    return std::nullopt;
  }
  return ParsePackagePath(FormatName(PackageName(words[1]), words[2]));
}

}  // namespace roomkeeper
