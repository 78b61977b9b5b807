#include <string>

#include "tests/simulator/sim_fixture.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

const char* const kAdmin = "admin@brand.example";
const char* const kRoot = "root@provider.example";

TEST_CASE("row 12: LIST of rooms omits remote_detailed_info, GET fills it") {
  SimFixture sim;
  sim.MakeRoom("r1");

  const Json listed = sim.Get("roomkeeper", kRooms).body["clean_rooms"][0];
  const Json got = sim.Get("roomkeeper", kRooms + "/r1").body;

  CHECK(listed["name"] == "r1");
  CHECK(listed["status"] == "ACTIVE");
  CHECK_FALSE(listed.contains("remote_detailed_info"));
  CHECK(got["remote_detailed_info"]["cloud_vendor"] == "aws");
  CHECK(got["remote_detailed_info"]["egress_network_policy"]["internet_access"] ==
        Json{{"restriction_mode", "RESTRICTED_ACCESS"}});
}

TEST_CASE("row 12: without an egress policy the room shows none, or the default of the knob") {
  SimFixture sim;
  Json body = sim.RoomBody("r1");
  body["remote_detailed_info"].erase("egress_network_policy");
  REQUIRE(sim.Call("roomkeeper", "POST", kRooms, body).status == 200);
  sim.Set("default_egress", "present");
  body["name"] = "r2";
  REQUIRE(sim.Call("roomkeeper", "POST", kRooms, body).status == 200);

  CHECK_FALSE(sim.Get("roomkeeper", kRooms + "/r1")
                  .body["remote_detailed_info"]
                  .contains("egress_network_policy"));
  CHECK(sim.Get("roomkeeper", kRooms + "/r2")
            .body["remote_detailed_info"]
            .contains("egress_network_policy"));
}

TEST_CASE("row 13: the invitee's e-mail goes to the creator only, its workspace id to nobody") {
  SimFixture sim;
  sim.MakeRoom("r1");

  const Json ours =
      sim.Get("roomkeeper", kRooms + "/r1").body["remote_detailed_info"]["collaborators"][1];
  const Json theirs =
      sim.Get(kAdmin, kRooms + "/r1").body["remote_detailed_info"]["collaborators"][1];

  CHECK(ours["invite_recipient_email"] == "data@brand.example");
  CHECK_FALSE(ours.contains("invite_recipient_workspace_id"));
  CHECK_FALSE(theirs.contains("invite_recipient_email"));
  CHECK_FALSE(theirs.contains("invite_recipient_workspace_id"));
  CHECK(theirs["organization_name"] == "Brand 42");
}

TEST_CASE("row 14: each metastore sees its own alias and the same central id") {
  SimFixture sim;
  sim.MakeRoom("r1");

  const Json ours = sim.Get("roomkeeper", kRooms + "/r1").body;
  const Json theirs = sim.Get(kAdmin, kRooms + "/r1").body;

  CHECK(ours["local_collaborator_alias"] == "acme");
  CHECK(theirs["local_collaborator_alias"] == "brand42");
  CHECK(theirs["owner"] == kAdmin);
  CHECK(ours["remote_detailed_info"]["central_clean_room_id"] ==
        theirs["remote_detailed_info"]["central_clean_room_id"]);
}

TEST_CASE("row 14: the invitee sees the room at once, or when it is ACTIVE") {
  const auto [knob, status] =
      GENERATE(table<std::string, int>({{"at_once", 200}, {"when_active", 404}}));
  SimFixture sim;
  sim.Set("invitee_sees_room", knob);
  REQUIRE(sim.Call("roomkeeper", "POST", kRooms, sim.RoomBody("r1")).status == 200);

  CHECK(sim.Get(kAdmin, kRooms + "/r1").status == status);
  CHECK(sim.Get(kAdmin, kRooms).body.contains("clean_rooms") == (status == 200));
  sim.clock.Advance(absl::Seconds(10));
  CHECK(sim.Get(kAdmin, kRooms + "/r1").body["status"] == "ACTIVE");
}

TEST_CASE("row 15: PATCH is wrapped and changes comment, owner and the local switch") {
  SimFixture sim;
  sim.MakeRoom("r1");

  const Answer bare = sim.Call("roomkeeper", "PATCH", kRooms + "/r1", {{"comment", "new"}});
  const Answer wrapped = sim.Call(
      "roomkeeper", "PATCH", kRooms + "/r1",
      {{"clean_room",
        {{"comment", "new"}, {"enable_shared_output", true}, {"owner", "cleanroom-admins"}}}});

  CHECK(bare.status == 400);
  CHECK(wrapped.body["comment"] == "new");
  CHECK(wrapped.body["enable_shared_output"] == true);
  CHECK(wrapped.body["owner"] == "cleanroom-admins");
}

