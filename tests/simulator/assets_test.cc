#include <string>

#include "absl/strings/escaping.h"

#include "tests/simulator/sim_fixture.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

const char* const kAdmin = "admin@brand.example";
const std::string kAssets = kRooms + "/r1/assets";  // NOLINT(cert-err58-cpp): test constants
const std::string kTable = kAssets + "/TABLE/acme.identity.graph";
const std::string kNotebook = kAssets + "/NOTEBOOK_FILE/measurement.py";

Json BrandTable() {
  return {{"name", "brand42.people.customers"},
          {"asset_type", "TABLE"},
          {"table_local_details", {{"local_name", "crm.people.customers"}}}};
}

Json VolumeBody() {
  return {{"name", "acme.identity.jars"},
          {"asset_type", "VOLUME"},
          {"volume_local_details", {{"local_name", "prod.identity.jars"}}}};
}

Json JarBody(const std::string& path) {
  return {{"name", "matcher"},
          {"asset_type", "JAR_ANALYSIS"},
          {"jar_analysis",
           {{"main_class_name", "com.acme.Matcher"},
            {"central_jar_file_paths", Json::array({path})},
            {"runner_collaborator_aliases", Json::array({"brand42"})}}}};
}

TEST_CASE("row 23: the consumer of a packaged room cannot add notebooks or JARs, only data") {
  SimFixture sim;
  sim.MakeRoom("r1");

  for (const Json& body : {SimFixture::NotebookBody(), JarBody("/Volumes/a/b/c/d.jar")}) {
    const Answer refused = sim.Call(kAdmin, "POST", kAssets, body);
    CHECK(refused.status == 403);
    CHECK(refused.code() == "PERMISSION_DENIED");
  }
  CHECK(sim.Call(kAdmin, "POST", kAssets, BrandTable()).status == 200);
}

TEST_CASE("row 24: the consumer sees the provider's notebook without its content") {
  SimFixture sim;
  sim.MakeRoom("r1");
  REQUIRE(sim.AddNotebook("r1").status == 200);

  const Json seen = sim.Get(kAdmin, kNotebook).body;

  CHECK(seen["name"] == "measurement.py");
  CHECK_FALSE(seen["notebook"].contains("notebook_content"));
  CHECK(seen["notebook"]["description"] == "Counts matches");
  sim.Set("packaged_notebook_view", "name_only");
  CHECK_FALSE(sim.Get(kAdmin, kNotebook).body.contains("notebook"));
  CHECK(sim.Get("roomkeeper", kNotebook).body["notebook"].contains("notebook_content"));
}

TEST_CASE("row 24: in a packaged room data assets are seen by their owner only") {
  const bool packaged = GENERATE(true, false);
  CAPTURE(packaged);
  SimFixture sim;
  sim.MakeRoom("r1", packaged);
  REQUIRE(sim.AddTable("r1").status == 200);
  REQUIRE(sim.Call(kAdmin, "POST", kAssets, BrandTable()).status == 200);

  CHECK(sim.Get("roomkeeper", kAssets).body["assets"].size() == (packaged ? 1 : 2));
  CHECK(sim.Get(kAdmin, kAssets).body["assets"].size() == (packaged ? 1 : 2));
  CHECK(sim.Get(kAdmin, kTable).status == (packaged ? 404 : 200));
}

TEST_CASE("row 24: a packaged analysis shows the review state of the knob") {
  const std::string state = GENERATE("APPROVED", "PENDING", "absent");
  SimFixture sim;
  sim.Set("packaged_review_state", state);
  sim.MakeRoom("r1");

  const Json notebook = sim.AddNotebook("r1").body["notebook"];

  CHECK(notebook.value("review_state", "absent") == state);
  CHECK_FALSE(notebook.contains("reviews"));
}

TEST_CASE("row 26: an asset is added bare, is PENDING and then ACTIVE") {
  sim::SimConfig config = SimFixture::DefaultConfig();
  config.asset_pending = {absl::Seconds(5), absl::ZeroDuration()};
  SimFixture sim(config);
  sim.MakeRoom("r1");

  const Answer wrapped =
      sim.Call("roomkeeper", "POST", kAssets, {{"asset", SimFixture::TableBody()}});
  const Answer added = sim.AddTable("r1");

  CHECK(wrapped.status == 400);
  CHECK(added.body["status"] == "PENDING");
  sim.clock.Advance(absl::Seconds(5) - absl::Milliseconds(1));
  CHECK(sim.Get("roomkeeper", kTable).body["status"] == "PENDING");
  sim.clock.Advance(absl::Milliseconds(1));
  CHECK(sim.Get("roomkeeper", kTable).body["status"] == "ACTIVE");
}

TEST_CASE("row 26: with the knob an asset is ACTIVE at once, and a second one conflicts") {
  const auto [knob, code] = GENERATE(table<std::string, std::string>(
      {{"409", "RESOURCE_ALREADY_EXISTS"}, {"400", "CLEAN_ROOM_ASSET_ALREADY_EXISTS"}}));
  SimFixture sim;
  sim.Set("asset_create", "active");
  sim.Set("duplicate_asset", knob);
  sim.MakeRoom("r1");

  CHECK(sim.AddTable("r1").body["status"] == "ACTIVE");
  CHECK(sim.AddTable("r1").code() == code);
}

