#include <algorithm>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "tests/simulator/sim_fixture.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

const std::string kUc = "/api/2.1/unity-catalog";

TEST_CASE("row 40: empty and zero fields are omitted, int64 are numbers") {
  SimFixture sim;
  Json body = sim.RoomBody("r1");
  body["comment"] = "";
  body["remote_detailed_info"]["enable_shared_output"] = false;
  body["remote_detailed_info"]["collaborators"][1]["invite_recipient_workspace_id"] =
      "1234567890123456";  // quoted integers are understood
  REQUIRE(sim.Call("roomkeeper", "POST", kRooms, body).status == 200);

  const Answer room = sim.Get("roomkeeper", kRooms + "/r1");

  CHECK_FALSE(room.body.contains("comment"));
  CHECK_FALSE(room.body.contains("enable_shared_output"));
  CHECK_FALSE(room.body["remote_detailed_info"].contains("enable_shared_output"));
  CHECK(room.body["created_at"].is_number_integer());
  CHECK(
      sim.Get("roomkeeper", kUc + "/current-metastore-assignment").text.find("9123456789012345") !=
      std::string::npos);
}

TEST_CASE("row 40: unknown request fields are ignored, or rejected with the knob") {
  SimFixture sim;
  Json body = sim.RoomBody("r1");
  body["remote_detailed_info"]["colour"] = "blue";

  sim.Set("unknown_fields", "reject");
  CHECK_THAT(sim.Call("roomkeeper", "POST", kRooms, body).message(),
             Catch::Contains("Unknown field remote_detailed_info.colour"));
  sim.Set("unknown_fields", "ignore");
  CHECK(sim.Call("roomkeeper", "POST", kRooms, body).status == 200);
}

TEST_CASE("row 40: a field of the wrong type is named with its path") {
  SimFixture sim;
  Json body = sim.RoomBody("r1");
  body["remote_detailed_info"]["collaborators"][1]["invite_recipient_workspace_id"] = "abc";

  CHECK_THAT(sim.Call("roomkeeper", "POST", kRooms, body).message(),
             Catch::Contains("remote_detailed_info.collaborators[1].invite_recipient_workspace_id: "
                             "expected an int64, got \"abc\""));
}

TEST_CASE("row 40: answers can hold fields and enum values that nobody knows yet") {
  SimFixture sim;
  sim.MakeRoom("r1");
  sim.Set("novel_values", "on");

  const Json room = sim.Get("roomkeeper", kRooms + "/r1").body;

  CHECK(room["access_restricted"] == "CSP_MISCONFIGURED");
  CHECK(room.contains("field_of_tomorrow"));
}

TEST_CASE("row 41: pages hold what was asked, tokens lead through all, also past empty pages") {
  const std::string empty_pages = GENERATE("off", "on");
  SimFixture sim;
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    sim.MakeRoom(name);
  }
  sim.Set("empty_pages", empty_pages);

  std::string names;
  std::string token;
  int pages = 0;
  do {
    const Json page =
        sim.Get("roomkeeper", absl::StrCat(kRooms, "?page_size=2&page_token=", token)).body;
    token = page.value("next_page_token", "");
    for (const Json& room : page.value("clean_rooms", Json::array())) {
      names += room["name"].get<std::string>();
    }
    ++pages;
  } while (!token.empty() && pages < 10);

  CHECK(names == "abcde");
  CHECK(pages == (empty_pages == "on" ? 4 : 3));
}

TEST_CASE("row 41: an entry that goes between two pages hides no other") {
  SimFixture sim;
  for (const char* name : {"a", "b", "c"}) {
    sim.MakeRoom(name);
  }
  const std::string token = sim.Get("roomkeeper", kRooms + "?page_size=1").body["next_page_token"];

  REQUIRE(sim.Call("roomkeeper", "POST", kRooms, sim.RoomBody("A0")).status == 200);

  CHECK(sim.Get("roomkeeper", kRooms + "?page_size=9&page_token=" + token)
            .body["clean_rooms"]
            .size() == 3);
}

TEST_CASE("row 41: a garbage token and a token of another list are 400; pages can be capped") {
  SimFixture sim;
  for (const char* name : {"a", "b", "c"}) {
    sim.MakeRoom(name);
  }
  sim.Set("page_cap", "2");
  const Json page = sim.Get("roomkeeper", kRooms).body;

  CHECK(page["clean_rooms"].size() == 2);
  CHECK(sim.Get("roomkeeper", kRooms + "?page_token=garbage").code() == "INVALID_PARAMETER_VALUE");
  CHECK(sim.Get("roomkeeper",
                kRooms + "/a/task-runs?page_token=" + page["next_page_token"].get<std::string>())
            .status == 400);
}

