// What a freeze promises: no write begins, all else goes on, and a thaw is all it takes.

#include "absl/strings/match.h"

#include "lib/obs/metric_table.h"
#include "tests/support/matchers.h"
#include "tests/workflow/world.h"

namespace roomkeeper::testing {
namespace {

void Apply(World& world, WriteOp op) {
  CommitNotice notice;
  std::vector<WriteOp> ops;
  ops.push_back(std::move(op));
  REQUIRE(world.memory.Apply(std::move(ops), notice).front().ok());
  if (world.engine != nullptr) {
    world.engine->OnCommit(notice);
  }
}

void SetFrozen(World& world, const std::string& scope = kFreezeEverything) {
  Apply(world, SetFreeze{.freeze = {.scope = scope,
                                    .reason = "an incident",
                                    .by = "apiKeys/k",
                                    .since = world.loop.clock().Now()}});
}

void Thaw(World& world, const std::string& scope = kFreezeEverything) {
  Apply(world, LiftFreeze{.scope = scope});
}

int Writes(const World& world) {
  int writes = 0;
  for (const char* call :
       {"CreateRoom", "DeleteRoom", "AddAsset", "UpdateAsset", "AddNotebook", "UpdateNotebook"}) {
    writes += world.platform.calls(call);
  }
  return writes;
}

TEST_CASE("a job is held before its first write, says so, and goes on by itself", "[workflow]") {
  World world;
  const JobId id = world.Provision();
  SetFrozen(world);

  world.loop.Advance(absl::Hours(3));

  CHECK(Writes(world) == 0);
  CHECK(world.platform.calls() == 1);  // Preflight; the platform is not asked again and again
  const Job held = world.GetJob(id);
  CHECK(held.state == JobState::kWaiting);
  CHECK(held.step == Step::kEnsureRoom);
  CHECK(held.move == Move::kProviderOperator);
  CHECK(absl::StrContains(held.waiting_for, "everything was frozen by an operator at "));
  CHECK(absl::StrContains(held.waiting_for, "reason: an incident"));
  CHECK_FALSE(held.problem.has_value());
  CHECK(world.GetRoom(id).move == Move::kProviderOperator);
  CHECK(world.Events(id).size() <= 6);  // folded

  Thaw(world);
  world.loop.Advance(absl::Minutes(2));

  CHECK(world.GetJob(id).state == JobState::kSucceeded);
  CHECK(world.Violations(id) == "");
}

TEST_CASE("a freeze in the middle lets the write under way end and begins no other", "[workflow]") {
  for (int after = 1; after <= 4; ++after) {
    CAPTURE(after);
    World world;
    const JobId id = world.Provision();
    REQUIRE(world.loop.RunUntil([&] { return Writes(world) == after; }));
    SetFrozen(world);

    world.loop.Advance(absl::Hours(1));

    CHECK(Writes(world) == after);
    Thaw(world);
    REQUIRE(world.RunToEnd(id));
    CHECK(world.GetRoom(id).state == RoomState::kReady);
    CHECK(world.Violations(id) == "");
  }
}

TEST_CASE("a freeze holds what a new process finds", "[workflow]") {
  World world;
  const JobId id = world.Provision();
  SetFrozen(world);
  world.loop.Advance(absl::Minutes(1));
  world.Crash();
  world.Boot();

  world.loop.Advance(absl::Hours(1));

  CHECK(Writes(world) == 0);
  CHECK(world.metrics.Value(metric::kFreezes, {"everything"}) == 1);
  Thaw(world);
  REQUIRE(world.RunToEnd(id));
  CHECK(world.GetRoom(id).state == RoomState::kReady);
}

TEST_CASE("a frozen brand or shard leaves the others alone", "[workflow]") {
  World world;
  Apply(world, CreateBrand{.brand = {.id = BrandId("acme")}});
  const JobId held = world.Provision("match", "acme");
  SetFrozen(world, "brands/acme");
  SetFrozen(world, "shards/another");
  const JobId free = world.Provision("match", "zeta");

  REQUIRE(world.RunToEnd(free));

  CHECK(world.GetRoom(free).state == RoomState::kReady);
  CHECK(world.GetJob(held).state == JobState::kWaiting);
  CHECK(world.metrics.Value(metric::kFreezes, {"brand"}) == 1);
  CHECK(world.metrics.Value(metric::kFreezes, {"shard"}) == 1);
  CHECK(world.metrics.Value(metric::kFreezes, {"everything"}) == 0);
}

TEST_CASE("a room of a frozen shard is held by the shard's name", "[workflow]") {
  World world;
  const JobId id = world.Provision();
  SetFrozen(world, "shards/shard-1");
  world.loop.Advance(absl::Minutes(5));
  CHECK(Writes(world) == 0);
  CHECK(absl::StrContains(world.GetJob(id).waiting_for, "shards/shard-1"));
}

TEST_CASE("a cancel is taken while frozen; what was made goes after the thaw", "[workflow]") {
  World world;
  const JobId id = world.Provision();
  REQUIRE(world.loop.RunUntil([&] { return world.GetJob(id).step == Step::kAwaitActive; }));
  SetFrozen(world);
  world.Cancel(id);

  world.loop.Advance(absl::Hours(5));  // longer than a compensation may try

  CHECK(world.GetJob(id).state == JobState::kCancelling);
  CHECK(world.platform.rooms.size() == 1);
  Thaw(world);
  REQUIRE(world.RunToEnd(id));
  CHECK(world.GetJob(id).state == JobState::kCancelled);
  CHECK(world.platform.rooms.empty());
}

TEST_CASE("a freeze does not use up a job's deadline", "[workflow]") {
  World world;
  const JobId id = world.Provision();
  SetFrozen(world);
  world.loop.Advance(absl::Hours(24 * 7));
  CHECK(world.GetJob(id).state == JobState::kWaiting);
  Thaw(world);
  REQUIRE(world.RunToEnd(id));
  CHECK(world.GetJob(id).state == JobState::kSucceeded);
}

}  // namespace
}  // namespace roomkeeper::testing
