#include <string>

#include "tests/simulator/sim_fixture.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

TEST_CASE("row 1: create takes a bare clean room; a wrapped one misses all its fields") {
  SimFixture sim;

  const Answer wrapped =
      sim.Call("roomkeeper", "POST", kRooms, {{"clean_room", sim.RoomBody("r1")}});
  const Answer bare = sim.Call("roomkeeper", "POST", kRooms, sim.RoomBody("r1"));

  CHECK(wrapped.status == 400);
  CHECK(wrapped.code() == "INVALID_PARAMETER_VALUE");
  CHECK_THAT(wrapped.message(), Catch::Contains("Missing required fields: clean_room.name"));
  CHECK(bare.status == 200);
}

TEST_CASE("row 2: the answer to create holds only name, owner, comment, created_at and status") {
  SimFixture sim;

  const Answer made = sim.Call("roomkeeper", "POST", kRooms, sim.RoomBody("r1"));

  CHECK(made.body == Json{{"name", "r1"},
                          {"owner", sim.Who("roomkeeper").client_id},
                          {"comment", "made by a test"},
                          {"created_at", absl::ToUnixMillis(sim.clock.Now())},
                          {"status", "PROVISIONING"}});

  sim.Set("create_answer", "full");
  const Answer full = sim.Call("roomkeeper", "POST", kRooms, sim.RoomBody("r2"));
  CHECK(full.body.contains("remote_detailed_info"));
}

TEST_CASE("row 3: a room is PROVISIONING until its time has passed") {
  SimFixture sim;
  REQUIRE(sim.Call("roomkeeper", "POST", kRooms, sim.RoomBody("r1")).status == 200);

  CHECK(sim.Get("roomkeeper", kRooms + "/r1").body["status"] == "PROVISIONING");
  sim.clock.Advance(absl::Seconds(10) - absl::Milliseconds(1));
  CHECK(sim.Get("roomkeeper", kRooms + "/r1").body["status"] == "PROVISIONING");
  sim.clock.Advance(absl::Milliseconds(1));
  CHECK(sim.Get("roomkeeper", kRooms + "/r1").body["status"] == "ACTIVE");
}

TEST_CASE("row 3: provisioning can fail or never end") {
  const auto [knob, status] = GENERATE(table<std::string, std::string>(
      {{"failed", "FAILED"}, {"stuck", "PROVISIONING"}, {"active", "ACTIVE"}}));
  SimFixture sim;
  sim.Set("provisioning_outcome", knob);

  sim.MakeRoom("r1");

  CHECK(sim.Get("roomkeeper", kRooms + "/r1").body["status"] == status);
}

TEST_CASE("row 4: a create without cloud, region or collaborators names the proto paths") {
  const std::string field = GENERATE("cloud_vendor", "region", "collaborators");
  CAPTURE(field);
  SimFixture sim;
  Json body = sim.RoomBody("r1");
  body["remote_detailed_info"].erase(field);

  const Answer answer = sim.Call("roomkeeper", "POST", kRooms, body);

  CHECK(answer.status == 400);
  CHECK(answer.message() == "Missing required fields: clean_room.remote_detailed_info." + field);
}

TEST_CASE("row 5: exactly one collaborator has the caller's metastore and no invitation") {
  struct Case {
    const char* name;
    int index;
    const char* field;
    Json value;
  };
  const auto c = GENERATE(
      Case{"the creator has an e-mail", 0, "invite_recipient_email", "root@provider.example"},
      Case{"the creator has another metastore", 0, "global_metastore_id",
           "aws:us-west-2:33333333-3333-4333-8333-333333333333"});
  CAPTURE(c.name);
  SimFixture sim;
  Json body = sim.RoomBody("r1");
  Json& collaborator =
      body["remote_detailed_info"]["collaborators"].at(static_cast<std::size_t>(c.index));
  collaborator[c.field] = c.value;
  collaborator["invite_recipient_workspace_id"] =
      collaborator.contains("invite_recipient_email") ? Json(1) : Json();

  const Answer answer = sim.Call("roomkeeper", "POST", kRooms, body);

  CHECK(answer.status == 400);
  CHECK(answer.code() == "INVALID_PARAMETER_VALUE");
}

TEST_CASE("row 5: a room between two parties of one metastore is legal") {
  SimFixture sim;
  Json body = sim.RoomBody("rehearsal");
  body["remote_detailed_info"]["collaborators"][1]["global_metastore_id"] = kProviderMetastore;

  REQUIRE(sim.Call("roomkeeper", "POST", kRooms, body).status == 200);

  CHECK(sim.Get("root@provider.example", kRooms + "/brand42").body["local_collaborator_alias"] ==
        "brand42");
}

TEST_CASE("row 6: an invitation needs both e-mail and workspace id") {
  const std::string absent = GENERATE("invite_recipient_email", "invite_recipient_workspace_id");
  SimFixture sim;
  Json body = sim.RoomBody("r1");
  body["remote_detailed_info"]["collaborators"][1].erase(absent);

  CHECK(sim.Call("roomkeeper", "POST", kRooms, body).status == 400);
}

