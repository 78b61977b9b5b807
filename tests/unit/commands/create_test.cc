#include <set>

#include "absl/strings/str_cat.h"

#include "lib/model/reasons.h"
#include "lib/model/refusal.h"
#include "tests/unit/commands/world.h"

namespace roomkeeper {
namespace {

using testing::World;

TEST_CASE("a create stores a pending room and a queued job, pinned to the newest package",
          "[commands]") {
  World world;

  const auto job = world.Create(world.Request());

  REQUIRE_OK(job);
  CHECK(job->state == JobState::kQueued);
  CHECK(job->kind == JobKind::kProvision);
  CHECK(job->room == world.room_key);
  const auto room = world.Stored(world.room_key);
  REQUIRE_OK(room);
  CHECK(room->state == RoomState::kPending);
  CHECK(room->job == job->id);
  CHECK(room->shard == ShardId("main"));
  CHECK(room->spec.package_version == "1.1.0");
  CHECK(room->spec.brand.collaborator_alias == "acme");
  CHECK(room->spec.brand.invite_recipient_workspace_id == 1001);
  CHECK(room->spec.notebooks.at(0).runner_collaborator_aliases == std::vector<std::string>{"acme"});
  CHECK(world.provider.calls == 0);
}

TEST_CASE("the same request_id answers the same job, and another body under it is refused",
          "[commands]") {
  World world;
  const auto first = world.Create(world.Request("r-1"));
  REQUIRE_OK(first);

  const auto again = world.Create(world.Request("r-1"));
  REQUIRE_OK(again);
  CHECK(again->id == first->id);

  auto other = world.Request("r-1");
  other.labels["env"] = "ci";
  CHECK(ReasonOf(world.Create(other).status()) == reason::kRequestIdReused);
  // Another brand's ids are its own.
  const auto zeta = world.Create(world.zeta, world.Request("r-1"));
  REQUIRE_OK(zeta);
  CHECK(zeta->id != first->id);
}

TEST_CASE("a repeated request answers the first job even when the newest package has changed",
          "[commands]") {
  World world;
  const auto first = world.Create(world.Request("r-1"));
  REQUIRE_OK(first);
  world.packages.packages.push_back(testing::SamplePackage("2.0.0"));

  const auto again = world.Create(world.Request("r-1"));

  REQUIRE_OK(again);
  CHECK(again->id == first->id);
}

TEST_CASE("a second create of a room names the room and its job", "[commands]") {
  World world;
  const auto first = world.Create(world.Request());
  REQUIRE_OK(first);

  const auto second = world.Create(world.Request());

  CHECK(second.status().code() == absl::StatusCode::kAlreadyExists);
  const auto refusal = FindRefusal(second.status());
  REQUIRE(refusal.has_value());
  CHECK(refusal->reason == reason::kRoomExists);
  CHECK(refusal->metadata.at("job") == "jobs/" + first->id.value());
  CHECK(refusal->metadata.at("clean_room") ==
        "brands/acme/installs/main/cleanRooms/identity-match");
}

TEST_CASE("a deleted room is made again under the next generation and another name", "[commands]") {
  World world;
  const auto first = world.Create(world.Request());
  REQUIRE_OK(first);
  const auto before = world.Stored(world.room_key);
  world.Bring(first->id, JobState::kCancelled, RoomState::kDeleted);

  const auto second = world.Create(world.Request());

  REQUIRE_OK(second);
  const auto after = world.Stored(world.room_key);
  REQUIRE_OK(after);
  CHECK(after->generation == 2);
  CHECK(after->spec.room_name != before->spec.room_name);
  CHECK(after->state == RoomState::kPending);
}

TEST_CASE("for which install a room is made", "[commands]") {
  World world;
  auto elsewhere = world.Request();
  SECTION("a key without an install must name one") {
    CHECK(ReasonOf(world.Create(world.acme_reader, world.Request()).status()) ==
          reason::kInvalidRequest);
  }
  SECTION("an operator may act for any brand but must name the install") {
    CHECK(ReasonOf(world.Create(world.operators, elsewhere).status()) == reason::kInvalidRequest);
    elsewhere.parent = {BrandId("zeta"), InstallId("main")};
    CHECK_OK(world.Create(world.operators, elsewhere));
    elsewhere.parent = {BrandId("zeta"), InstallId("none")};
    CHECK(ReasonOf(world.Create(world.operators, elsewhere).status()) == reason::kNotFound);
  }
}

TEST_CASE("the invitee must be the enrolled one; another person is an operator's to invite",
          "[commands]") {
  World world;
  auto input = world.Request();
  input.global_metastore_id = "aws:us-west-2:33333333-3333-4333-8333-333333333333";
  input.workspace_id = 5;

  const auto refusal = FindRefusal(world.Create(input).status());

  REQUIRE(refusal.has_value());
  CHECK(refusal->reason == reason::kInviteeMismatch);
  CHECK(refusal->violations.size() == 2);
  input = world.Request();
  input.workspace_id = 1001;
  input.invite_recipient_email = "grace@brand.example";
  CHECK(ReasonOf(world.Create(input).status()) == reason::kInviteeMismatch);
  input.parent = {BrandId("acme"), InstallId("main")};
  REQUIRE_OK(world.Create(world.operators, input));
  CHECK(world.Stored(world.room_key)->spec.brand.invite_recipient_email == "grace@brand.example");
}

TEST_CASE("an unknown package or version is named with what there is", "[commands]") {
  World world;
  auto input = world.Request();
  input.package_version = "9.0.0";
  auto status = world.Create(input).status();
  CHECK(ReasonOf(status) == reason::kPackageNotFound);
  CHECK(status.message() == "package identity-match has no version 9.0.0; it has 1.0.0, 1.1.0");

  input.package = PackageName("nothing");
  status = world.Create(input).status();
  CHECK(status.message() == "package nothing does not exist");
}

TEST_CASE("validate_only checks everything and changes nothing", "[commands]") {
  World world;
  auto input = world.Request("r-1");
  input.validate_only = true;

  const auto job = world.Create(input);

  REQUIRE_OK(job);
  CHECK(job->id.empty());
  CHECK(absl::IsNotFound(world.Stored(world.room_key).status()));
  REQUIRE_OK(world.Create(world.Request("r-1")));
  CHECK(ReasonOf(world.Create(input).status()) == reason::kRoomExists);
}

TEST_CASE("limits on open jobs are answered with a delay", "[commands]") {
  World world;
  SECTION("of the brand") {
    REQUIRE_OK(world.Await<UpdateBrand::Result>([&](auto done) {
      world.store.Update(
          {.brand = {.id = BrandId("acme"), .collaborator_alias = "acme", .jobs_in_flight_max = 1}},
          done);
    }));
  }
  SECTION("of the server") {
    world.context.settings.open_jobs_max = 1;
  }
  REQUIRE_OK(world.Create(world.Request()));
  auto input = world.Request();
  input.id = CleanRoomId("second");

  const auto refusal = FindRefusal(world.Create(input).status());

  REQUIRE(refusal.has_value());
  CHECK(refusal->code == absl::StatusCode::kResourceExhausted);
  CHECK(refusal->retry_after > absl::ZeroDuration());
  const std::set<std::string> allowed = {reason::kBrandQueueFull, reason::kQueueFull};
  CHECK(allowed.contains(refusal->reason));
}

}  // namespace
}  // namespace roomkeeper