TEST_CASE("row 27: a data asset's name has three parts and starts with the caller's alias") {
  const std::string bad = GENERATE("identity.graph", "brand42.identity.graph", "graph",
                                   "acme.identity.graph.more", "acme..graph");
  CAPTURE(bad);
  SimFixture sim;
  sim.MakeRoom("r1");
  Json name = SimFixture::TableBody();
  name["name"] = bad;
  Json local = SimFixture::TableBody();
  local["table_local_details"]["local_name"] = "graph";

  CHECK(sim.Call("roomkeeper", "POST", kAssets, name).code() == "INVALID_PARAMETER_VALUE");
  CHECK(sim.Call("roomkeeper", "POST", kAssets, local).code() == "INVALID_PARAMETER_VALUE");
}

TEST_CASE("row 28: the local table must exist and be readable for adder and owner") {
  struct Case {
    const char* local_name;
    int status;
    const char* code;
  };
  const auto c = GENERATE(Case{"nowhere.identity.graph", 404, "CATALOG_DOES_NOT_EXIST"},
                          Case{"prod.nothing.graph", 404, "SCHEMA_DOES_NOT_EXIST"},
                          Case{"prod.identity.nothing", 404, "TABLE_DOES_NOT_EXIST"},
                          Case{"prod.identity.secret", 403, "PERMISSION_DENIED"});
  CAPTURE(c.local_name);
  SimFixture sim;
  sim.MakeRoom("r1");
  Json body = SimFixture::TableBody();
  body["table_local_details"]["local_name"] = c.local_name;

  const Answer answer = sim.Call("roomkeeper", "POST", kAssets, body);

  CHECK(answer.status == c.status);
  CHECK(answer.code() == c.code);
}

TEST_CASE("row 28: a revoked grant shows as PERMISSION_DENIED until it is granted again") {
  SimFixture sim;
  sim.MakeRoom("r1");
  REQUIRE(sim.AddTable("r1").status == 200);
  Json grant = {{"action", "revoke_grant"},
                {"workspace", "provider"},
                {"principal", "roomkeeper"},
                {"securable", "prod.identity.graph"}};

  sim.Control(grant);
  CHECK(sim.Get("roomkeeper", kTable).body["status"] == "PERMISSION_DENIED");
  grant["action"] = "grant";
  sim.Control(grant);
  CHECK(sim.Get("roomkeeper", kTable).body["status"] == "ACTIVE");
  sim.Control({{"action", "remove_securable"},
               {"workspace", "provider"},
               {"securable", "prod.identity.graph"}});
  CHECK(sim.Get("roomkeeper", kTable).body["status"] == "PERMISSION_DENIED");
}

TEST_CASE("row 29: local details and JAR paths go to the owner only") {
  SimFixture sim;
  sim.MakeRoom("r1", /*packaged=*/false);
  const std::string path = "/Volumes/acme/identity/jars/matcher.jar";
  CHECK(sim.Call("roomkeeper", "POST", kAssets, JarBody(path)).status == 400);  // no volume yet
  REQUIRE(sim.Call("roomkeeper", "POST", kAssets, VolumeBody()).status == 200);
  REQUIRE(sim.Call("roomkeeper", "POST", kAssets, JarBody(path)).status == 200);
  REQUIRE(sim.AddTable("r1").status == 200);

  const std::string jar = kAssets + "/JAR_ANALYSIS/matcher";
  CHECK(sim.Get("roomkeeper", jar).body["jar_analysis"]["central_jar_file_paths"][0] == path);
  CHECK_FALSE(sim.Get(kAdmin, jar).body["jar_analysis"].contains("central_jar_file_paths"));
  CHECK(sim.Get(kAdmin, jar).body["jar_analysis"]["main_class_name"] == "com.acme.Matcher");
  CHECK(sim.Get("roomkeeper", kTable).body["table_local_details"]["local_name"] ==
        "prod.identity.graph");
  CHECK_FALSE(sim.Get(kAdmin, kTable).body.contains("table_local_details"));
  CHECK(sim.Get(kAdmin, kTable).body["table"]["columns"][1]["name"] == "email_sha256");
}

TEST_CASE("row 30: LIST of assets has no page_size and no bodies") {
  SimFixture sim;
  sim.MakeRoom("r1");
  REQUIRE(sim.AddTable("r1").status == 200);
  REQUIRE(sim.AddNotebook("r1").status == 200);

  const Json all = sim.Get("roomkeeper", kAssets + "?page_size=1").body;
  CHECK(all["assets"].size() == 2);
  for (const Json& asset : all["assets"]) {
    CHECK_FALSE(asset.contains("notebook"));
    CHECK_FALSE(asset.contains("table"));
    CHECK_FALSE(asset.contains("table_local_details"));
  }
  sim.Set("asset_list_bodies", "present");
  CHECK(sim.Get("roomkeeper", kAssets).body["assets"][0].contains("notebook"));
}