TEST_CASE("row 7: names follow the rules of Unity Catalog") {
  const auto bad = GENERATE(as<std::string>{}, "a b", "a.b", "a/b", "a\tb", std::string(256, 'x'));
  CAPTURE(bad);
  SimFixture sim;
  Json alias = sim.RoomBody("r1");
  alias["remote_detailed_info"]["collaborators"][1]["collaborator_alias"] = bad;

  for (const Json& body : {sim.RoomBody(bad), alias}) {
    const Answer answer = sim.Call("roomkeeper", "POST", kRooms, body);
    CHECK(answer.status == 400);
    CHECK(answer.code() == "INVALID_PARAMETER_VALUE");
  }
}

TEST_CASE("row 7: two collaborators cannot have one alias, in any case") {
  SimFixture sim;
  Json body = sim.RoomBody("r1", /*packaged=*/false);
  body["remote_detailed_info"]["collaborators"][1]["collaborator_alias"] = "ACME";

  CHECK_THAT(sim.Call("roomkeeper", "POST", kRooms, body).message(),
             Catch::Contains("Duplicate collaborator_alias"));
}

TEST_CASE("row 8: a room has at most ten collaborators") {
  SimFixture sim;
  Json body = sim.RoomBody("r1", /*packaged=*/false);
  Json& collaborators = body["remote_detailed_info"]["collaborators"];
  while (collaborators.size() < 10) {
    Json next = collaborators[1];
    next["collaborator_alias"] = "c" + std::to_string(collaborators.size());
    collaborators.push_back(next);
  }

  CHECK(sim.Call("roomkeeper", "POST", kRooms, body).status == 200);
  Json eleventh = collaborators[1];
  eleventh["collaborator_alias"] = "c11";
  collaborators.push_back(eleventh);
  body["name"] = "r2";
  CHECK(sim.Call("roomkeeper", "POST", kRooms, body).status == 400);
}

TEST_CASE("row 9: a taken name conflicts, as the knob says") {
  const auto [knob, status, code] = GENERATE(table<std::string, int, std::string>(
      {{"409", 409, "RESOURCE_ALREADY_EXISTS"}, {"400", 400, "CLEAN_ROOM_ALREADY_EXISTS"}}));
  SimFixture sim;
  sim.Set("duplicate_room", knob);
  sim.MakeRoom("r1");

  const Answer again = sim.Call("roomkeeper", "POST", kRooms, sim.RoomBody("r1"));

  CHECK(again.status == status);
  CHECK(again.code() == code);
  CHECK(again.body["details"][0]["reason"] == "RESOURCE_ALREADY_EXISTS");
}

TEST_CASE("row 10: room names compare without case and are kept, or stored in lower case") {
  const auto [knob, stored] =
      GENERATE(table<std::string, std::string>({{"keep", "Room"}, {"lower", "room"}}));
  SimFixture sim;
  sim.Set("room_name_case", knob);
  sim.MakeRoom("Room");

  CHECK(sim.Get("roomkeeper", kRooms + "/ROOM").body["name"] == stored);
  CHECK(sim.Call("roomkeeper", "POST", kRooms, sim.RoomBody("rOOM")).status == 409);
}

TEST_CASE("row 11: a global metastore id is cloud:region:uuid") {
  const std::string bad = GENERATE("22222222-2222-4222-8222-222222222222", "azure:eastus2:brand",
                                   "AZURE:eastus2:22222222-2222-4222-8222-222222222222");
  SimFixture sim;
  Json body = sim.RoomBody("r1");
  body["remote_detailed_info"]["collaborators"][1]["global_metastore_id"] = bad;

  CHECK_THAT(sim.Call("roomkeeper", "POST", kRooms, body).message(),
             Catch::Contains("<cloud>:<region>:<metastore-uuid>"));
}

TEST_CASE("row 11: a well-formed id of an unknown metastore is accepted, refused or fails later") {
  const auto [knob, status, later] = GENERATE(table<std::string, int, std::string>(
      {{"accept", 200, "ACTIVE"}, {"400", 400, ""}, {"failed", 200, "FAILED"}}));
  SimFixture sim;
  sim.Set("unknown_metastore", knob);
  Json body = sim.RoomBody("r1");
  body["remote_detailed_info"]["collaborators"][1]["global_metastore_id"] =
      "gcp:us-east1:33333333-3333-4333-8333-333333333333";

  CHECK(sim.Call("roomkeeper", "POST", kRooms, body).status == status);
  sim.clock.Advance(absl::Seconds(10));
  CHECK(sim.Get("roomkeeper", kRooms + "/r1").body.value("status", "") == later);
}

TEST_CASE("row 21: the package provider must be one of the two collaborators") {
  SimFixture sim;
  Json stranger = sim.RoomBody("r1");
  stranger["remote_detailed_info"]["package_provider_collaborator_alias"] = "nobody";
  Json three = sim.RoomBody("r1");
  Json third = three["remote_detailed_info"]["collaborators"][1];
  third["collaborator_alias"] = "third";
  three["remote_detailed_info"]["collaborators"].push_back(third);

  CHECK(sim.Call("roomkeeper", "POST", kRooms, stranger).status == 400);
  CHECK(sim.Call("roomkeeper", "POST", kRooms, three).status == 400);
  sim.Set("packaged_collaborators", "any");
  CHECK(sim.Call("roomkeeper", "POST", kRooms, three).status == 200);
}

}  // namespace
}  // namespace roomkeeper::testing