TEST_CASE("row 45: over the rate the answer is 429 with Retry-After until the bucket refills") {
  sim::SimConfig config = SimFixture::DefaultConfig();
  config.rate_limit_per_second = 2;
  SimFixture sim(config);
  sim.clock.Advance(absl::Seconds(1));
  CHECK(sim.Get("roomkeeper", kRooms).status == 200);
  CHECK(sim.Get("roomkeeper", kRooms).status == 200);

  const Answer over = sim.Get("roomkeeper", kRooms);

  CHECK(over.status == 429);
  CHECK(over.code() == "RESOURCE_EXHAUSTED");
  CHECK(over.header("retry-after") == "1");
  CHECK_THAT(over.message(), Catch::Contains("RPC token bucket limit has been exceeded"));
  CHECK(sim.Get("app", kRooms).status == 200);  // another workspace
  sim.clock.Advance(absl::Milliseconds(500));
  CHECK(sim.Get("roomkeeper", kRooms).status == 200);
}

TEST_CASE("row 45: 503 bursts, Retry-After as seconds, date or absent, and RetryInfo") {
  SimFixture sim;
  sim.simulator->AddFault(
      {.pattern = "GET /api/2.0/*", .status = 503, .headers = {{"Retry-After", "7"}}, .times = 3});

  const Answer seconds = sim.Get("roomkeeper", kRooms);
  sim.Set("retry_after", "date");
  sim.Set("retry_info", "present");
  const Answer date = sim.Get("roomkeeper", kRooms);
  sim.Set("retry_after", "absent");
  const Answer absent = sim.Get("roomkeeper", kRooms);

  CHECK(seconds.code() == "TEMPORARILY_UNAVAILABLE");
  CHECK(seconds.header("retry-after") == "7");
  CHECK(date.header("retry-after") == "Fri, 20 Nov 2026 00:00:07 GMT");
  CHECK(date.body["details"][0]["retry_delay"] == "7s");
  CHECK(absent.header("retry-after").empty());
  CHECK(sim.Get("roomkeeper", kRooms).status == 200);
}

TEST_CASE("row 46: faults count offset and times, and match by path or by route") {
  SimFixture sim;
  sim.MakeRoom("r1");
  sim.simulator->AddFault({.pattern = "GET /api/2.0/clean-rooms/{room}",
                           .status = 500,
                           .body = R"({"error_code":"INTERNAL_ERROR","message":"boom"})",
                           .offset = 1,
                           .times = 2});

  std::string statuses;
  for (int i = 0; i < 4; ++i) {
    absl::StrAppend(&statuses, sim.Get("roomkeeper", kRooms + "/r1").status, " ");
  }

  CHECK(statuses == "200 500 500 200 ");
  CHECK(sim.Get("roomkeeper", kRooms).status == 200);
}

TEST_CASE("row 46: a fault before the effect changes nothing, one after it loses the answer") {
  const bool after = GENERATE(false, true);
  SimFixture sim;
  sim.simulator->AddFault(
      {.pattern = "POST " + kRooms, .status = 504, .times = 1, .after_effect = after});

  const Answer lost = sim.Call("roomkeeper", "POST", kRooms, sim.RoomBody("r1"));

  CHECK(lost.status == 504);
  CHECK(lost.code() == "DEADLINE_EXCEEDED");
  CHECK(sim.Get("roomkeeper", kRooms + "/r1").status == (after ? 200 : 404));
}

TEST_CASE("row 46: faults can reset, hang, delay and dribble") {
  using Ending = sim::SimResponse::Ending;
  const Ending ending = GENERATE(Ending::kReset, Ending::kHang, Ending::kSlowBody, Ending::kAnswer);
  SimFixture sim;
  sim.simulator->AddFault(
      {.pattern = "POST *", .workspace = "provider", .ending = ending, .delay = absl::Seconds(3)});

  const Answer answer = sim.Call("roomkeeper", "POST", kRooms, sim.RoomBody("r1"));

  const bool lost = ending == Ending::kReset || ending == Ending::kHang;
  CHECK(answer.response.ending == ending);
  CHECK(answer.response.delay == absl::Seconds(3));
  CHECK(sim.Get("roomkeeper", kRooms + "/r1").status == (lost ? 404 : 200));
  CHECK(sim.simulator->RequestLog().back().fault.empty());
  CHECK(sim.simulator->RequestLog().end()[-2].fault == "POST *");
}

