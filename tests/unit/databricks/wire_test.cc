#include <fstream>
#include <sstream>
#include <string>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "lib/databricks/wire/assets_json.h"
#include "lib/databricks/wire/rooms_json.h"
#include "lib/databricks/wire/secret_member.h"
#include "lib/databricks/wire/token_json.h"
#include "lib/databricks/wire/unity_json.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

using nlohmann::json;

// What we send is read in review like code: tests/golden/databricks.
json Golden(const std::string& name) {
  std::ifstream file(absl::StrCat("tests/golden/databricks/", name, ".json"));
  REQUIRE(file.is_open());
  return json::parse(file);
}

RoomSpec Spec() {
  RoomSpec spec;
  spec.room_name = "acme_measurement_brand42";
  spec.comment = "orchestrated";
  spec.cloud_vendor = "aws";
  spec.region = "us-west-2";
  spec.provider = {.collaborator_alias = "acme",
                   .global_metastore_id = "aws:us-west-2:11111111-1111-4111-8111-111111111111"};
  spec.brand = {.collaborator_alias = "brand42",
                .global_metastore_id = "azure:eastus2:22222222-2222-4222-8222-222222222222",
                .invite_recipient_email = "data@brand42.example",
                .invite_recipient_workspace_id = 9223372036854775807};
  return spec;
}

TEST_CASE("a room is created by a bare object with all that is fixed at creation", "[wire]") {
  CHECK(json::parse(wire::CreateRoomBody(Spec())) == Golden("create_room"));
}

TEST_CASE("egress destinations and shared output are sent as asked", "[wire]") {
  RoomSpec spec = Spec();
  spec.comment = "";
  spec.brand.invite_recipient_workspace_id = 1234567890123456;
  spec.enable_shared_output = true;
  spec.egress.allowed_internet_destinations = {{.destination = "api.acme.example"}};

  CHECK(json::parse(wire::CreateRoomBody(spec)) == Golden("create_room_egress"));
}

TEST_CASE("each type of asset carries its local name in its own details", "[wire]") {
  struct Case {
    AssetType type;
    const char* golden;
  };
  const auto c =
      GENERATE(Case{AssetType::kTable, "asset_table"}, Case{AssetType::kView, "asset_view"},
               Case{AssetType::kForeignTable, "asset_foreign_table"},
               Case{AssetType::kVolume, "asset_volume"});
  AssetSpec asset = {
      .type = c.type, .name = "acme.identity.graph", .local_name = "prod.identity.graph"};
  if (c.type == AssetType::kTable) {
    asset.partitions = {{{.name = "country", .op = "EQUAL", .value = "US"},
                         {.name = "brand", .op = "EQUAL", .recipient_property_key = "brand_id"}},
                        {{.name = "country", .op = "EQUAL"}}};  // no value: NULL
  }

  CHECK(json::parse(wire::AssetBody(asset)) == Golden(c.golden));
}

TEST_CASE("a notebook carries its content and its runners", "[wire]") {
  const NotebookSpec notebook = {.name = "measurement.py",
                                 .description = "What it does, inputs, outputs",
                                 .environment_version = "2",
                                 .runner_collaborator_aliases = {"brand42"}};

  CHECK(json::parse(wire::NotebookBody(notebook, "PGh0bWw+PC9odG1sPg==")) ==
        Golden("asset_notebook"));
}

TEST_CASE("text that is not UTF-8 in a body does not end the process", "[wire]") {
  RoomSpec spec = Spec();
  spec.comment = "a\xff b";
  CHECK(json::parse(wire::CreateRoomBody(spec))["comment"] == "a\xef\xbf\xbd b");
}

TEST_CASE("the sparse answer to create and the full GET are both read", "[wire]") {
  const auto sparse = wire::ParseRoom(
      R"({"name":"r","owner":"o","created_at":1795219200000,"status":"PROVISIONING"})");
  REQUIRE_OK(sparse);
  CHECK(sparse->status == "PROVISIONING");
  CHECK_FALSE(sparse->has_detail);
  CHECK(sparse->created_at == absl::FromUnixMillis(1795219200000));

  const auto full =
      wire::ParseRoom(R"({"name":"r","status":"ACTIVE","local_collaborator_alias":"acme",
    "access_restricted":"CSP_MISCONFIGURED","output_catalog":{"status":"NOT_CREATED"},"new":{},
    "remote_detailed_info":{"central_clean_room_id":"u","cloud_vendor":"aws","region":"us-west-2",
      "package_provider_collaborator_alias":"acme",
      "creator":{"collaborator_alias":"acme"},
      "collaborators":[{"collaborator_alias":"acme","global_metastore_id":"aws:a:1"},
        {"collaborator_alias":"b","global_metastore_id":"a:b:2","invite_recipient_email":"x@y"}],
      "egress_network_policy":{"internet_access":{"restriction_mode":"FULL_ACCESS"}}}})");
  REQUIRE_OK(full);
  CHECK(full->has_detail);
  CHECK(full->central_clean_room_id == "u");
  CHECK(full->access_restricted == "CSP_MISCONFIGURED");  // enums are open
  CHECK(full->package_provider_collaborator_alias == "acme");
  CHECK_FALSE(full->enable_shared_output);  // absent is false
  CHECK(full->egress.restriction_mode == "FULL_ACCESS");
  REQUIRE(full->collaborators.size() == 2);
  CHECK(full->collaborators[1].invite_recipient_email == "x@y");
}

