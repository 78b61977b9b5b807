#include <string>

#include "absl/strings/match.h"

#include "lib/model/reasons.h"
#include "tests/service/rpc/world.h"

namespace roomkeeper {
namespace {

using testing::World;
using Jobs = v1::JobService::Stub;
using Operations = v1::OperationsService::Stub;
using Rooms = v1::CleanRoomService::Stub;

auto Freeze(World& world, const std::string& scope, const std::string& reason, std::string key) {
  v1::FreezeMutationsRequest request;
  request.set_scope(scope);
  request.set_reason(reason);
  return world.Call(world.operations, &Operations::FreezeMutations, request, key);
}

auto Thaw(World& world, const std::string& scope, const std::string& key) {
  v1::ThawMutationsRequest request;
  request.set_scope(scope);
  return world.Call(world.operations, &Operations::ThawMutations, request, key);
}

TEST_CASE("only operators freeze, thaw and see what is frozen", "[service][freeze]") {
  World world({.engine = false});
  CHECK(Freeze(world, "everything", "x", world.acme).reason() == reason::kOperatorOnly);
  CHECK(Thaw(world, "everything", world.acme).reason() == reason::kOperatorOnly);
  CHECK(world.Call(world.operations, &Operations::ListFreezes, v1::ListFreezesRequest(), world.acme)
            .reason() == reason::kOperatorOnly);
}

TEST_CASE("a freeze names something that there is, and why", "[service][freeze]") {
  World world({.engine = false});
  const auto nothing = Freeze(world, "", "", world.op);
  CHECK(nothing.reason() == reason::kInvalidRequest);
  CHECK(nothing.refusal().violations.size() == 2);
  CHECK(Freeze(world, "brands/", "x", world.op).reason() == reason::kInvalidRequest);
  CHECK(Freeze(world, "brands/nobody", "x", world.op).reason() == reason::kNotFound);
  CHECK(Freeze(world, "shards/nowhere", "x", world.op).reason() == reason::kNotFound);
  const auto frozen = Freeze(world, "shards/west", "x", world.op);
  REQUIRE(frozen.ok());
  CHECK(absl::StartsWith(frozen.value.frozen_by(), "apiKeys/"));
  CHECK(frozen.value.freeze_time().seconds() > 0);
}

TEST_CASE("while frozen no call makes a job, and every read is answered", "[service][freeze]") {
  World world;
  const v1::Job done = world.CreateAndWait(world.acme);
  REQUIRE(Freeze(world, "brands/acme", "bad package 1.2", world.op).ok());

  v1::DeleteCleanRoomRequest remove;
  remove.set_name(testing::kAcmeRoom);
  const auto refused = world.Call(world.rooms, &Rooms::DeleteCleanRoom, remove, world.acme);

  CHECK(refused.status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  CHECK(refused.reason() == reason::kFrozen);
  CHECK_FALSE(absl::StrContains(refused.status.error_message(), "bad package"));
  const auto told = world.Call(world.rooms, &Rooms::DeleteCleanRoom, remove, world.op);
  CHECK(absl::StrContains(told.status.error_message(), "bad package 1.2"));
  CHECK(told.refusal().metadata.at("scope") == "brands/acme");
  auto create = World::CreateRequest();
  create.set_clean_room_id("another");
  CHECK(world.Call(world.rooms, &Rooms::CreateCleanRoom, create, world.acme).reason() ==
        reason::kFrozen);
  v1::GetCleanRoomRequest get;
  get.set_name(testing::kAcmeRoom);
  CHECK(world.Call(world.rooms, &Rooms::GetCleanRoom, get, world.acme).ok());
  v1::WaitJobRequest wait;
  wait.set_name(done.name());
  CHECK(world.Call(world.jobs, &Jobs::WaitJob, wait, world.acme).ok());

  const auto left = Thaw(world, "brands/acme", world.op);

  REQUIRE(left.ok());
  CHECK(left.value.freezes().empty());
  const auto job = world.Call(world.rooms, &Rooms::DeleteCleanRoom, remove, world.acme);
  REQUIRE(job.ok());
  CHECK(world.Wait(job.value.name(), world.acme).state() == v1::JOB_STATE_SUCCEEDED);
}

}  // namespace
}  // namespace roomkeeper