TEST_CASE("row 31: notebook content must be base64, and HTML if the knob says so") {
  SimFixture sim;
  sim.MakeRoom("r1");
  Json body = SimFixture::NotebookBody("print(1)");
  body["notebook"]["notebook_content"] = "!!!";
  CHECK(sim.Call("roomkeeper", "POST", kAssets, body).code() == "INVALID_PARAMETER_VALUE");

  sim.Set("notebook_format", "html");
  body = SimFixture::NotebookBody("print(1)");
  CHECK(sim.Call("roomkeeper", "POST", kAssets, body).status == 400);
  sim.Set("notebook_format", "any");
  CHECK(sim.Call("roomkeeper", "POST", kAssets, body).status == 200);
}

TEST_CASE("row 31: each change of content or runners makes a new etag and resets the reviews") {
  SimFixture sim;
  sim.MakeRoom("r1", /*packaged=*/false);
  const std::string first = sim.AddNotebook("r1").body["notebook"]["etag"];
  REQUIRE(sim.Call(kAdmin, "POST", kNotebook + "/reviews",
                   {{"notebook_review", {{"etag", first}, {"review_state", "APPROVED"}}}})
              .body["notebook_review_state"] == "APPROVED");

  const Json same =
      sim.Call("roomkeeper", "PATCH", kNotebook, SimFixture::NotebookBody()).body["notebook"];
  const Json content =
      sim.Call("roomkeeper", "PATCH", kNotebook, SimFixture::NotebookBody("<html>v2</html>"))
          .body["notebook"];
  Json both = SimFixture::NotebookBody("<html>v2</html>");
  both["notebook"]["runner_collaborator_aliases"] = {"brand42", "acme"};
  const Json runners = sim.Call("roomkeeper", "PATCH", kNotebook, both).body["notebook"];
  const Json back =
      sim.Call("roomkeeper", "PATCH", kNotebook, SimFixture::NotebookBody()).body["notebook"];

  CHECK(first.size() == 64);
  CHECK(same["etag"] == first);
  CHECK(same["review_state"] == "APPROVED");
  CHECK(content["etag"] != first);
  CHECK(content["review_state"] == "PENDING");
  CHECK(runners["etag"] != content["etag"]);
  CHECK(back["etag"] != first);
}

TEST_CASE("row 31: a packaged notebook sent without runners keeps none or gets the consumer") {
  SimFixture sim;
  sim.MakeRoom("r1");
  Json body = SimFixture::NotebookBody();
  body["notebook"].erase("runner_collaborator_aliases");
  CHECK_FALSE(sim.Call("roomkeeper", "POST", kAssets, body)
                  .body["notebook"]
                  .contains("runner_collaborator_aliases"));

  sim.Set("packaged_runners", "consumer");
  body["name"] = "other.py";
  CHECK(sim.Call("roomkeeper", "POST", kAssets, body)
            .body["notebook"]["runner_collaborator_aliases"] == Json::array({"brand42"}));
}

TEST_CASE("row 32: environment_version has a default for notebooks and one for JARs") {
  SimFixture sim;
  sim.MakeRoom("r1");
  REQUIRE(sim.Call("roomkeeper", "POST", kAssets, VolumeBody()).status == 200);

  CHECK(sim.AddNotebook("r1").body["notebook"]["environment_version"] == "2");
  CHECK(sim.Call("roomkeeper", "POST", kAssets, JarBody("/Volumes/acme/identity/jars/m.jar"))
            .body["jar_analysis"]["environment_version"] == "4-scala-preview");
}

TEST_CASE("row 33: assets of a room that is not ACTIVE are refused, as the knob says") {
  const auto [knob, status] = GENERATE(table<std::string, int>(
      {{"INVALID_STATE", 400}, {"INVALID_PARAMETER_VALUE", 400}, {"accept", 200}}));
  SimFixture sim;
  sim.Set("inactive_room", knob);
  REQUIRE(sim.Call("roomkeeper", "POST", kRooms, sim.RoomBody("r1")).status == 200);

  const Answer answer = sim.AddTable("r1");

  CHECK(answer.status == status);
  CHECK(answer.code() == (status == 200 ? "" : knob));
}

TEST_CASE("assets: only the party that added one changes or removes it") {
  SimFixture sim;
  sim.MakeRoom("r1", /*packaged=*/false);
  REQUIRE(sim.AddTable("r1").status == 200);

  CHECK(sim.Call(kAdmin, "PATCH", kTable, SimFixture::TableBody()).status == 403);
  CHECK(sim.Call(kAdmin, "DELETE", kTable).status == 403);
  CHECK(sim.Call("roomkeeper", "PATCH", kTable, BrandTable()).status == 400);
  CHECK(sim.Call("roomkeeper", "DELETE", kTable).status == 200);
  CHECK(sim.Get("roomkeeper", kTable).code() == "RESOURCE_DOES_NOT_EXIST");
}

}  // namespace
}  // namespace roomkeeper::testing
