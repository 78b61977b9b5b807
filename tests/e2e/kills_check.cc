#include "tests/e2e/kills_check.h"

#include <set>

#include "absl/strings/str_split.h"

#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

v1::Job GetJob(World& world, const Customer& customer, const WatchedJob& watched) {
  v1::GetJobRequest request;
  request.set_name(watched.name);
  v1::Job job;
  const auto stub = v1::JobService::NewStub(world.channel());
  const auto status = stub->GetJob(world.Call(customer.key).get(), request, &job);
  INFO(watched.name << ": " << status.error_message());
  CHECK(status.ok());
  CHECK(job.last_sequence() == watched.seen);
  return job;
}

v1::CleanRoom GetCleanRoom(World& world, const Customer& customer) {
  v1::GetCleanRoomRequest request;
  request.set_name(customer.room_name);
  v1::CleanRoom room;
  const auto stub = v1::CleanRoomService::NewStub(world.channel());
  const auto status = stub->GetCleanRoom(world.Call(customer.key).get(), request, &room);
  INFO(status.error_message());
  CHECK(status.ok());
  return room;
}

std::set<std::string> StoredJobs(World& world) {
  std::set<std::string> names;
  const auto stub = v1::JobService::NewStub(world.channel());
  v1::ListJobsRequest request;
  request.set_page_size(1000);
  v1::ListJobsResponse page;
  do {
    REQUIRE(stub->ListJobs(world.Call(world.operator_key()).get(), request, &page).ok());
    for (const v1::Job& job : page.jobs()) {
      CHECK(names.insert(job.name()).second);
    }
    request.set_page_token(page.next_page_token());
  } while (!page.next_page_token().empty());
  return names;
}

// True if the room is to be on the platform.
bool CheckOutcome(World& world, const Customer& customer, const v1::CleanRoom& room) {
  const v1::Job create = GetJob(world, customer, customer.create);
  INFO(create.DebugString() << room.DebugString());
  if (create.state() == v1::JOB_STATE_CANCELLED) {
    CHECK(customer.then == Customer::Then::kCancel);
    CHECK(customer.create.last_type == "job.cancelled");
    CHECK(room.state() == v1::CLEAN_ROOM_STATE_DELETED);
    return false;
  }
  CHECK(create.state() == v1::JOB_STATE_SUCCEEDED);  // also if the cancel came too late
  CHECK(customer.create.last_type == "job.succeeded");
  if (customer.then == Customer::Then::kDelete) {
    CHECK(GetJob(world, customer, customer.removal).state() == v1::JOB_STATE_SUCCEEDED);
    CHECK(customer.removal.last_type == "job.succeeded");
    CHECK(room.state() == v1::CLEAN_ROOM_STATE_AWAITING_BRAND_DELETE);
    return false;
  }
  CHECK(room.state() == v1::CLEAN_ROOM_STATE_READY);
  return true;
}

// "/api/2.0/clean-rooms/ROOM/assets": ROOM. Our names need no percent-encoding.
std::string RoomOf(const std::string& target) {
  const std::vector<std::string> segments = absl::StrSplit(target, '/');
  return segments.size() > 4 ? segments[4] : "";
}

}  // namespace

std::map<std::string, v1::CleanRoom> CheckJobs(World& world,
                                               const std::vector<Customer>& customers) {
  std::map<std::string, v1::CleanRoom> kept;
  std::set<std::string> asked;
  for (const Customer& customer : customers) {
    INFO(customer.room_name);
    const v1::CleanRoom room = GetCleanRoom(world, customer);
    if (CheckOutcome(world, customer, room)) {
      CHECK(kept.emplace(room.clean_room_name(), room).second);
    }
    asked.insert(customer.create.name);
    if (customer.then == Customer::Then::kDelete) {
      asked.insert(customer.removal.name);
    }
  }
  CHECK(StoredJobs(world) == asked);
  return kept;
}

nlohmann::json ContentOf(const nlohmann::json& room, const std::string& runner) {
  nlohmann::json assets = room.at("assets");
  for (nlohmann::json& asset : assets) {
    asset.erase("etag");  // the platform draws a new one for each
    if (asset.value("runner_collaborator_aliases", nlohmann::json()) ==
        nlohmann::json::array({runner})) {
      asset["runner_collaborator_aliases"] = "the brand";
    }
  }
  return assets;
}

void CheckPlatform(World& world, const std::map<std::string, v1::CleanRoom>& kept,
                   const nlohmann::json& content) {
  const nlohmann::json state = world.Control("POST", "/control", R"({"action":"state"})");
  const auto metastore = world.workspace("provider")["global_metastore_id"].get<std::string>();
  std::set<std::string> there;
  for (const auto& room : state.at("metastores").at(metastore).at("rooms")) {
    INFO(room.dump());
    const auto name = room.at("name").get<std::string>();
    const auto wanted = kept.find(name);
    CHECK(wanted != kept.end());
    CHECK(there.insert(name).second);
    if (wanted != kept.end()) {
      CHECK(room.at("status") == "ACTIVE");
      CHECK(room.at("central_clean_room_id") == wanted->second.central_clean_room_id());
      CHECK(ContentOf(room, wanted->second.brand().collaborator_alias()) == content);
    }
  }
  CHECK(there.size() == kept.size());
}

std::int64_t CheckWrites(World& world, const std::map<std::string, v1::CleanRoom>& kept) {
  std::int64_t made = 0;
  std::int64_t deleted = 0;
  std::int64_t refused = 0;
  std::map<std::string, int> added;
  const nlohmann::json log = world.Control("GET", "/requests");
  for (const auto& request : log["requests"]) {
    const auto route = request["route"].get<std::string>();
    const std::string room = RoomOf(request["target"].get<std::string>());
    const bool done = request["status"] == 200;
    refused += request["status"] == 409 ? 1 : 0;
    made += done && route == "POST /api/2.0/clean-rooms" ? 1 : 0;
    added[room] += done && route == "POST /api/2.0/clean-rooms/{room}/assets" ? 1 : 0;
    if (done && route == "DELETE /api/2.0/clean-rooms/{room}") {
      ++deleted;
      CHECK(kept.count(room) == 0);
    }
    INFO(request.dump());
    CHECK(request["method"] != "PATCH");  // nothing ever has to be corrected
  }
  CHECK(made - deleted == static_cast<std::int64_t>(kept.size()));
  for (const auto& [name, room] : kept) {
    INFO(name);
    CHECK(added[name] == 4);  // three tables and the notebook
  }
  return refused;
}

}  // namespace roomkeeper::testing