TEST_CASE("row 46: faults can be cleared") {
  SimFixture sim;
  sim.simulator->AddFault({.pattern = "* *", .status = 500, .times = -1});
  CHECK(sim.Get("roomkeeper", kRooms).status == 500);
  CHECK(sim.Get("roomkeeper", kRooms).status == 500);

  sim.simulator->ClearFaults();

  CHECK(sim.Get("roomkeeper", kRooms).status == 200);
}

TEST_CASE("row 46: eventual consistency: 404 once after create, the old value once after PATCH") {
  SimFixture sim;
  sim.Set("read_after_create", "404_once");
  sim.Set("read_after_update", "stale_once");
  sim.MakeRoom("r1");
  const std::string asset = kRooms + "/r1/assets/TABLE/acme.identity.graph";

  CHECK(sim.Get("roomkeeper", kRooms + "/r1").status == 404);
  CHECK(sim.Get("roomkeeper", kRooms + "/r1").status == 200);
  sim.Call("roomkeeper", "PATCH", kRooms + "/r1", {{"clean_room", {{"comment", "new"}}}});
  CHECK(sim.Get("roomkeeper", kRooms + "/r1").body["comment"] == "made by a test");
  CHECK(sim.Get("roomkeeper", kRooms + "/r1").body["comment"] == "new");
  REQUIRE(sim.AddTable("r1").status == 200);
  CHECK(sim.Get("roomkeeper", asset).status == 404);
  CHECK(sim.Get("roomkeeper", asset).status == 200);
}

TEST_CASE("row 47: errors carry a code, a message and a RequestInfo of their own") {
  SimFixture sim;

  const Json first = sim.Get("roomkeeper", kRooms + "/none").body;
  const Json second = sim.Get("roomkeeper", kRooms + "/none").body;
  sim.Set("error_details", "absent");
  const Json bare = sim.Get("roomkeeper", kRooms + "/none").body;

  CHECK(first["error_code"] == "RESOURCE_DOES_NOT_EXIST");
  const Json info = first["details"].back();
  CHECK(info["@type"] == "type.googleapis.com/google.rpc.RequestInfo");
  CHECK(info["request_id"].get<std::string>().size() == 36);
  CHECK(info["request_id"] != second["details"].back()["request_id"]);
  CHECK_FALSE(bare.contains("details"));
}

TEST_CASE("row 50: an unknown route is 404 ENDPOINT_NOT_FOUND") {
  SimFixture sim;
  const auto [method, path] = GENERATE(table<std::string, std::string>(
      {{"GET", "/api/2.0/unknown"}, {"PUT", "/api/2.0/clean-rooms"}, {"GET", "/"}}));

  const Answer answer = sim.Call("roomkeeper", method, path);

  CHECK(answer.status == 404);
  CHECK(answer.code() == "ENDPOINT_NOT_FOUND");
  CHECK(answer.message() == absl::StrCat("No API found for '", method, " ", path, "'"));
}

TEST_CASE("row 50: a path segment is decoded exactly once and %2F stays inside it") {
  SimFixture sim;
  sim.MakeRoom("r1");
  const std::string assets = kRooms + "/r1/assets";
  Json body = SimFixture::NotebookBody();
  body["name"] = "a b/100%25.py";
  REQUIRE(sim.Call("roomkeeper", "POST", assets, body).status == 200);

  CHECK(sim.Get("roomkeeper", assets + "/NOTEBOOK_FILE/a%20b%2F100%2525.py").body["name"] ==
        "a b/100%25.py");
  CHECK(sim.Get("roomkeeper", assets + "/NOTEBOOK_FILE/a%20b%2F100%25.py").status == 404);
  sim.Set("encoded_slash", "split");
  CHECK(sim.Get("roomkeeper", assets + "/NOTEBOOK_FILE/a%20b%2F100%2525.py").code() ==
        "ENDPOINT_NOT_FOUND");
}

TEST_CASE("a body that is no JSON is MALFORMED_REQUEST") {
  SimFixture sim;
  sim::SimRequest request;
  request.workspace = "provider";
  request.method = "POST";
  request.target = kRooms;
  request.headers = {{"Authorization", "Bearer " + sim.tokens["roomkeeper"]}};
  request.body = "{";

  CHECK(sim.Raw(request).code() == "MALFORMED_REQUEST");
}

TEST_CASE("the metastore summary has what a preflight asks for") {
  SimFixture sim;

  const Json summary = sim.Get("roomkeeper", kUc + "/metastore_summary").body;

  CHECK(summary["global_metastore_id"] == kProviderMetastore);
  CHECK(summary["cloud"] == "aws");
  CHECK(summary["region"] == "us-west-2");
  CHECK(summary["delta_sharing_scope"] == "INTERNAL_AND_EXTERNAL");
}

