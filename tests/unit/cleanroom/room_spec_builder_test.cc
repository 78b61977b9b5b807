#include "lib/cleanroom/room_spec_builder.h"

#include "lib/cleanroom/naming.h"
#include "tests/support/matchers.h"
#include "tests/support/room_samples.h"

namespace roomkeeper::testing {
namespace {

TEST_CASE("a spec is resolved from package, brand, install and shard", "[cleanroom]") {
  const RoomSpec spec = SampleSpec();

  CHECK(spec.room_name == PlatformRoomName("rk-test",
                                           {.brand = BrandId("acme"),
                                            .install = InstallId("prod"),
                                            .id = CleanRoomId("identity-match")},
                                           1));
  CHECK(spec.provider.collaborator_alias == "provider");
  CHECK(spec.provider.invite_recipient_email.empty());
  CHECK(spec.provider.invite_recipient_workspace_id == 0);
  CHECK(spec.brand.global_metastore_id == kBrandMetastore);
  CHECK(spec.brand.invite_recipient_workspace_id == 6822898386300992);
  CHECK(spec.egress.restriction_mode == "RESTRICTED_ACCESS");
  REQUIRE(spec.assets.size() == 2);
  CHECK(spec.assets[0].name == "provider.spine.households");
  CHECK(spec.assets[0].local_name == "prod.identity.households");
  REQUIRE(spec.notebooks.size() == 1);
  CHECK(spec.notebooks[0].runner_collaborator_aliases == std::vector<std::string>{"acme_brand"});
  CHECK(spec.package_digest == "sha256:abc");
}

TEST_CASE("the same input gives the same spec, mark included", "[cleanroom]") {
  CHECK(SampleSpec() == SampleSpec());
}

TEST_CASE("a request may name another invitee than the install", "[cleanroom]") {
  RoomSpecRequest request = SampleRequest();
  request.invite_recipient_email = "other@acme.example";

  const auto spec =
      BuildRoomSpec(SamplePackage(), SampleBrand(), SampleInstall(), request, SampleProvenance());

  REQUIRE_OK(spec);
  CHECK(spec->brand.invite_recipient_email == "other@acme.example");
}

TEST_CASE("the package is read back from a room's comment, unless somebody edited it",
          "[cleanroom]") {
  const std::string comment = SampleSpec().comment;

  const auto package = ReadPackage(comment);

  REQUIRE(package.has_value());
  CHECK(package->package == PackageName("identity-match"));
  CHECK(package->version == "1.0.0");
  CHECK_FALSE(ReadPackage("").has_value());
  CHECK_FALSE(ReadPackage("our " + comment).has_value());
  CHECK_FALSE(ReadPackage("Package identity-match 1.0.0").has_value());
  CHECK_FALSE(ReadPackage("Package Identity 1.0.0 for acme").has_value());
}

TEST_CASE("an invitee that the platform would refuse is refused first", "[cleanroom]") {
  Brand brand = SampleBrand();
  Install install = SampleInstall();
  const char* why = "";

  SECTION("the provider's alias") {
    brand.collaborator_alias = "Provider";
    why = "must differ from the provider's";
  }
  SECTION("no e-mail address") {
    install.invite_recipient_email = "";
    why = "invite_recipient_email";
  }
  SECTION("no workspace") {
    install.workspace_id = 0;
    why = "invite_recipient_workspace_id";
  }
  SECTION("a bad metastore id") {
    install.global_metastore_id = "aws";
    why = "global_metastore_id";
  }

  const auto spec =
      BuildRoomSpec(SamplePackage(), brand, install, SampleRequest(), SampleProvenance());

  CHECK_THAT(StatusOf(spec), StatusIs(absl::StatusCode::kInvalidArgument, why));
}

TEST_CASE("a move takes from the package what can change, and keeps the room as it was made",
          "[cleanroom]") {
  const RoomSpec from = SampleSpec();
  PackageVersion to = SamplePackage();
  to.version = "2.0.0";
  to.digest = "sha256:def";
  to.assets.pop_back();

  const auto spec = MoveRoomSpec(from, to, BrandId("acme"), SampleProvenance());

  REQUIRE_OK(spec);
  CHECK(spec->package_version == "2.0.0");
  CHECK(spec->package_digest == "sha256:def");
  CHECK(spec->assets.size() == 1);
  CHECK(spec->notebooks == from.notebooks);
  CHECK(spec->room_name == from.room_name);
  CHECK(spec->brand == from.brand);
  CHECK(ImmutableDigest(*spec) == ImmutableDigest(from));
  CHECK(ReadPackage(spec->comment)->version == "2.0.0");
  CHECK(SampleProvenance().Verify(spec->comment, from.room_name) == MarkVerdict::kOurs);
  CHECK(ParseMark(spec->comment)->job == ParseMark(from.comment)->job);
  CHECK(*MoveRoomSpec(*spec, SamplePackage(), BrandId("acme"), SampleProvenance()) == from);
}

TEST_CASE("a version that needs another room is refused, with the field and both values",
          "[cleanroom]") {
  PackageVersion to = SamplePackage();
  to.version = "2.0.0";
  to.enable_shared_output = true;
  CHECK_THAT(MoveRoomSpec(SampleSpec(), to, BrandId("acme"), SampleProvenance()).status(),
             StatusIs(absl::StatusCode::kFailedPrecondition, "enable_shared_output is false in " +
                                                                 SampleSpec().room_name +
                                                                 " and true in version 2.0.0"));
  to = SamplePackage();
  to.egress.restriction_mode = "FULL_ACCESS";
  CHECK_THAT(MoveRoomSpec(SampleSpec(), to, BrandId("acme"), SampleProvenance()).status(),
             StatusIs(absl::StatusCode::kFailedPrecondition,
                      "egress_network_policy is RESTRICTED_ACCESS"));
}

}  // namespace
}  // namespace roomkeeper::testing
