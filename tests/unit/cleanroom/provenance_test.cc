#include "lib/cleanroom/provenance.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "tests/support/matchers.h"
#include "tests/support/room_samples.h"

namespace roomkeeper::testing {
namespace {

TEST_CASE("a comment we wrote proves the room ours and names its job", "[cleanroom]") {
  const RoomSpec spec = SampleSpec();

  CHECK(SampleProvenance().Verify(spec.comment, spec.room_name) == MarkVerdict::kOurs);
  const auto mark = ParseMark(spec.comment);
  REQUIRE(mark.has_value());
  CHECK(mark->service_instance == "rk-test");
  CHECK(mark->job == JobId("j1"));
  CHECK(mark->digest == ImmutableDigest(spec));
}

TEST_CASE("a mark survives text before and after it, and another case of the name", "[cleanroom]") {
  const RoomSpec spec = SampleSpec();
  const std::string upper = absl::StrReplaceAll(spec.room_name, {{"rk_", "RK_"}});

  CHECK(SampleProvenance().Verify(absl::StrCat("[x] ", spec.comment, " edited"), upper) ==
        MarkVerdict::kOurs);
}

TEST_CASE("what is not provably ours is told apart", "[cleanroom]") {
  const RoomSpec spec = SampleSpec();
  const Provenance ours = SampleProvenance();

  CHECK(ours.Verify("", spec.room_name) == MarkVerdict::kNoMark);
  CHECK(ours.Verify("made by hand", spec.room_name) == MarkVerdict::kNoMark);
  CHECK(ours.Verify("[roomkeeper:v1 rk-test j1 d]", spec.room_name) == MarkVerdict::kNoMark);
  CHECK(ours.Verify("[roomkeeper:v1 rk-test j1 d", spec.room_name) == MarkVerdict::kNoMark);
  CHECK(ours.Verify("[roomkeeper:v1 rk-test j1 d s]", spec.room_name) == MarkVerdict::kInvalid);
  CHECK(ours.Verify("[roomkeeper:v1 rk-test j1 d ]", spec.room_name) == MarkVerdict::kInvalid);
  CHECK(Provenance("rk-other", Secret("k3y")).Verify(spec.comment, spec.room_name) ==
        MarkVerdict::kOtherInstance);
  CHECK(Provenance("rk-test", Secret("another")).Verify(spec.comment, spec.room_name) ==
        MarkVerdict::kInvalid);
}

TEST_CASE("a mark copied to another room proves nothing", "[cleanroom]") {
  const RoomSpec spec = SampleSpec();

  CHECK(SampleProvenance().Verify(spec.comment, "rk_somebody_elses") == MarkVerdict::kInvalid);
}

TEST_CASE("a changed field breaks the signature", "[cleanroom]") {
  const RoomSpec spec = SampleSpec();
  const std::string forged = absl::StrReplaceAll(spec.comment, {{" j1 ", " j2 "}});
  REQUIRE(forged != spec.comment);

  CHECK(SampleProvenance().Verify(forged, spec.room_name) == MarkVerdict::kInvalid);
}

TEST_CASE("the digest covers what can not be changed, the unseen workspace id too", "[cleanroom]") {
  const RoomSpec spec = SampleSpec();
  RoomSpec other = spec;

  SECTION("workspace id") {
    other.brand.invite_recipient_workspace_id += 1;
  }
  SECTION("email") {
    other.brand.invite_recipient_email = "x@acme.example";
  }
  SECTION("region") {
    other.region = "us-east-1";
  }
  SECTION("shared output") {
    other.enable_shared_output = true;
  }
  SECTION("egress") {
    other.egress.restriction_mode = "FULL_ACCESS";
  }
  SECTION("destination") {
    other.egress.allowed_internet_destinations = {{"pypi.org"}};
  }

  CHECK(ImmutableDigest(other) != ImmutableDigest(spec));
}

TEST_CASE("the digest leaves out the comment and what can be changed", "[cleanroom]") {
  const RoomSpec spec = SampleSpec();
  RoomSpec other = spec;

  other.comment = "another";
  other.notebooks[0].content_digest = "sha256:new";
  other.assets.clear();
  other.package_version = "2.0.0";

  CHECK(ImmutableDigest(other) == ImmutableDigest(spec));
}

TEST_CASE("the signing key is not in the comment", "[cleanroom]") {
  CHECK_FALSE(absl::StrContains(SampleSpec().comment, "k3y"));
}

}  // namespace
}  // namespace roomkeeper::testing