TEST_CASE("tables and volumes are found, missing or denied as Unity Catalog has it") {
  struct Case {
    const char* path;
    int status;
  };
  const auto c = GENERATE(
      Case{"/tables/prod.identity.graph", 200}, Case{"/tables/PROD.Identity.Graph", 200},
      Case{"/tables/prod.identity.secret", 403}, Case{"/tables/prod.identity.nothing", 404},
      Case{"/tables/prod.identity.jars", 404}, Case{"/volumes/prod.identity.jars", 200},
      Case{"/volumes/prod.identity.graph", 404}, Case{"/tables/graph", 400});
  CAPTURE(c.path);
  SimFixture sim;

  CHECK(sim.Get("roomkeeper", kUc + c.path).status == c.status);
}

TEST_CASE("permissions are read, changed by an admin, and refused to others") {
  SimFixture sim;
  const std::string table = kUc + "/permissions/table/prod.identity.secret";
  const Json add = {
      {"changes", Json::array({{{"principal", "stranger"}, {"add", Json::array({"SELECT"})}}})}};
  const Json both = {{"changes", Json::array({{{"principal", "stranger"},
                                               {"add", Json::array({"SELECT"})},
                                               {"remove", Json::array({"SELECT"})}}})}};

  CHECK(sim.Call("roomkeeper", "PATCH", table, add).status == 403);
  CHECK(sim.Call("root@provider.example", "PATCH", table, both).code() ==
        "INVALID_PARAMETER_VALUE");
  CHECK(
      sim.Call("root@provider.example", "PATCH", table, add).body["privilege_assignments"][0] ==
      Json{{"principal", sim.Who("stranger").client_id}, {"privileges", Json::array({"SELECT"})}});
  CHECK(sim.Get("roomkeeper", kUc + "/permissions/table/prod.identity.none").status == 404);
  CHECK(sim.Get("roomkeeper", kUc + "/permissions/colour/blue").status == 400);
}

TEST_CASE("effective permissions show what is inherited and from where") {
  SimFixture sim;
  const std::string id = sim.Who("roomkeeper").client_id;

  const Json list = sim.Get("roomkeeper", absl::StrCat(kUc,
                                                       "/effective-permissions/table/"
                                                       "prod.identity.graph?principal=",
                                                       id))
                        .body["privilege_assignments"];

  REQUIRE(list.size() == 1);
  CHECK(list[0]["principal"] == id);
  const Json& privileges = list[0]["privileges"];
  const auto has = [&](const Json& privilege) {
    return std::find(privileges.begin(), privileges.end(), privilege) != privileges.end();
  };
  CHECK(has({{"privilege", "SELECT"}}));
  CHECK(has({{"privilege", "USE_CATALOG"},
             {"inherited_from_type", "CATALOG"},
             {"inherited_from_name", "prod"}}));
}

TEST_CASE("a workspace file is exported as base64 and can be imported") {
  SimFixture sim;
  const std::string path = "/api/2.0/workspace/export?format=HTML&path=%2FShared%2Fmeasurement";

  CHECK(sim.Get("roomkeeper", path).body["content"] == absl::Base64Escape("<html>exported</html>"));
  CHECK(sim.Get("roomkeeper", path + "2").code() == "RESOURCE_DOES_NOT_EXIST");
  CHECK(sim.Get("roomkeeper", path + "&direct_download=true").text == "<html>exported</html>");
  const Json import = {{"path", "/Shared/measurement2"},
                       {"content", absl::Base64Escape("<html>2</html>")}};
  CHECK(sim.Call("roomkeeper", "POST", "/api/2.0/workspace/import", import).status == 200);
  CHECK(sim.Call("roomkeeper", "POST", "/api/2.0/workspace/import", import).status == 400);
  CHECK(sim.Get("roomkeeper", path + "2").status == 200);
}

TEST_CASE("an export over 10 MB is refused") {
  sim::SimConfig config = SimFixture::DefaultConfig();
  const std::size_t limit = std::size_t{10} << 20U;
  config.workspaces[0].files = {{.path = "/at", .html = std::string(limit, 'x')},
                                {.path = "/above", .html = std::string(limit + 1, 'x')}};
  SimFixture sim(config);

  CHECK(sim.Get("roomkeeper", "/api/2.0/workspace/export?path=/at").status == 200);
  CHECK(sim.Get("roomkeeper", "/api/2.0/workspace/export?path=/above").code() ==
        "MAX_NOTEBOOK_SIZE_EXCEEDED");
}

}  // namespace
}  // namespace roomkeeper::testing
