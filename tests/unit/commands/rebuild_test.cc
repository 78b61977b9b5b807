#include "lib/commands/operations/rebuild.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"

#include "lib/cleanroom/naming.h"
#include "tests/support/room_samples.h"
#include "tests/unit/commands/world.h"

namespace roomkeeper::testing {
namespace {

using Outcome = RebuildFinding::Outcome;

const absl::Time kNow = absl::FromUnixSeconds(1795132800);
const absl::Time kMadeAt = kNow - absl::Hours(1000);

struct Lost {
  Lost() {
    catalog.packages = {std::make_shared<const PackageVersion>(SamplePackage())};
    shards = {{.id = ShardId("main"), .facts = SampleRequest().shard, .rooms_max = 100}};
    brands = {{.brand = SampleBrand(), .installs = {SampleInstall()}}};
  }

  // A room of `install` as Roomkeeper made it.
  ObservedRoom Room(const Brand& brand, const Install& install, RoomSpecRequest request) const {
    const auto spec = BuildRoomSpec(SamplePackage(), brand, install, request, provenance);
    REQUIRE_OK(spec);
    ObservedRoom seen = AsDesired(*spec);
    seen.has_assets = false;
    seen.assets.clear();
    seen.created_at = kMadeAt;
    return seen;
  }
  ObservedRoom Room(RoomSpecRequest request = SampleRequest()) const {
    return Room(SampleBrand(), SampleInstall(), std::move(request));
  }

  void Add(ObservedRoom seen, const char* shard = "main") {
    rooms.push_back({ShardId(shard), std::move(seen)});
  }
  absl::StatusOr<RebuildPlan> Plan() const {
    return PlanRebuild({.brands = brands,
                        .rooms = rooms,
                        .shards = shards,
                        .packages = catalog,
                        .provenance = provenance,
                        .now = kNow});
  }
  RebuildPlan Rebuild() const {
    auto plan = Plan();
    REQUIRE_OK(plan);
    REQUIRE(plan->findings.size() == rooms.size());
    return *std::move(plan);
  }
  // What becomes of the one room.
  RebuildFinding Judge() const { return Rebuild().findings.front(); }