TEST_CASE("integers beyond 2^53 survive, quoted or not", "[wire]") {
  const std::string number = GENERATE("9007199254740993", "9223372036854775807",
                                      "-9223372036854775808", "\"9007199254740993\"");
  const std::string digits = absl::StrReplaceAll(number, {{"\"", ""}});

  const auto room = wire::ParseRoom(absl::StrCat(
      R"({"name":"r","remote_detailed_info":{"collaborators":[{"invite_recipient_workspace_id":)",
      number, "}]}}"));

  REQUIRE_OK(room);
  REQUIRE(room->collaborators.size() == 1);
  CHECK(absl::StrCat(room->collaborators[0].invite_recipient_workspace_id) == digits);
}

TEST_CASE("what is no answer is an error, not a default", "[wire]") {
  const std::string body = GENERATE("garbage", "[]", "{}", R"({"name":7})", R"({"name":"")",
                                    "\xff\xfe", "null", R"({"name":{"a":1},"status":"ACTIVE"})");
  CAPTURE(body);
  CHECK_FALSE(wire::ParseRoom(body).ok());
  CHECK_FALSE(wire::ParseAsset(body).ok());
  std::string copy = body;
  CHECK_FALSE(wire::ParseToken(copy).ok());
}

TEST_CASE("a secret is taken out of the answer that held it", "[wire]") {
  struct Case {
    const char* body;
    const char* secret;
    const char* left;
  };
  const auto c = GENERATE(
      Case{R"({"id":"1","secret":"dose1","n":2})", "dose1", R"({"id":"1","secret":"xxxxx","n":2})"},
      Case{R"( { "a" : [{"secret":"no"}] , "secret" : "d\\o\/\u0041\"" } )", "d\\o/A\"",
           R"( { "a" : [{"secret":"no"}] , "secret" : "xxxxxxxxxxxxxx" } )"},
      Case{R"({"a":"secret","b":{"secret":"no"}})", "", R"({"a":"secret","b":{"secret":"no"}})"},
      Case{R"({"secret":7})", "", R"({"secret":7})"});
  std::string body = c.body;

  const auto secret = wire::TakeSecretMember(body, "secret");

  REQUIRE_OK(secret);
  CHECK(secret->Reveal() == c.secret);
  CHECK(body == c.left);
}

TEST_CASE("an answer that ends before its secret does is an error", "[wire]") {
  std::string body = GENERATE("", "[]", R"({"secret)", R"({"secret":"dose)", R"({"secret":"\)",
                              R"({"secret":"a\u00e9"})", R"({"secret":"a\n"})");
  CAPTURE(body);
  CHECK_FALSE(wire::TakeSecretMember(body, "secret").ok());
}

TEST_CASE("fields of a wrong type read as absent", "[wire]") {
  const auto room = wire::ParseRoom(
      R"({"name":"r","status":null,"comment":5,"created_at":"x","remote_detailed_info":[1]})");
  REQUIRE_OK(room);
  CHECK(room->status.empty());
  CHECK(room->created_at == absl::UnixEpoch());
}

TEST_CASE("pages may be empty and still have a next one", "[wire]") {
  const auto page = wire::ParseRooms(R"({"next_page_token":"t"})");
  REQUIRE_OK(page);
  CHECK(page->items.empty());
  CHECK(page->next_page_token == "t");
  CHECK(wire::ParseRooms("")->next_page_token.empty());
}

TEST_CASE("a notebook's content is known by the digest of what was encoded", "[wire]") {
  const auto asset = wire::ParseAsset(R"({"name":"n","asset_type":"NOTEBOOK_FILE","status":"ACTIVE",
    "notebook":{"notebook_content":"aGVsbG8=","etag":"e","runner_collaborator_aliases":["b"]}})");
  REQUIRE_OK(asset);
  CHECK(asset->notebook_content_digest ==
        "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  CHECK(asset->notebook_etag == "e");
  CHECK(asset->runner_collaborator_aliases == std::vector<std::string>{"b"});

  const auto listed = wire::ParseAsset(R"({"name":"n","asset_type":"NOTEBOOK_FILE"})");
  REQUIRE_OK(listed);
  CHECK_FALSE(listed->notebook_etag.has_value());
  CHECK_FALSE(listed->notebook_content_digest.has_value());
}

TEST_CASE("a task run of another metastore shows who ran what, when, with which result", "[wire]") {
  const auto runs = wire::ParseTaskRuns(R"({"runs":[{"name":"measurement.py","task_type":"NOTEBOOK",
    "start_time":1795219300000,"run_duration":84000,
    "task_run_state":{"life_cycle_state":"TERMINATED","result_state":"SUCCESS"},
    "analysis_details":{"etag":"e","updated_at":1795219280000},
    "output_info":{"output_schema_name":"s","output_schema_expiration_time":1797811300000},
    "collaborator_job_run_info":{"collaborator_alias":"brand42"}}]})");
  REQUIRE_OK(runs);
  REQUIRE(runs->items.size() == 1);
  const TaskRun& run = runs->items[0];
  CHECK(run.run_duration == absl::Seconds(84));
  CHECK(run.result_state == "SUCCESS");
  CHECK(run.etag == "e");
  CHECK(run.runner_collaborator_alias == "brand42");
  CHECK(run.output_schema_expires_at == absl::FromUnixMillis(1797811300000));
  CHECK_FALSE(run.shared_output_schema_expires_at.has_value());
}

TEST_CASE("effective privileges are read from objects and from names", "[wire]") {
  const auto page = wire::ParseEffectivePrivileges(R"({"privilege_assignments":[
    {"principal":"p","privileges":[{"privilege":"SELECT","inherited_from_type":"SCHEMA"}]},
    {"principal":"g","privileges":["CREATE CLEAN ROOM"]}]})");
  REQUIRE_OK(page);
  CHECK(page->items == std::vector<std::string>{"SELECT", "CREATE_CLEAN_ROOM"});
}

}  // namespace
}  // namespace roomkeeper::testing
