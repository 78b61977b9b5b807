#pragma once

#include <string>

#include "lib/cleanroom/provenance.h"
#include "lib/cleanroom/room_spec_builder.h"
#include "lib/model/observed_room.h"

namespace roomkeeper::testing {

inline constexpr const char* kProviderMetastore =
    "aws:us-west-2:11111111-1111-4111-8111-111111111111";
inline constexpr const char* kBrandMetastore = "azure:eastus2:22222222-2222-4222-8222-222222222222";
inline constexpr const char* kSampleContent = "PGh0bWw+";  // "<html>"
inline constexpr const char* kSampleDigest =
    "sha256:b7d082ee12e91b756ea22e8513b8594eebcf5d39fab813da3cb55794dc888ad7";

inline PackageVersion SamplePackage() {
  PackageVersion package;
  package.name = PackageName("identity-match");
  package.version = "1.0.0";
  package.digest = "sha256:abc";
  package.assets = {{.shared_name = "spine.households", .local_name = "prod.identity.households"},
                    {.type = AssetType::kView,
                     .shared_name = "spine.devices",
                     .local_name = "prod.identity.devices"}};
  package.notebooks = {{.name = "match.py",
                        .description = "Matches",
                        .environment_version = "2",
                        .content_base64 = kSampleContent,
                        .content_digest = kSampleDigest}};
  return package;
}

inline Brand SampleBrand() {
  return {.id = BrandId("acme"), .display_name = "Acme", .collaborator_alias = "acme_brand"};
}

inline Install SampleInstall() {
  return {.brand = BrandId("acme"),
          .id = InstallId("prod"),
          .global_metastore_id = kBrandMetastore,
          .workspace_id = 6822898386300992,
          .invite_recipient_email = "data@acme.example"};
}

inline RoomSpecRequest SampleRequest() {
  return {.shard = {.cloud_vendor = "aws",
                    .region = "us-west-2",
                    .global_metastore_id = kProviderMetastore,
                    .collaborator_alias = "provider"},
          .clean_room_id = CleanRoomId("identity-match"),
          .job = JobId("j1")};
}

inline Provenance SampleProvenance() {
  return Provenance("rk-test", Secret("k3y"));
}

inline RoomSpec SampleSpec() {
  return *BuildRoomSpec(SamplePackage(), SampleBrand(), SampleInstall(), SampleRequest(),
                        SampleProvenance());
}

// What the platform shows when all is as desired.
inline ObservedRoom AsDesired(const RoomSpec& spec) {
  ObservedRoom room;
  room.name = spec.room_name;
  room.status = "ACTIVE";
  room.comment = spec.comment;
  room.local_collaborator_alias = spec.provider.collaborator_alias;
  room.has_detail = true;
  room.central_clean_room_id = "central-1";
  room.cloud_vendor = spec.cloud_vendor;
  room.region = spec.region;
  room.package_provider_collaborator_alias = spec.provider.collaborator_alias;
  room.enable_shared_output = spec.enable_shared_output;
  room.egress = spec.egress;
  room.collaborators = {spec.provider, spec.brand};
  room.collaborators[1].invite_recipient_workspace_id = 0;  // never echoed
  room.has_assets = true;
  for (const AssetSpec& asset : spec.assets) {
    ObservedAsset seen;
    seen.name = asset.name;
    seen.asset_type = std::string(Name(asset.type));
    seen.status = "ACTIVE";
    seen.local_name = asset.local_name;
    room.assets.push_back(seen);
  }
  for (const NotebookSpec& notebook : spec.notebooks) {
    ObservedAsset seen;
    seen.name = notebook.name;
    seen.asset_type = "NOTEBOOK_FILE";
    seen.status = "ACTIVE";
    seen.notebook_etag = "e1";
    seen.notebook_content_digest = notebook.content_digest;
    seen.runner_collaborator_aliases = notebook.runner_collaborator_aliases;
    room.assets.push_back(seen);
  }
  return room;
}

}  // namespace roomkeeper::testing