  Provenance provenance = SampleProvenance();
  FixedCatalog catalog;
  std::vector<ShardStatus> shards;
  std::vector<BrandWithInstalls> brands;
  std::vector<PlatformRoom> rooms;
};

TEST_CASE("a room of ours gets the row and a job that adopts it, for an empty store", "[rebuild]") {
  Lost lost;
  lost.Add(lost.Room());

  const RebuildPlan plan = lost.Rebuild();

  const RebuildFinding& found = plan.findings[0];
  CHECK(found.outcome == Outcome::kRebuilt);
  CHECK(found.made_by == JobId("j1"));
  MemoryEngine engine;
  CommitNotice notice;
  for (const auto& result : engine.Apply(plan.writes, notice)) {
    REQUIRE_OK(result);
  }
  const auto reader = engine.NewReader();
  REQUIRE_OK(reader);
  const auto room = (*reader)->GetRoom({.brand = BrandId("acme"),
                                        .install = InstallId("prod"),
                                        .id = CleanRoomId("identity-match")});
  REQUIRE_OK(room);
  RoomSpec spec = SampleSpec();
  spec.comment = room->spec.comment;
  CHECK(room->spec == spec);
  CHECK(room->state == RoomState::kPending);
  CHECK(room->generation == 1);
  CHECK(room->created_at == kMadeAt);
  const auto job = (*reader)->GetJob(room->job);
  REQUIRE_OK(job);
  CHECK(job->kind == JobKind::kProvision);
  CHECK(job->state == JobState::kQueued);
  CHECK(job->shard == ShardId("main"));
  CHECK(job->wake_at == kNow);
  CHECK(job->repair == 1);  // whatever becomes of it, the room stays
  CHECK(job->deadline_at > kNow + absl::Hours(2));
  CHECK((*reader)->ReadEvents(job->id, 0, 10)->front().message ==
        "rebuilt from the platform; made by jobs/j1");
  CHECK((*reader)->GetInstall(BrandId("acme"), InstallId("prod"))->workspace_id ==
        SampleInstall().workspace_id);
}

TEST_CASE("a brand without rooms is rebuilt too", "[rebuild]") {
  Lost lost;

  const RebuildPlan plan = lost.Rebuild();

  CHECK(plan.writes.size() == 2);
}

TEST_CASE("a room is found under its own brand, install, id and generation", "[rebuild]") {
  Lost lost;
  const Brand a{.id = BrandId("a"), .collaborator_alias = "a"};
  const Brand ab{.id = BrandId("a-b"), .collaborator_alias = "a_b"};
  Install first = SampleInstall();
  first.brand = a.id;
  first.id = InstallId("one");
  Install second = first;
  second.id = InstallId("two");
  second.workspace_id = 7;
  Install other = second;
  other.brand = ab.id;
  other.workspace_id = 8;
  lost.brands = {{.brand = a, .installs = {first, second}}, {.brand = ab, .installs = {other}}};
  RoomSpecRequest request = SampleRequest();
  request.clean_room_id = CleanRoomId("b-c");
  request.generation = 3;
  lost.Add(lost.Room(a, second, request));
  request.clean_room_id = CleanRoomId("c");
  request.generation = 1;
  lost.Add(lost.Room(ab, other, request));

  const RebuildPlan plan = lost.Rebuild();

  for (const RebuildFinding& found : plan.findings) {
    INFO(found.why);
    CHECK(found.outcome == Outcome::kRebuilt);
  }
  const bool swapped = plan.findings[0].room.key.brand == ab.id;
  const CleanRoom& of_a = plan.findings[swapped ? 1 : 0].room;
  const CleanRoom& of_ab = plan.findings[swapped ? 0 : 1].room;
  CHECK(of_a.key == RoomKey{a.id, second.id, CleanRoomId("b-c")});
  CHECK(of_a.generation == 3);
  CHECK(of_ab.key == RoomKey{ab.id, other.id, CleanRoomId("c")});
}

TEST_CASE("an address that only one request named is taken from the platform", "[rebuild]") {
  Lost lost;
  RoomSpecRequest request = SampleRequest();
  request.invite_recipient_email = "other@acme.example";
  lost.Add(lost.Room(request));

  const RebuildFinding found = lost.Judge();

  INFO(found.why);
  CHECK(found.outcome == Outcome::kRebuilt);
  CHECK(found.room.spec.brand.invite_recipient_email == "other@acme.example");
}

TEST_CASE("a room that is still being made is rebuilt by its mark alone", "[rebuild]") {
  Lost lost;
  const ObservedRoom whole = lost.Room();
  ObservedRoom sparse;
  sparse.name = whole.name;
  sparse.comment = whole.comment;
  sparse.status = "PROVISIONING";
  lost.Add(sparse);

  CHECK(lost.Judge().outcome == Outcome::kRebuilt);
}

TEST_CASE("rooms that are not provably ours are left alone", "[rebuild]") {
  Lost lost;
  ObservedRoom seen = lost.Room();
  std::string why;
  SECTION("no mark") {
    seen.comment = "by hand";
    why = "no mark";
  }
  SECTION("of another Roomkeeper") {
    const Provenance other("elsewhere", Secret("k3y"));
    const auto spec =
        BuildRoomSpec(SamplePackage(), SampleBrand(), SampleInstall(), SampleRequest(), other);
    seen = AsDesired(*spec);
    why = "another Roomkeeper";
  }
  SECTION("a mark that was copied from another room") {
    lost.Add(lost.Room());  // so that the key is not what is wrong
    seen.name = "rk_acme_copy_00000000000000000000";
    why = "signature";
  }
  lost.Add(seen);

  const RebuildFinding found = lost.Rebuild().findings.back();

  CHECK(found.outcome == Outcome::kNotOurs);
  CHECK_THAT(found.why, Catch::Contains(why));
}

TEST_CASE("a room of ours of which no row can be made is told, with what to do", "[rebuild]") {
  Lost lost;
  ObservedRoom seen = lost.Room();
  std::string why;
  SECTION("its brand is not enrolled") {
    lost.brands[0].brand.id = BrandId("acme-2");
    why = "no enrolled install";
  }
  SECTION("its name is too long") {
    RoomSpecRequest request = SampleRequest();
    request.clean_room_id = CleanRoomId(std::string(63, 'r'));
    Brand brand = SampleBrand();
    brand.id = BrandId(std::string(40, 'b'));
    Install install = SampleInstall();
    install.brand = brand.id;
    lost.brands = {{.brand = brand, .installs = {install}}};
    seen = lost.Room(brand, install, request);
    why = "rooms adopt it with --id";
  }
  SECTION("its comment was edited") {
    seen.comment = absl::StrReplaceAll(seen.comment, {{"Package ", "Paket "}});
    why = "comment was edited";
  }
  SECTION("its package is not there") {
    lost.catalog.packages.clear();
    why = "packages/identity-match/versions/1.0.0 is not in packages_dir";
  }
  SECTION("its notebook has no content") {
    PackageVersion package = SamplePackage();
    package.notebooks[0].content_digest.clear();
    lost.catalog.packages = {std::make_shared<const PackageVersion>(package)};
    why = "match.py";
  }
  SECTION("the install has another workspace now, which only the digest tells") {
    lost.brands[0].installs[0].workspace_id = 7;
    why = "compare alias, metastore, workspace and address";
  }
  SECTION("the brand has another alias now") {
    lost.brands[0].brand.collaborator_alias = "acme_inc";
    why = "the platform shows acme_brand, ";
  }
  SECTION("it failed") {
    seen.status = "FAILED";
    why = "it is FAILED";
  }
  SECTION("it is deleted") {
    seen.status = "DELETED";
    why = "it is DELETED";
  }
  SECTION("its install is bound to another shard") {
    lost.brands[0].installs[0].shard = ShardId("west");
    why = "bound to shard west, and this is main";
  }
  lost.Add(seen);

  const RebuildFinding found = lost.Judge();

  CHECK(found.outcome == Outcome::kLeft);
  CHECK_THAT(found.why, Catch::Contains(why));
}

TEST_CASE("of two generations of a room the newer one is rebuilt", "[rebuild]") {
  const bool newer_first = GENERATE(false, true);
  CAPTURE(newer_first);
  Lost lost;
  for (const int generation : {newer_first ? 2 : 1, newer_first ? 1 : 2}) {
    RoomSpecRequest request = SampleRequest();
    request.generation = generation;
    lost.Add(lost.Room(request));
  }

  const RebuildPlan plan = lost.Rebuild();

  CHECK(plan.findings[0].outcome == Outcome::kRebuilt);
  CHECK(plan.findings[0].room.generation == 2);
  CHECK(plan.findings[1].outcome == Outcome::kLeft);
  CHECK_THAT(plan.findings[1].why, Catch::Contains("delete it there"));
}

TEST_CASE("a room that two shards of one metastore show is rebuilt once", "[rebuild]") {
  Lost lost;
  lost.shards.push_back(lost.shards[0]);
  lost.shards[1].id = ShardId("second");
  lost.Add(lost.Room(), "main");
  lost.Add(lost.Room(), "second");

  const RebuildPlan plan = lost.Rebuild();

  CHECK(plan.findings[0].outcome == Outcome::kRebuilt);
  CHECK(plan.findings[0].shard == ShardId("main"));
  CHECK(plan.findings[1].why == "it is the same room as on shard main");
}

TEST_CASE("another key than the lost store's is refused, unless no room names us", "[rebuild]") {
  Lost lost;
  ObservedRoom foreign = lost.Room();
  foreign.name = "by_hand";
  foreign.comment.clear();
  lost.Add(foreign);
  lost.provenance = Provenance("rk-test", Secret("another"));
  CHECK_OK(lost.Plan());

  lost.Add(Lost().Room());

  CHECK_THAT(lost.Plan().status(),
             StatusIs(absl::StatusCode::kFailedPrecondition, "put back the provenance key"));
}

}  // namespace
}  // namespace roomkeeper::testing
