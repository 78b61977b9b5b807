#include "lib/cleanroom/plan.h"

#include <functional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "lib/model/reasons.h"
#include "tests/support/matchers.h"
#include "tests/support/room_samples.h"

namespace roomkeeper::testing {
namespace {

// "ADD_ASSET provider.spine.devices; …": what a reader of the plan sees.
std::string Text(const std::vector<Action>& plan) {
  return absl::StrJoin(plan, "; ", [](std::string* out, const Action& action) {
    absl::StrAppend(out, Name(action.kind), " ", action.subject);
  });
}

std::vector<Action> PlanFor(const std::optional<ObservedRoom>& observed,
                            const std::vector<std::string>& trusted = {}) {
  const RoomSpec desired = SampleSpec();
  const MarkVerdict mark = observed.has_value()
                               ? SampleProvenance().Verify(observed->comment, observed->name)
                               : MarkVerdict::kNoMark;
  return MakePlan({.desired = desired, .observed = observed, .mark = mark, .trusted = trusted});
}

constexpr const char* kEverything =
    "ADD_ASSET provider.spine.households; ADD_ASSET provider.spine.devices; ADD_NOTEBOOK match.py";

TEST_CASE("a room that is as desired needs nothing", "[cleanroom]") {
  CHECK(PlanFor(AsDesired(SampleSpec())).empty());
}

TEST_CASE("a room that is not there is created, awaited and filled", "[cleanroom]") {
  const std::string name = SampleSpec().room_name;
  CHECK(Text(PlanFor(std::nullopt)) ==
        absl::StrCat("CREATE_ROOM ", name, "; AWAIT_ACTIVE ", name, "; ", kEverything));
}

TEST_CASE("a room of ours that is not ACTIVE is awaited, or remade when that can not help",
          "[cleanroom]") {
  struct Case {
    const char* status;
    const char* first;
  };
  const auto c =
      GENERATE(Case{"PROVISIONING", "AWAIT_ACTIVE"}, Case{"SOMETHING_NEW", "AWAIT_ACTIVE"},
               Case{"FAILED", "RECREATE_ROOM"}, Case{"DELETED", "RECREATE_ROOM"});
  CAPTURE(c.status);
  ObservedRoom room = AsDesired(SampleSpec());
  room.status = c.status;

  const std::vector<Action> plan = PlanFor(room);

  REQUIRE(!plan.empty());
  CHECK(Name(plan[0].kind) == c.first);
  CHECK(plan.back().kind == ActionKind::kAddNotebook);
}

TEST_CASE("a room that is not provably ours is quarantined and nothing else", "[cleanroom]") {
  ObservedRoom room = AsDesired(SampleSpec());
  room.comment = GENERATE("", "[roomkeeper:v1 rk-test j1 d s]", "[roomkeeper:v1 other j1 d s]");
  room.status = GENERATE("ACTIVE", "PROVISIONING", "FAILED", "DELETED");

  const std::vector<Action> plan = PlanFor(room);

  REQUIRE(plan.size() == 1);
  CHECK(plan[0].kind == ActionKind::kQuarantine);
  REQUIRE(plan[0].problem.has_value());
  CHECK(plan[0].problem->reason == "ROOM_NOT_OURS");
  CHECK(plan[0].problem->move == Move::kProviderOperator);
}

TEST_CASE("our room with another immutable field is quarantined, not repaired", "[cleanroom]") {
  struct Case {
    const char* what;
    std::function<void(ObservedRoom&)> change;
  };
  const auto c = GENERATE(
      Case{"package_provider", [](ObservedRoom& r) { r.package_provider_collaborator_alias = ""; }},
      Case{"package_provider",
           [](ObservedRoom& r) { r.package_provider_collaborator_alias = "acme_brand"; }},
      Case{"cloud_vendor", [](ObservedRoom& r) { r.cloud_vendor = "gcp"; }},
      Case{"region", [](ObservedRoom& r) { r.region = "us-east-1"; }},
      Case{"collaborators", [](ObservedRoom& r) { r.collaborators.pop_back(); }},
      Case{"collaborators", [](ObservedRoom& r) { r.collaborators.push_back({"third"}); }},
      Case{"brand's global_metastore_id",
           [](ObservedRoom& r) { r.collaborators[1].global_metastore_id = "aws:x:y"; }},
      Case{"invite_recipient_email",
           [](ObservedRoom& r) { r.collaborators[1].invite_recipient_email = "x@y.example"; }},
      Case{"enable_shared_output", [](ObservedRoom& r) { r.enable_shared_output = true; }},
      Case{"egress", [](ObservedRoom& r) { r.egress.restriction_mode = "FULL_ACCESS"; }});
  CAPTURE(c.what);
  ObservedRoom room = AsDesired(SampleSpec());
  c.change(room);

  const std::vector<Action> plan = PlanFor(room);

  REQUIRE(plan.size() == 1);
  CHECK(plan[0].kind == ActionKind::kQuarantine);
  REQUIRE(plan[0].problem.has_value());
  CHECK(plan[0].problem->reason == "ROOM_DIFFERS");
  CHECK_THAT(plan[0].problem->message, Catch::Contains(c.what));
}

TEST_CASE("a room made for another workspace is found out by its mark", "[cleanroom]") {
  RoomSpec other = SampleSpec();
  other.brand.invite_recipient_workspace_id += 1;
  ObservedRoom room = AsDesired(SampleSpec());
  room.comment = SampleProvenance().Comment("other", other, JobId("j0"));

  const std::vector<Action> plan = PlanFor(room);

  REQUIRE(plan.size() == 1);
  CHECK(plan[0].problem->reason == "ROOM_DIFFERS");
}

TEST_CASE("names compare without case", "[cleanroom]") {
  ObservedRoom room = AsDesired(SampleSpec());
  room.package_provider_collaborator_alias = "PROVIDER";
  room.collaborators[0].collaborator_alias = "Provider";
  for (ObservedAsset& asset : room.assets) {
    asset.name = absl::AsciiStrToUpper(asset.name);
  }
  room.assets[2].runner_collaborator_aliases = {{"ACME_BRAND"}};

  CHECK(PlanFor(room).empty());
}

TEST_CASE("each way in which the inside of a room can differ has its action", "[cleanroom]") {
  struct Case {
    const char* name;
    const char* plan;
    std::function<void(ObservedRoom&)> change;
  };
  const auto c = GENERATE(
      Case{"empty", kEverything, [](ObservedRoom& r) { r.assets.clear(); }},
      Case{"asset gone", "ADD_ASSET provider.spine.devices",
           [](ObservedRoom& r) { r.assets.erase(r.assets.begin() + 1); }},
      Case{"asset of another type", "ADD_ASSET provider.spine.devices",
           [](ObservedRoom& r) { r.assets[1].asset_type = "TABLE"; }},
      Case{"other local name", "UPDATE_ASSET provider.spine.devices",
           [](ObservedRoom& r) { r.assets[1].local_name = "dev.identity.devices"; }},
      Case{"local name unseen", "INSPECT_ASSET provider.spine.devices",
           [](ObservedRoom& r) { r.assets[1].local_name.reset(); }},
      Case{"asset pending", "AWAIT_ASSET provider.spine.devices",
           [](ObservedRoom& r) { r.assets[1].status = "PENDING"; }},
      Case{"asset without status", "AWAIT_ASSET provider.spine.devices",
           [](ObservedRoom& r) { r.assets[1].status = ""; }},
      Case{"notebook pending", "AWAIT_ASSET match.py",
           [](ObservedRoom& r) { r.assets[2].status = "PENDING"; }},
      Case{"notebook without status", "", [](ObservedRoom& r) { r.assets[2].status = ""; }},
      Case{"other content", "UPDATE_NOTEBOOK match.py",
           [](ObservedRoom& r) { r.assets[2].notebook_content_digest = "sha256:old"; }},
      Case{"no runner", "UPDATE_NOTEBOOK match.py",
           [](ObservedRoom& r) { r.assets[2].runner_collaborator_aliases->clear(); }},
      Case{"one runner more", "UPDATE_NOTEBOOK match.py",
           [](ObservedRoom& r) { r.assets[2].runner_collaborator_aliases->push_back("provider"); }},
      Case{"content unseen", "INSPECT_NOTEBOOK match.py",
           [](ObservedRoom& r) { r.assets[2].notebook_content_digest.reset(); }},
      Case{"the brand's own table", "", [](ObservedRoom& r) {
             r.assets.push_back({.name = "acme_brand.crm.people", .asset_type = "TABLE"});
           }});
  CAPTURE(c.name);
  ObservedRoom room = AsDesired(SampleSpec());
  c.change(room);

  CHECK(Text(PlanFor(room)) == c.plan);
}

TEST_CASE("an asset whose own answer was seen needs no second look", "[cleanroom]") {
  ObservedRoom room = AsDesired(SampleSpec());
  room.assets[1].local_name.reset();

  CHECK(PlanFor(room, {"provider.spine.devices"}).empty());
}

TEST_CASE("a revoked grant is the provider operator's move and heals", "[cleanroom]") {
  ObservedRoom room = AsDesired(SampleSpec());
  room.assets[0].status = "PERMISSION_DENIED";

  const std::vector<Action> plan = PlanFor(room);

  REQUIRE(plan.size() == 1);
  REQUIRE(plan[0].problem.has_value());
  CHECK(plan[0].problem->reason == "ASSET_PERMISSION_DENIED");
  CHECK(plan[0].problem->move == Move::kProviderOperator);
  CHECK(plan[0].problem->retryable);
  CHECK(OnlyWaits(plan));
}

TEST_CASE("an asset that is not yet shared is the platform's move and waited for", "[cleanroom]") {
  ObservedRoom room = AsDesired(SampleSpec());
  room.assets[0].status = "PENDING";

  const std::vector<Action> plan = PlanFor(room);

  REQUIRE(plan.size() == 1);
  REQUIRE(plan[0].problem.has_value());
  CHECK(plan[0].problem->reason == reason::kAssetNotActive);
  CHECK(plan[0].problem->move == Move::kPlatform);
  CHECK(plan[0].problem->retryable);
  CHECK(OnlyWaits(plan));
}

TEST_CASE("parts that were not asked for are not compared", "[cleanroom]") {
  ObservedRoom listed = AsDesired(SampleSpec());
  listed.has_detail = false;
  listed.collaborators.clear();
  listed.has_assets = false;
  listed.assets.clear();

  CHECK(PlanFor(listed).empty());
}

// What a room of `from` needs to be one of `to`.
std::string MoveText(const RoomSpec& from, const RoomSpec& to,
                     const std::vector<std::string>& trusted = {}) {
  const std::optional<ObservedRoom> observed = AsDesired(from);
  return Text(MakePlan({.desired = to,
                        .observed = observed,
                        .mark = MarkVerdict::kOurs,
                        .trusted = trusted,
                        .leaving = &from}));
}

TEST_CASE(
    "a move adds and updates first, then removes what only the old version had, and last "
    "rewrites the comment",
    "[cleanroom]") {
  const RoomSpec from = SampleSpec();
  PackageVersion package = SamplePackage();
  package.version = "2.0.0";
  package.assets = {{.shared_name = "spine.households", .local_name = "prod.identity.households"},
                    {.shared_name = "spine.regions", .local_name = "prod.identity.regions"}};
  package.notebooks[0].name = "match_2.py";
  const RoomSpec to = *MoveRoomSpec(from, package, BrandId("acme"), SampleProvenance());

  CHECK(MoveText(from, to) ==
        absl::StrCat("ADD_ASSET provider.spine.regions; ADD_NOTEBOOK match_2.py; REMOVE_ASSET "
                     "match.py; REMOVE_ASSET provider.spine.devices; UPDATE_ROOM ",
                     from.room_name));
}

TEST_CASE(
    "of the versions' difference that the platform does not show, only a write of our own "
    "convinces",
    "[cleanroom]") {
  const RoomSpec from = SampleSpec();
  RoomSpec to = from;
  to.assets[0].partitions = {{{.name = "country", .op = "EQUAL", .value = "US"}}};

  CHECK(MoveText(from, to) == "UPDATE_ASSET provider.spine.households");
  CHECK(MoveText(from, to, {"provider.spine.households"}).empty());
}

TEST_CASE("an asset of another type is removed before the one that takes its name", "[cleanroom]") {
  const RoomSpec from = SampleSpec();
  RoomSpec to = from;
  to.assets[0].type = AssetType::kView;

  CHECK(MoveText(from, to) ==
        "REMOVE_ASSET provider.spine.households; ADD_ASSET provider.spine.households");
}

TEST_CASE("nothing is removed that the old version did not have, or that is gone already",
          "[cleanroom]") {
  const RoomSpec to = SampleSpec();
  RoomSpec from = to;
  from.assets.push_back({.name = "provider.spine.gone"});
  std::optional<ObservedRoom> observed = AsDesired(to);
  observed->assets.push_back({.name = "provider.spine.by_hand", .asset_type = "TABLE"});

  CHECK(MakePlan({.desired = to,
                  .observed = observed,
                  .mark = MarkVerdict::kOurs,
                  .trusted = {},
                  .leaving = &from})
            .empty());
}

}  // namespace
}  // namespace roomkeeper::testing
