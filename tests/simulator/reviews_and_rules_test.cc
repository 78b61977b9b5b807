#include <string>

#include "tests/simulator/sim_fixture.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

const char* const kAdmin = "admin@brand.example";
const std::string kNotebook = kRooms + "/r1/assets/NOTEBOOK_FILE/measurement.py";
const std::string kRules = kRooms + "/r1/auto-approval-rules";

Json AnyAuthor() {
  return {{"author_scope", "ANY_AUTHOR"}, {"runner_collaborator_alias", "brand42"}};
}

TEST_CASE("row 22: packaged rooms take no auto-approval rule from either party") {
  const std::string who = GENERATE(std::string("roomkeeper"), std::string(kAdmin));
  SimFixture sim;
  sim.MakeRoom("r1");

  CHECK(sim.Call(who, "POST", kRules, {{"auto_approval_rule", AnyAuthor()}}).code() ==
        "INVALID_STATE");
}

TEST_CASE("row 34: revisions come ten to a page, newest first, and GET by etag gives that one") {
  SimFixture sim;
  sim.MakeRoom("r1");
  const std::string first = sim.AddNotebook("r1").body["notebook"]["etag"];
  for (int i = 0; i < 10; ++i) {
    REQUIRE(sim.Call("roomkeeper", "PATCH", kNotebook,
                     SimFixture::NotebookBody("<html>" + std::to_string(i) + "</html>"))
                .status == 200);
  }

  const Json page = sim.Get("roomkeeper", kNotebook + "/revisions").body;
  const Json rest =
      sim.Get("roomkeeper",
              kNotebook + "/revisions?page_token=" + page["next_page_token"].get<std::string>())
          .body;

  CHECK(page["revisions"].size() == 10);
  CHECK_FALSE(page["revisions"][0]["notebook"].contains("notebook_content"));
  REQUIRE(rest["revisions"].size() == 1);
  CHECK(rest["revisions"][0]["notebook"]["etag"] == first);
  CHECK_FALSE(rest.contains("next_page_token"));
  CHECK(sim.Get("roomkeeper", kNotebook + "/revisions/" + first)
            .body["notebook"]["notebook_content"] ==
        SimFixture::NotebookBody()["notebook"]["notebook_content"]);
  CHECK(sim.Get("roomkeeper", kNotebook + "/revisions/none").status == 404);
  sim.Set("revision_list_bodies", "present");
  CHECK(sim.Get("roomkeeper", kNotebook + "/revisions")
            .body["revisions"][0]["notebook"]
            .contains("notebook_content"));
}

TEST_CASE("row 34: only notebooks have revisions") {
  SimFixture sim;
  sim.MakeRoom("r1");
  REQUIRE(sim.AddTable("r1").status == 200);

  CHECK(sim.Get("roomkeeper", kRooms + "/r1/assets/TABLE/acme.identity.graph/revisions").status ==
        400);
}

TEST_CASE("row 35: a review needs etag and state, and lists all reviews") {
  SimFixture sim;
  sim.MakeRoom("r1", /*packaged=*/false);
  const std::string etag = sim.AddNotebook("r1").body["notebook"]["etag"];

  const Answer missing = sim.Call(kAdmin, "POST", kNotebook + "/reviews",
                                  {{"notebook_review", {{"review_state", "APPROVED"}}}});
  const Answer rejected = sim.Call(
      kAdmin, "POST", kNotebook + "/reviews",
      {{"notebook_review", {{"etag", etag}, {"review_state", "REJECTED"}, {"comment", "no"}}}});

  CHECK(missing.status == 400);
  CHECK(rejected.body["notebook_review_state"] == "REJECTED");
  CHECK(rejected.body["notebook_reviews"][0]["reviewer_collaborator_alias"] == "brand42");
  CHECK(rejected.body["notebook_reviews"][0]["comment"] == "no");
  CHECK(sim.Get("roomkeeper", kNotebook).body["notebook"]["review_state"] == "REJECTED");
}

