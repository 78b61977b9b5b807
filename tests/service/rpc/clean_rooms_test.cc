#include <set>
#include <string>

#include "absl/strings/match.h"

#include "lib/model/reasons.h"
#include "tests/service/rpc/world.h"

namespace roomkeeper {
namespace {

using testing::kAcmeRoom;
using testing::World;
using Rooms = v1::CleanRoomService::Stub;

template <typename Request>
Request Named(const std::string& name) {
  Request request;
  request.set_name(name);
  return request;
}

TEST_CASE("a brand asks, and a clean room becomes READY with all the app needs",
          "[service][rooms]") {
  World world;

  const v1::Job job = world.CreateAndWait(world.acme);

  CHECK(job.state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(job.steps_size() == 6);
  for (const auto& step : job.steps()) {
    CHECK(step.state() == v1::JobStepProgress::STATE_DONE);
  }
  CHECK(job.shard().empty());
  const auto room = world.Call(world.rooms, &Rooms::GetCleanRoom,
                               Named<v1::GetCleanRoomRequest>(kAcmeRoom), world.acme);
  REQUIRE(room.ok());
  CHECK(room.value.state() == v1::CLEAN_ROOM_STATE_READY);
  CHECK(room.value.package_version() == "1.1.0");
  CHECK(room.value.brand().collaborator_alias() == "acme");
  CHECK(room.value.shard().empty());
  const int calls = world.platform->calls();

  const auto runnable = world.Call(world.rooms, &Rooms::GetRunnableNotebook,
                                   Named<v1::GetRunnableNotebookRequest>(kAcmeRoom), world.acme);

  REQUIRE(runnable.ok());
  CHECK(runnable.value.clean_room_name() == room.value.clean_room_name());
  CHECK(runnable.value.notebook_name() == "match");
  CHECK_FALSE(runnable.value.etag().empty());
  CHECK(runnable.value.runner_collaborator_alias() == "acme");
  CHECK(runnable.value.parameters(0).name() == "threshold");
  CHECK(runnable.value.required_inputs(0).columns(0).name() == "email");
  CHECK(runnable.value.outputs(0).name() == "match_rate");
  CHECK(world.platform->calls() == calls);

  auto refresh = Named<v1::GetRunnableNotebookRequest>(kAcmeRoom);
  refresh.set_refresh(true);
  const auto fresh = world.Call(world.rooms, &Rooms::GetRunnableNotebook, refresh, world.acme);
  REQUIRE(fresh.ok());
  CHECK(fresh.value.etag() == runnable.value.etag());
  CHECK(world.platform->calls() == calls + 1);
}

TEST_CASE("a room is taken down in two steps, and made again", "[service][rooms]") {
  World world;
  world.CreateAndWait(world.acme);
  const auto confirm = Named<v1::ConfirmRoomRemovedRequest>(kAcmeRoom);
  CHECK(world.Call(world.rooms, &Rooms::ConfirmRoomRemoved, confirm, world.acme).reason() ==
        reason::kNotAwaitingBrandDelete);

  auto remove = Named<v1::DeleteCleanRoomRequest>(kAcmeRoom);
  remove.set_request_id("remove-1");
  const auto job = world.Call(world.rooms, &Rooms::DeleteCleanRoom, remove, world.acme);
  REQUIRE(job.ok());
  CHECK(job.value.kind() == v1::JOB_KIND_TEARDOWN);
  CHECK(world.Wait(job.value.name(), world.acme).state() == v1::JOB_STATE_SUCCEEDED);

  const auto again = world.Call(world.rooms, &Rooms::DeleteCleanRoom, remove, world.acme);
  CHECK(again.value.name() == job.value.name());
  remove.set_request_id("");
  CHECK(world.Call(world.rooms, &Rooms::DeleteCleanRoom, remove, world.acme).reason() ==
        reason::kRoomDeleted);
  const auto explained = world.Call(world.rooms, &Rooms::ExplainCleanRoom,
                                    Named<v1::ExplainCleanRoomRequest>(kAcmeRoom), world.acme);
  CHECK(explained.value.move() == v1::MOVE_BRAND_ADMIN);
  CHECK(absl::StrContains(explained.value.action(), "ConfirmRoomRemoved"));

  const auto gone = world.Call(world.rooms, &Rooms::ConfirmRoomRemoved, confirm, world.acme);
  REQUIRE(gone.ok());
  CHECK(gone.value.state() == v1::CLEAN_ROOM_STATE_DELETED);
  CHECK(world.Call(world.rooms, &Rooms::ConfirmRoomRemoved, confirm, world.acme).ok());
  CHECK(world.CreateAndWait(world.acme).state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(world.StoredRoom(kAcmeRoom).generation == 2);
}

TEST_CASE("repeats and conflicts of a create", "[service][rooms]") {
  World world({.engine = false});
  const auto first =
      world.Call(world.rooms, &Rooms::CreateCleanRoom, World::CreateRequest("click"), world.acme);
  REQUIRE(first.ok());
  CHECK(world.Call(world.rooms, &Rooms::CreateCleanRoom, World::CreateRequest("click"), world.acme)
            .value.name() == first.value.name());

  auto other = World::CreateRequest("click");
  (*other.mutable_clean_room()->mutable_labels())["env"] = "ci";
  CHECK(world.Call(world.rooms, &Rooms::CreateCleanRoom, other, world.acme).reason() ==
        reason::kRequestIdReused);
  const auto exists =
      world.Call(world.rooms, &Rooms::CreateCleanRoom, World::CreateRequest("another"), world.acme);
  CHECK(exists.reason() == reason::kRoomExists);
  CHECK(exists.refusal().metadata.at("job") == first.value.name());
  const auto busy = world.Call(world.rooms, &Rooms::DeleteCleanRoom,
                               Named<v1::DeleteCleanRoomRequest>(kAcmeRoom), world.acme);
  CHECK(busy.reason() == reason::kRoomBusy);
  CHECK(busy.refusal().metadata.at("job") == first.value.name());
}

TEST_CASE("what a create is refused for, before anything is made", "[service][rooms]") {
  World world({.engine = false});
  auto request = World::CreateRequest();
  SECTION("an unknown package") {
    request.mutable_clean_room()->set_package("packages/nothing");
    CHECK(world.Call(world.rooms, &Rooms::CreateCleanRoom, request, world.acme).reason() ==
          reason::kPackageNotFound);
  }
  SECTION("another metastore than the enrolled one") {
    request.mutable_invitee()->set_global_metastore_id(
        "aws:us-west-2:33333333-3333-4333-8333-333333333333");
    const auto answer = world.Call(world.rooms, &Rooms::CreateCleanRoom, request, world.acme);
    CHECK(answer.reason() == reason::kInviteeMismatch);
    CHECK(answer.refusal().violations.at(0).field == "invitee.global_metastore_id");
  }
  SECTION("everything that is wrong is said at once") {
    request.set_parent("brands/acme");
    request.set_clean_room_id("Not An Id");
    request.mutable_clean_room()->set_package("");
    (*request.mutable_clean_room()->mutable_labels())["BAD"] = "x";
    request.mutable_invitee()->set_global_metastore_id("aws-us-west-2");
    request.mutable_invitee()->set_invite_recipient_email("an-app-id");
    request.mutable_invitee()->set_invite_recipient_workspace_id(-1);
    request.set_request_id("no spaces please");
    const auto answer = world.Call(world.rooms, &Rooms::CreateCleanRoom, request, world.acme);
    CHECK(answer.status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    CHECK(answer.reason() == reason::kInvalidRequest);
    std::set<std::string> fields;
    for (const FieldViolation& violation : answer.refusal().violations) {
      fields.insert(violation.field);
      CHECK(absl::StrContains(violation.description, "must"));
    }
    CHECK(fields.size() == 8);
  }
  SECTION("no shard is configured for the install") {
    world.shards.shards.clear();
    CHECK(world.Call(world.rooms, &Rooms::CreateCleanRoom, request, world.acme).reason() ==
          reason::kNoEligibleShard);
  }
  CHECK(world
            .Call(world.rooms, &Rooms::GetCleanRoom, Named<v1::GetCleanRoomRequest>(kAcmeRoom),
                  world.acme)
            .reason() == reason::kNotFound);
}

TEST_CASE("oversized texts and pages are refused with the limit", "[service][rooms]") {
  World world({.engine = false});
  auto request = World::CreateRequest();
  request.mutable_clean_room()->set_clean_room_name(std::string(5000, 'x'));  // read by nobody
  const auto create = world.Call(world.rooms, &Rooms::CreateCleanRoom, request, world.acme);
  REQUIRE(create.reason() == reason::kInvalidRequest);
  CHECK(create.refusal().violations.at(0).field == "clean_room.clean_room_name");

  v1::ListCleanRoomsRequest list;
  for (const int size : {-1, 1001}) {
    list.set_page_size(size);
    const auto answer = world.Call(world.rooms, &Rooms::ListCleanRooms, list, world.acme);
    CHECK(answer.reason() == reason::kInvalidRequest);
    CHECK(absl::StrContains(answer.status.error_message(), "must be in [0, 1000], got"));
  }
  for (const int size : {0, 1, 1000}) {
    list.set_page_size(size);
    CHECK(world.Call(world.rooms, &Rooms::ListCleanRooms, list, world.acme).ok());
  }
}

TEST_CASE("a validate_only create makes nothing", "[service][rooms]") {
  World world({.engine = false});
  auto request = World::CreateRequest();
  request.set_validate_only(true);

  const auto job = world.Call(world.rooms, &Rooms::CreateCleanRoom, request, world.acme);

  REQUIRE(job.ok());
  CHECK(job.value.name().empty());
  CHECK(job.value.clean_room() == kAcmeRoom);
  CHECK(world
            .Call(world.rooms, &Rooms::GetCleanRoom, Named<v1::GetCleanRoomRequest>(kAcmeRoom),
                  world.acme)
            .reason() == reason::kNotFound);
}

TEST_CASE("a room that is not ready explains itself", "[service][rooms]") {
  World world({.provisioning = absl::Hours(1)});
  const auto job =
      world.Call(world.rooms, &Rooms::CreateCleanRoom, World::CreateRequest(), world.acme);
  REQUIRE(job.ok());

  const auto runnable = world.Call(world.rooms, &Rooms::GetRunnableNotebook,
                                   Named<v1::GetRunnableNotebookRequest>(kAcmeRoom), world.acme);

  CHECK(runnable.status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  CHECK(runnable.reason() == reason::kRoomNotReady);
  CHECK(runnable.refusal().metadata.at("job") == job.value.name());
  CHECK(absl::StrContains(runnable.status.error_message(), kAcmeRoom));
  const auto explained = world.Call(world.rooms, &Rooms::ExplainCleanRoom,
                                    Named<v1::ExplainCleanRoomRequest>(kAcmeRoom), world.acme);
  CHECK(explained.value.job() == job.value.name());
  CHECK(absl::StrContains(explained.value.text(), "since"));
}

TEST_CASE("an etag that is not the current one protects a room", "[service][rooms]") {
  World world;
  world.CreateAndWait(world.acme);
  const auto room = world.Call(world.rooms, &Rooms::GetCleanRoom,
                               Named<v1::GetCleanRoomRequest>(kAcmeRoom), world.acme);
  auto remove = Named<v1::DeleteCleanRoomRequest>(kAcmeRoom);
  remove.set_etag("1");
  REQUIRE(room.value.etag() != "1");
  const auto refused = world.Call(world.rooms, &Rooms::DeleteCleanRoom, remove, world.acme);
  CHECK(refused.status.error_code() == grpc::StatusCode::ABORTED);
  CHECK(refused.reason() == reason::kEtagMismatch);
  remove.set_etag(room.value.etag());
  CHECK(world.Call(world.rooms, &Rooms::DeleteCleanRoom, remove, world.acme).ok());
}

TEST_CASE("a plan says what would be done, and does nothing", "[service][rooms]") {
  World world;
  v1::PlanCleanRoomRequest request;
  request.mutable_clean_room()->set_package("packages/identity-match");

  const auto plan = world.Call(world.rooms, &Rooms::PlanCleanRoom, request, world.acme);

  INFO(plan.status.error_message());
  REQUIRE(plan.ok());
  CHECK(plan.value.quota().rooms_added() == 1);
  CHECK(plan.value.quota().shard().empty());
  REQUIRE(plan.value.actions_size() > 0);
  CHECK(plan.value.actions(0).action() == "CREATE_ROOM");
  CHECK(absl::StartsWith(plan.value.plan_digest(), "sha256:"));
  CHECK(world.Call(world.rooms, &Rooms::PlanCleanRoom, request, world.acme).value.plan_digest() ==
        plan.value.plan_digest());
  CHECK(world
            .Call(world.rooms, &Rooms::GetCleanRoom, Named<v1::GetCleanRoomRequest>(kAcmeRoom),
                  world.acme)
            .reason() == reason::kNotFound);

  world.CreateAndWait(world.acme);
  const auto after = world.Call(world.rooms, &Rooms::PlanCleanRoom, request, world.acme);
  REQUIRE(after.ok());
  CHECK(after.value.actions_size() == 0);
  CHECK(after.value.quota().rooms_added() == 0);
  CHECK(world.Call(world.rooms, &Rooms::PlanCleanRoom, request, world.acme).value.plan_digest() !=
        plan.value.plan_digest());
}

TEST_CASE("rooms are listed in pages that belong to their query", "[service][rooms]") {
  World world({.engine = false});
  for (const std::string id : {"a", "b", "c"}) {
    auto request = World::CreateRequest();
    request.set_clean_room_id(id);
    (*request.mutable_clean_room()->mutable_labels())["half"] = id == "b" ? "second" : "first";
    REQUIRE(world.Call(world.rooms, &Rooms::CreateCleanRoom, request, world.acme).ok());
  }
  v1::ListCleanRoomsRequest request;
  request.set_page_size(2);
  const auto first = world.Call(world.rooms, &Rooms::ListCleanRooms, request, world.acme);
  REQUIRE(first.value.clean_rooms_size() == 2);
  REQUIRE_FALSE(first.value.next_page_token().empty());

  auto next = request;
  next.set_page_token(first.value.next_page_token());
  const auto second = world.Call(world.rooms, &Rooms::ListCleanRooms, next, world.acme);
  REQUIRE(second.value.clean_rooms_size() == 1);
  CHECK(absl::EndsWith(second.value.clean_rooms(0).name(), "/c"));
  CHECK(second.value.next_page_token().empty());

  // Another caller, another query, or no token of ours.
  CHECK(world.Call(world.rooms, &Rooms::ListCleanRooms, next, world.op).reason() ==
        reason::kInvalidRequest);
  next.set_package_version("1.0.0");
  CHECK(world.Call(world.rooms, &Rooms::ListCleanRooms, next, world.acme).reason() ==
        reason::kInvalidRequest);
  request.set_page_token("garbage");
  CHECK(world.Call(world.rooms, &Rooms::ListCleanRooms, request, world.acme).reason() ==
        reason::kInvalidRequest);

  v1::ListCleanRoomsRequest labelled;
  (*labelled.mutable_labels())["half"] = "first";
  CHECK(world.Call(world.rooms, &Rooms::ListCleanRooms, labelled, world.acme)
            .value.clean_rooms_size() == 2);
  v1::ListCleanRoomsRequest ready;
  ready.set_state(v1::CLEAN_ROOM_STATE_READY);
  CHECK(world.Call(world.rooms, &Rooms::ListCleanRooms, ready, world.op).value.clean_rooms_size() ==
        0);
  v1::ListCleanRoomsRequest all;
  CHECK(
      world.Call(world.rooms, &Rooms::ListCleanRooms, all, world.op).value.clean_rooms(0).shard() ==
      "west");
}

TEST_CASE("a run names the package version of its etag, also of one that was replaced",
          "[service][rooms]") {
  World world;
  world.CreateAndWait(world.acme);
  const std::string first = world.StoredRoom(kAcmeRoom).notebooks.at(0).etag;
  world.OnLoop([&] {
    for (auto& [name, room] : world.platform->rooms) {
      for (auto& [asset_name, asset] : room.assets) {
        if (asset.seen.notebook_etag) {
          asset.seen.notebook_etag = "written-again";
        }
      }
    }
    world.platform->task_runs = {{.name = "match", .etag = first},
                                 {.name = "match", .etag = "written-again"},
                                 {.name = "match", .etag = "nobody's"}};
  });
  v1::GetRunnableNotebookRequest refresh;
  refresh.set_name(kAcmeRoom);
  refresh.set_refresh(true);
  const auto runnable = world.Call(world.rooms, &Rooms::GetRunnableNotebook, refresh, world.acme);
  CHECK(runnable.value.etag() == "written-again");

  v1::ListTaskRunsRequest request;
  request.set_parent(kAcmeRoom);
  const auto runs = world.Call(world.rooms, &Rooms::ListTaskRuns, request, world.acme);
  REQUIRE(runs.value.task_runs_size() == 3);
  CHECK(runs.value.task_runs(0).package_version() == "1.1.0");
  CHECK(runs.value.task_runs(1).package_version() == "1.1.0");
  CHECK(runs.value.task_runs(2).package_version().empty());
}

TEST_CASE("runs are those of a room on the platform", "[service][rooms]") {
  World world;
  v1::ListTaskRunsRequest request;
  request.set_parent(kAcmeRoom);
  CHECK(world.Call(world.rooms, &Rooms::ListTaskRuns, request, world.acme).reason() ==
        reason::kNotFound);
  world.CreateAndWait(world.acme);
  CHECK(world.Call(world.rooms, &Rooms::ListTaskRuns, request, world.acme).ok());

  const auto fail_next = [&](CallError error) {
    world.OnLoop([&] {
      world.platform->faults.push_back({.at_call = world.platform->calls() + 1, .error = error});
    });
    return world.Call(world.rooms, &Rooms::ListTaskRuns, request, world.acme);
  };
  const auto away = fail_next(CallError::kUnavailable);
  CHECK(away.status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(away.reason() == reason::kPlatformUnavailable);
  const auto denied = fail_next(CallError::kDenied);
  CHECK(denied.status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  CHECK(denied.reason() == reason::kPlatformRefused);
}

}  // namespace
}  // namespace roomkeeper
