// What a CI key may: clean rooms under one label of one install, so many, and for so long.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "lib/model/reasons.h"
#include "tests/service/rpc/world.h"

namespace roomkeeper {
namespace {

using Catch::Contains;
using testing::World;
using Brands = v1::BrandService::Stub;
using Jobs = v1::JobService::Stub;
using Rooms = v1::CleanRoomService::Stub;

v1::CreateApiKeyRequest KeyRequest() {
  v1::CreateApiKeyRequest request;
  request.set_parent("brands/acme/installs/main");
  v1::CiScope& ci = *request.mutable_api_key()->mutable_ci();
  ci.set_label_key("made-by");
  ci.set_label_value("ci");
  ci.set_rooms_max(2);
  ci.mutable_ttl_max()->set_seconds(7200);
  return request;
}

// A server with a CI key of acme's install, and a room that the app has made there.
struct CiWorld : World {
  explicit CiWorld(testing::WorldOptions options = {.engine = false}) : World(std::move(options)) {
    const auto made = Call(brands, &Brands::CreateApiKey, KeyRequest(), op);
    REQUIRE(made.ok());
    ci = made.value.key();
  }
  Answer<v1::Job> Create(const std::string& id, const std::string& request_id = "") {
    return Create(Request(id, request_id), ci);
  }
  Answer<v1::Job> Create(const v1::CreateCleanRoomRequest& request, const std::string& key) {
    return Call(rooms, &Rooms::CreateCleanRoom, request, key);
  }
  static v1::CreateCleanRoomRequest Request(const std::string& id, const std::string& request_id) {
    auto request = CreateRequest(request_id);
    request.set_clean_room_id(id);
    return request;
  }
  std::vector<std::string> Listed(const v1::ListCleanRoomsRequest& request = {}) {
    const auto page = Call(rooms, &Rooms::ListCleanRooms, request, ci);
    CHECK(page.ok());
    std::vector<std::string> names;
    for (const auto& room : page.value.clean_rooms()) {
      names.push_back(room.name());
    }
    return names;
  }
  std::string ci;
};

std::string NameOf(const std::string& id) {
  return absl::StrCat("brands/acme/installs/main/cleanRooms/", id);
}

bool ExpiresAfter(const World& world, const CleanRoom& room, absl::Duration ttl) {
  return room.expires_at.has_value() && *room.expires_at >= room.created_at + ttl &&
         *room.expires_at <= world.clock.Now() + ttl;
}

TEST_CASE("a CI key's room carries its label and expires, whatever was asked for",
          "[service][ci]") {
  CiWorld world;
  REQUIRE(world.Create("plain").ok());
  const CleanRoom plain = world.StoredRoom(NameOf("plain"));
  CHECK(plain.labels == Labels{{"made-by", "ci"}});
  CHECK(ExpiresAfter(world, plain, absl::Hours(2)));

  auto shorter = CiWorld::Request("shorter", "");
  (*shorter.mutable_clean_room()->mutable_labels())["run"] = "17";
  (*shorter.mutable_clean_room()->mutable_labels())["made-by"] = "ci";
  shorter.mutable_clean_room()->mutable_ttl()->set_seconds(600);
  REQUIRE(world.Create(shorter, world.ci).ok());
  const CleanRoom room = world.StoredRoom(NameOf("shorter"));
  CHECK(room.labels == Labels{{"made-by", "ci"}, {"run", "17"}});
  CHECK(ExpiresAfter(world, room, absl::Minutes(10)));
}

TEST_CASE("another label and a longer life are refused with what there may be", "[service][ci]") {
  CiWorld world;
  auto other = CiWorld::Request("a", "");
  (*other.mutable_clean_room()->mutable_labels())["made-by"] = "hand";
  const auto by_label = world.Create(other, world.ci);
  CHECK(by_label.reason() == reason::kInvalidRequest);
  CHECK_THAT(by_label.status.error_message(),
             Contains("clean_room.labels must have made-by=ci") && Contains("got made-by=hand"));

  auto longer = CiWorld::Request("a", "");
  longer.mutable_clean_room()->mutable_ttl()->set_seconds(7201);
  const auto by_life = world.Create(longer, world.ci);
  CHECK(by_life.reason() == reason::kInvalidRequest);
  CHECK_THAT(by_life.status.error_message(),
             Contains("clean_room.ttl must end at most 2h from now") && Contains("2h1s"));

  v1::PlanCleanRoomRequest plan;
  *plan.mutable_clean_room() = longer.clean_room();
  CHECK(world.Call(world.rooms, &Rooms::PlanCleanRoom, plan, world.ci).reason() ==
        reason::kInvalidRequest);
  CHECK(world.Listed().empty());
}

TEST_CASE("a CI key renews its room for so long from now, and no longer", "[service][ci]") {
  CiWorld world;
  auto request = CiWorld::Request("a", "");
  request.mutable_clean_room()->mutable_ttl()->set_seconds(600);
  REQUIRE(world.Create(request, world.ci).ok());
  v1::RenewCleanRoomRequest renew;
  renew.set_name(NameOf("a"));
  renew.mutable_ttl()->set_seconds(7201);

  const auto refused = world.Call(world.rooms, &Rooms::RenewCleanRoom, renew, world.ci);
  renew.mutable_ttl()->set_seconds(7200);
  const auto renewed = world.Call(world.rooms, &Rooms::RenewCleanRoom, renew, world.ci);

  CHECK(refused.reason() == reason::kInvalidRequest);
  CHECK_THAT(refused.status.error_message(), Contains("ttl must end at most 2h from now"));
  CHECK(renewed.ok());
}

TEST_CASE("a CI key has so many rooms, and is told which limit it met", "[service][ci]") {
  CiWorld world;
  REQUIRE(world.Create("a", "click-a").ok());
  REQUIRE(world.Create("b").ok());

  const auto full = world.Create("c");

  CHECK(full.status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(full.reason() == reason::kCiRoomsFull);
  CHECK(full.refusal().metadata.at("rooms") == "2");
  CHECK(full.refusal().metadata.at("rooms_max") == "2");
  CHECK(world.Create("a", "click-a").ok());                         // a repeat makes none
  CHECK(world.Create(CiWorld::Request("c", ""), world.acme).ok());  // the app is not held to it
}

TEST_CASE("a CI key lists and filters its own rooms and jobs only", "[service][ci]") {
  CiWorld world;
  const auto app = world.Create(CiWorld::Request("of-app", ""), world.acme);
  REQUIRE(app.ok());
  const auto mine = world.Create("of-ci");
  REQUIRE(mine.ok());

  CHECK(world.Listed() == std::vector{NameOf("of-ci")});
  v1::ListCleanRoomsRequest of_brand;
  of_brand.set_parent("brands/acme");
  of_brand.set_show_deleted(true);
  CHECK(world.Listed(of_brand) == std::vector{NameOf("of-ci")});
  v1::ListCleanRoomsRequest of_hand;
  (*of_hand.mutable_labels())["made-by"] = "hand";
  CHECK(world.Call(world.rooms, &Rooms::ListCleanRooms, of_hand, world.ci).reason() ==
        reason::kInvalidRequest);
  for (const char* parent : {"", "brands/acme", "brands/acme/installs/main"}) {
    v1::ListJobsRequest list;
    list.set_parent(parent);
    const auto page = world.Call(world.jobs, &Jobs::ListJobs, list, world.ci);
    REQUIRE(page.ok());
    REQUIRE(page.value.jobs_size() == 1);
    CHECK(page.value.jobs(0).name() == mine.value.name());
  }
  v1::ListJobsRequest of_app;
  of_app.set_parent(NameOf("of-app"));
  CHECK(world.Call(world.jobs, &Jobs::ListJobs, of_app, world.ci).value.jobs_size() == 0);
}

TEST_CASE("a CI key learns of a room outside its label that the name is taken, and no more",
          "[service][ci]") {
  CiWorld world;
  const auto app = world.Create(CiWorld::Request("of-app", "click"), world.acme);
  REQUIRE(app.ok());
  auto request = CiWorld::Request("of-app", "");
  const bool validate_only = GENERATE(false, true);
  request.set_validate_only(validate_only);
  v1::PlanCleanRoomRequest plan;
  plan.set_clean_room_id("of-app");
  plan.mutable_clean_room()->set_package("packages/identity-match");

  const auto taken = world.Create(request, world.ci);
  const auto planned = world.Call(world.rooms, &Rooms::PlanCleanRoom, plan, world.ci);

  for (const Refusal& refusal : {taken.refusal(), planned.refusal()}) {
    CHECK(refusal.reason == reason::kRoomExists);
    CHECK_THAT(refusal.message, Contains("choose another clean_room_id"));
    CHECK(refusal.metadata.count("job") == 0);
    CHECK(refusal.metadata.count("state") == 0);
  }
  // The app's request_id is not the pipeline's: it answers with no job of the app's.
  const auto same_id = world.Create(CiWorld::Request("fresh", "click"), world.ci);
  REQUIRE(same_id.ok());
  CHECK(same_id.value.name() != app.value.name());
}

TEST_CASE("a CI key follows its room from its create to its end", "[service][ci]") {
  CiWorld world(testing::WorldOptions{});
  const auto created = world.Create("a");
  REQUIRE(created.ok());
  CHECK(world.Wait(created.value.name(), world.ci).state() == v1::JOB_STATE_SUCCEEDED);
  v1::GetRunnableNotebookRequest notebook;
  notebook.set_name(NameOf("a"));
  CHECK(world.Call(world.rooms, &Rooms::GetRunnableNotebook, notebook, world.ci).ok());
  v1::DeleteCleanRoomRequest remove;
  remove.set_name(NameOf("a"));
  remove.mutable_grace()->set_seconds(0);

  const auto removal = world.Call(world.rooms, &Rooms::DeleteCleanRoom, remove, world.ci);

  REQUIRE(removal.ok());
  CHECK(world.Wait(removal.value.name(), world.ci).state() == v1::JOB_STATE_SUCCEEDED);
  v1::UndeleteCleanRoomRequest undelete;
  undelete.set_name(NameOf("a"));
  const auto refused = world.Call(world.rooms, &Rooms::UndeleteCleanRoom, undelete, world.ci);
  CHECK(refused.reason() == reason::kRoleTooLow);
  CHECK_THAT(refused.status.error_message(), Contains("it takes the role brand"));
}

TEST_CASE("a CI key takes no removal back, neither by the room nor by its job", "[service][ci]") {
  CiWorld world({.settings = {.delete_grace = absl::Hours(1)}});
  const auto created = world.Create("a");
  REQUIRE(created.ok());
  CHECK(world.Wait(created.value.name(), world.ci).state() == v1::JOB_STATE_SUCCEEDED);
  v1::DeleteCleanRoomRequest remove;
  remove.set_name(NameOf("a"));
  const auto removal = world.Call(world.rooms, &Rooms::DeleteCleanRoom, remove, world.ci);
  REQUIRE(removal.ok());
  v1::UndeleteCleanRoomRequest undelete;
  undelete.set_name(NameOf("a"));
  v1::CancelJobRequest cancel;
  cancel.set_name(removal.value.name());

  const auto by_room = world.Call(world.rooms, &Rooms::UndeleteCleanRoom, undelete, world.ci);
  const auto by_job = world.Call(world.jobs, &Jobs::CancelJob, cancel, world.ci);

  CHECK(by_room.reason() == reason::kRoleTooLow);
  CHECK(by_job.reason() == reason::kRoleTooLow);
  CHECK(world.StoredRoom(NameOf("a")).purge_at.has_value());
  CHECK(world.Call(world.jobs, &Jobs::CancelJob, cancel, world.acme).ok());  // the app's to do
}

TEST_CASE("a CI key is made for an install, with a label, a number and a life", "[service][ci]") {
  World world({.engine = false});
  const auto reason_of = [&](const v1::CreateApiKeyRequest& request) {
    return world.Call(world.brands, &Brands::CreateApiKey, request, world.op).reason();
  };
  CHECK(reason_of(KeyRequest()).empty());
  auto of_brand = KeyRequest();
  of_brand.set_parent("brands/acme");
  CHECK(reason_of(of_brand) == reason::kInvalidRequest);
  auto of_nobody = KeyRequest();
  of_nobody.clear_parent();
  CHECK(reason_of(of_nobody) == reason::kInvalidRequest);
  auto labelless = KeyRequest();
  labelless.mutable_api_key()->mutable_ci()->clear_label_value();
  CHECK(reason_of(labelless) == reason::kInvalidRequest);
  auto keyless = KeyRequest();
  keyless.mutable_api_key()->mutable_ci()->set_label_key("Made By");
  CHECK(reason_of(keyless) == reason::kInvalidRequest);
  auto roomless = KeyRequest();
  roomless.mutable_api_key()->mutable_ci()->set_rooms_max(0);
  CHECK(reason_of(roomless) == reason::kInvalidRequest);
  auto lifeless = KeyRequest();
  lifeless.mutable_api_key()->mutable_ci()->clear_ttl_max();
  CHECK(reason_of(lifeless) == reason::kInvalidRequest);
  auto too_long = KeyRequest();
  too_long.mutable_api_key()->mutable_ci()->mutable_ttl_max()->set_seconds(169 * 3600);
  CHECK(reason_of(too_long) == reason::kInvalidRequest);
}

}  // namespace
}  // namespace roomkeeper