TEST_CASE("row 35: a review of an old version is refused, as the knob says") {
  const auto [knob, code] = GENERATE(
      table<std::string, std::string>({{"409", "ABORTED"}, {"400", "INVALID_PARAMETER_VALUE"}}));
  SimFixture sim;
  sim.Set("stale_review", knob);
  sim.MakeRoom("r1", /*packaged=*/false);
  const std::string etag = sim.AddNotebook("r1").body["notebook"]["etag"];
  sim.Call("roomkeeper", "PATCH", kNotebook, SimFixture::NotebookBody("<html>v2</html>"));

  const Answer stale =
      sim.Call(kAdmin, "POST", kNotebook + "/reviews",
               {{"notebook_review", {{"etag", etag}, {"review_state", "APPROVED"}}}});

  CHECK(stale.code() == code);
}

TEST_CASE("row 35: the author does not review, and packaged analyses are not reviewed") {
  const bool packaged = GENERATE(true, false);
  SimFixture sim;
  sim.MakeRoom("r1", packaged);
  const std::string etag = sim.AddNotebook("r1").body["notebook"]["etag"];

  CHECK(sim.Call(packaged ? kAdmin : "roomkeeper", "POST", kNotebook + "/reviews",
                 {{"notebook_review", {{"etag", etag}, {"review_state", "APPROVED"}}}})
            .code() == "INVALID_STATE");
}

TEST_CASE("row 36: rules are made wrapped, changed bare, and seen by their owner only") {
  SimFixture sim;
  sim.MakeRoom("r1", /*packaged=*/false);

  CHECK(sim.Call(kAdmin, "POST", kRules, AnyAuthor()).status == 400);
  const Json rule = sim.Call(kAdmin, "POST", kRules, {{"auto_approval_rule", AnyAuthor()}}).body;
  REQUIRE(rule.contains("rule_id"));
  const std::string path = kRules + "/" + rule["rule_id"].get<std::string>();

  CHECK(rule["rule_owner_collaborator_alias"] == "brand42");
  CHECK(sim.Get(kAdmin, kRules).body["rules"].size() == 1);
  CHECK(sim.Get("roomkeeper", kRules).body == Json::object());
  CHECK(sim.Get("roomkeeper", path).status == 404);
  const Json changed =
      sim.Call(kAdmin, "PATCH", path,
               {{"author_collaborator_alias", "acme"}, {"runner_collaborator_alias", "brand42"}})
          .body;
  CHECK(changed["author_collaborator_alias"] == "acme");
  CHECK_FALSE(changed.contains("author_scope"));
  CHECK(sim.Call(kAdmin, "DELETE", path).status == 200);
  CHECK(sim.Get(kAdmin, path).status == 404);
}

TEST_CASE("row 36: a rule names an author or ANY_AUTHOR, not both and not neither") {
  const Json bad = GENERATE(
      Json{{"runner_collaborator_alias", "brand42"}},
      Json{{"author_scope", "ANY_AUTHOR"},
           {"author_collaborator_alias", "acme"},
           {"runner_collaborator_alias", "brand42"}},
      Json{{"author_scope", "ANY_AUTHOR"}},
      Json{{"author_collaborator_alias", "brand42"}, {"runner_collaborator_alias", "brand42"}},
      Json{{"author_collaborator_alias", "nobody"}, {"runner_collaborator_alias", "brand42"}});
  CAPTURE(bad.dump());
  SimFixture sim;
  sim.MakeRoom("r1", /*packaged=*/false);

  CHECK(sim.Call(kAdmin, "POST", kRules, {{"auto_approval_rule", bad}}).code() ==
        "INVALID_PARAMETER_VALUE");
}

TEST_CASE("row 36: a rule approves the next version by itself") {
  SimFixture sim;
  sim.MakeRoom("r1", /*packaged=*/false);
  REQUIRE(sim.Call(kAdmin, "POST", kRules, {{"auto_approval_rule", AnyAuthor()}}).status == 200);

  const Json notebook = sim.AddNotebook("r1").body["notebook"];

  CHECK(notebook["review_state"] == "APPROVED");
  CHECK(notebook["reviews"][0]["review_sub_reason"] == "AUTO_APPROVED");
}

}  // namespace
}  // namespace roomkeeper::testing