TEST_CASE("row 15: an immutable field in PATCH is rejected or ignored") {
  const Json change =
      GENERATE(Json{{"name", "other"}}, Json{{"remote_detailed_info", {{"cloud_vendor", "gcp"}}}},
               Json{{"remote_detailed_info", {{"egress_network_policy", {}}}}});
  CAPTURE(change.dump());
  SimFixture sim;
  sim.MakeRoom("r1");
  const Json body = {{"clean_room", change}};

  CHECK(sim.Call("roomkeeper", "PATCH", kRooms + "/r1", body).status == 400);
  sim.Set("immutable_patch", "ignore");
  const Answer ignored = sim.Call("roomkeeper", "PATCH", kRooms + "/r1", body);
  CHECK(ignored.status == 200);
  CHECK(ignored.body["name"] == "r1");
  CHECK(ignored.body["remote_detailed_info"]["cloud_vendor"] == "aws");
}

TEST_CASE("row 15: the egress policy changes if the knob accepts it") {
  SimFixture sim;
  sim.MakeRoom("r1");
  sim.Set("egress_patch", "accept");
  const Json policy = {{"internet_access", {{"restriction_mode", "FULL_ACCESS"}}}};

  const Answer answer =
      sim.Call("roomkeeper", "PATCH", kRooms + "/r1",
               {{"clean_room", {{"remote_detailed_info", {{"egress_network_policy", policy}}}}}});

  CHECK(answer.body["remote_detailed_info"]["egress_network_policy"] == policy);
}

TEST_CASE("row 16: a metastore admin who does not own the room changes its owner only") {
  SimFixture sim;
  sim.MakeRoom("r1");

  const Answer comment =
      sim.Call(kRoot, "PATCH", kRooms + "/r1", {{"clean_room", {{"comment", "x"}}}});
  const Answer owner =
      sim.Call(kRoot, "PATCH", kRooms + "/r1", {{"clean_room", {{"owner", "stranger"}}}});

  CHECK(comment.status == 403);
  CHECK(comment.code() == "PERMISSION_DENIED");
  CHECK(owner.status == 200);
  CHECK(owner.body["owner"] == sim.Who("stranger").client_id);
}

TEST_CASE("row 17: a comment is local: the other party keeps its own") {
  const auto [knob, comment] =
      GENERATE(table<std::string, std::string>({{"copied", "made by a test"}, {"empty", ""}}));
  SimFixture sim;
  sim.Set("invitee_comment", knob);
  sim.MakeRoom("r1");

  REQUIRE(sim.Call("roomkeeper", "PATCH", kRooms + "/r1", {{"clean_room", {{"comment", "new"}}}})
              .status == 200);

  CHECK(sim.Get(kAdmin, kRooms + "/r1").body.value("comment", "") == comment);
}

TEST_CASE("row 18: after a party's DELETE its GET is 404 and the other sees DELETED") {
  SimFixture sim;
  sim.MakeRoom("r1");

  CHECK(sim.Call("roomkeeper", "DELETE", kRooms + "/r1").status == 200);

  CHECK(sim.Get("roomkeeper", kRooms + "/r1").status == 404);
  CHECK(sim.Get(kAdmin, kRooms + "/r1").body["status"] == "DELETED");
  CHECK(sim.Get(kAdmin, kRooms + "/r1/assets").code() == "INVALID_STATE");
  CHECK(sim.Call(kAdmin, "PATCH", kRooms + "/r1", {{"clean_room", {{"comment", "x"}}}}).code() ==
        "INVALID_STATE");
  CHECK(sim.Call(kAdmin, "DELETE", kRooms + "/r1").status == 200);
  CHECK(sim.Get(kAdmin, kRooms + "/r1").status == 404);
}

TEST_CASE("row 18: DELETE answers an object or nothing, and may refuse a PROVISIONING room") {
  SimFixture sim;
  sim.MakeRoom("r1");
  sim.MakeRoom("r2");

  CHECK(sim.Call("roomkeeper", "DELETE", kRooms + "/r1").text == "{}");
  sim.Set("delete_answer", "empty");
  CHECK(sim.Call("roomkeeper", "DELETE", kRooms + "/r2").text.empty());
  REQUIRE(sim.Call("roomkeeper", "POST", kRooms, sim.RoomBody("r3")).status == 200);
  sim.Set("delete_provisioning", "INVALID_STATE");
  CHECK(sim.Call("roomkeeper", "DELETE", kRooms + "/r3").code() == "INVALID_STATE");
  sim.Set("delete_provisioning", "accept");
  CHECK(sim.Call("roomkeeper", "DELETE", kRooms + "/r3").status == 200);
}

TEST_CASE("row 19: a room that does not exist is 404, with the code of the knob") {
  const std::string code =
      GENERATE("RESOURCE_DOES_NOT_EXIST", "NOT_FOUND", "CLEAN_ROOM_DOES_NOT_EXIST");
  SimFixture sim;
  sim.Set("missing_room", code);

  const Answer answer = sim.Call("roomkeeper", "DELETE", kRooms + "/nothing");

  CHECK(answer.status == 404);
  CHECK(answer.code() == code);
}

TEST_CASE("row 20: one room more than the metastore may have is a quota error") {
  const auto [code, status] = GENERATE(
      table<std::string, int>({{"RESOURCE_LIMIT_EXCEEDED", 400}, {"RESOURCE_EXHAUSTED", 429}}));
  sim::SimConfig config = SimFixture::DefaultConfig();
  config.metastores[0].clean_rooms_max = 2;
  SimFixture sim(config);
  sim.Set("room_quota_error", code);
  sim.MakeRoom("r1");
  sim.MakeRoom("r2");

  const Answer third = sim.Call("roomkeeper", "POST", kRooms, sim.RoomBody("r3"));

  CHECK(third.status == status);
  CHECK(third.code() == code);
  CHECK_THAT(third.message(), Catch::Contains("limit of 2"));
  REQUIRE(sim.Call("roomkeeper", "DELETE", kRooms + "/r1").status == 200);
  CHECK(sim.Call("roomkeeper", "POST", kRooms, sim.RoomBody("r3")).status == 200);
}

TEST_CASE("row 37: an output catalog is asked for bare, answered wrapped and made once") {
  SimFixture sim;
  sim.MakeRoom("r1");
  CHECK(sim.Get(kAdmin, kRooms + "/r1").body["output_catalog"]["status"] == "NOT_CREATED");

  const Answer made =
      sim.Call(kAdmin, "POST", kRooms + "/r1/output-catalogs", {{"catalog_name", "brand42_out"}});

  CHECK(made.body ==
        Json{{"output_catalog", {{"catalog_name", "brand42_out"}, {"status", "CREATED"}}}});
  CHECK(sim.Get(kAdmin, kRooms + "/r1").body["output_catalog"]["catalog_name"] == "brand42_out");
  CHECK(
      sim.Call(kAdmin, "POST", kRooms + "/r1/output-catalogs", {{"catalog_name", "more"}}).status ==
      409);
}

TEST_CASE("row 37: the provider of a packaged room may be not eligible for an output catalog") {
  SimFixture sim;
  sim.MakeRoom("r1");
  sim.Set("packaged_output_catalog", "NOT_ELIGIBLE");

  CHECK(sim.Get("roomkeeper", kRooms + "/r1").body["output_catalog"] ==
        Json{{"status", "NOT_ELIGIBLE"}});
  CHECK(sim.Call("roomkeeper", "POST", kRooms + "/r1/output-catalogs", {{"catalog_name", "out"}})
            .status == 400);
}

TEST_CASE("row 48: with sharing off, LIST and create are errors, not empty") {
  const auto [knob, status] = GENERATE(table<std::string, int>({{"400", 400}, {"403", 403}}));
  sim::SimConfig config = SimFixture::DefaultConfig();
  config.metastores[0].delta_sharing_scope = "INTERNAL";
  SimFixture sim(config);
  sim.Set("sharing_disabled", knob);

  CHECK(sim.Get("roomkeeper", kRooms).status == status);
  CHECK(sim.Call("roomkeeper", "POST", kRooms, sim.RoomBody("r1")).status == status);
}

TEST_CASE("row 49: without CREATE_CLEAN_ROOM create is 403; rooms of others are not in LIST") {
  SimFixture sim;
  sim.MakeRoom("r1");

  const Answer create = sim.Call("stranger", "POST", kRooms, sim.RoomBody("r2"));

  CHECK(create.status == 403);
  CHECK(create.code() == "PERMISSION_DENIED");
  CHECK(sim.Get("stranger", kRooms).body == Json::object());
  CHECK(sim.Get("stranger", kRooms + "/r1").status == 403);
  sim.Set("hidden_room", "404");
  CHECK(sim.Get("stranger", kRooms + "/r1").status == 404);
  sim.Control({{"action", "grant"},
               {"workspace", "provider"},
               {"principal", "stranger"},
               {"securable", "r1"},
               {"privilege", "BROWSE"}});
  CHECK(sim.Get("stranger", kRooms).body["clean_rooms"].size() == 1);
  CHECK(sim.Call("stranger", "DELETE", kRooms + "/r1").status == 403);
}

}  // namespace
}  // namespace roomkeeper::testing
