#include "tests/simulator/sim_fixture.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

sim::Principal ServicePrincipal(const std::string& name) {
  return {.kind = sim::Principal::Kind::kServicePrincipal, .name = name};
}

sim::Principal Admin(const std::string& name) {
  return {.kind = sim::Principal::Kind::kUser, .name = name, .metastore_admin = true};
}

}  // namespace

std::string Answer::header(const std::string& name) const {
  for (const auto& [key, value] : response.headers) {
    if (absl::EqualsIgnoreCase(key, name)) {
      return value;
    }
  }
  return "";
}

sim::SimConfig SimFixture::DefaultConfig() {
  sim::SimConfig config;
  sim::MetastoreConfig provider;
  provider.global_metastore_id = kProviderMetastore;
  provider.organization_name = "ACME";
  provider.create_clean_room = {"roomkeeper"};
  provider.securables = {
      {.type = "TABLE",
       .full_name = "prod.identity.graph",
       .columns = {{"person_id", "string"}, {"email_sha256", "string"}},
       .select_principals = {"roomkeeper"}},
      {.type = "TABLE", .full_name = "prod.identity.secret", .select_principals = {}},
      {.type = "VOLUME", .full_name = "prod.identity.jars", .select_principals = {"roomkeeper"}},
  };
  sim::MetastoreConfig brand;
  brand.global_metastore_id = kBrandMetastore;
  brand.organization_name = "Brand 42";
  brand.securables = {{.type = "TABLE",
                       .full_name = "crm.people.customers",
                       .columns = {{"email_sha256", "string"}},
                       .select_principals = {"admin@brand.example", "app"}}};
  config.metastores = {provider, brand};
  config.workspaces = {
      {.name = "provider",
       .workspace_id = 9123456789012345,  // more than 2^53
       .global_metastore_id = kProviderMetastore,
       .principals = {ServicePrincipal("roomkeeper"), Admin("root@provider.example"),
                      ServicePrincipal("stranger")},
       .files = {{.path = "/Shared/measurement", .html = "<html>exported</html>"}}},
      {.name = "brand",
       .workspace_id = 2222,
       .global_metastore_id = kBrandMetastore,
       .principals = {Admin("admin@brand.example"), ServicePrincipal("app")}},
      {.name = "brand_two",
       .workspace_id = 3333,
       .global_metastore_id = kBrandMetastore,
       .principals = {ServicePrincipal("other_app")}},
  };
  config.knobs = {{"token_format", "opaque"}};
  config.provisioning = {absl::Seconds(10), absl::ZeroDuration()};
  return config;
}

SimFixture::SimFixture(const sim::SimConfig& config) {
  auto made = sim::Simulator::Make(config, clock);
  REQUIRE_OK(made);
  simulator = *std::move(made);
  for (const sim::WorkspaceConfig& workspace : simulator->config().workspaces) {
    for (const sim::Principal& principal : workspace.principals) {
      workspaces[principal.name] = workspace.name;
      tokens[principal.name] = principal.kind == sim::Principal::Kind::kUser
                                   ? principal.client_secret
                                   : Login(principal.name);
    }
  }
}

const sim::Principal& SimFixture::Who(const std::string& name) const {
  for (const sim::WorkspaceConfig& workspace : simulator->config().workspaces) {
    for (const sim::Principal& principal : workspace.principals) {
      if (principal.name == name) {
        return principal;
      }
    }
  }
  FAIL("no principal " << name);
  return simulator->config().workspaces[0].principals[0];
}

std::string SimFixture::Login(const std::string& who) {
  const sim::Principal& principal = Who(who);
  sim::SimRequest request;
  request.workspace = workspaces[who];
  request.method = "POST";
  request.target = "/oidc/v1/token";
  request.headers = {
      {"Authorization", "Basic " + absl::Base64Escape(absl::StrCat(principal.client_id, ":",
                                                                   principal.client_secret))}};
  request.body = "grant_type=client_credentials&scope=all-apis";
  return Raw(request).body.value("access_token", "");
}

Answer SimFixture::Raw(sim::SimRequest request) {
  if (request.host_url.empty()) {
    request.host_url = "http://" + request.workspace + ".sim";
  }
  Answer answer;
  answer.response = simulator->Handle(request);
  answer.status = answer.response.status;
  answer.text = answer.response.body;
  answer.body = Json::parse(answer.text, nullptr, false);
  if (answer.body.is_discarded()) {
    answer.body = Json::object();
  }
  return answer;
}

Answer SimFixture::Call(const std::string& who, const std::string& method,
                        const std::string& target, const Json& body) {
  sim::SimRequest request;
  request.workspace = who.empty() ? "provider" : workspaces.at(who);
  request.method = method;
  request.target = target;
  if (!who.empty()) {
    request.headers.emplace_back("Authorization", "Bearer " + tokens.at(who));
  }
  if (!body.is_null()) {
    request.body = body.dump();
  }
  return Raw(request);
}

Json SimFixture::RoomBody(const std::string& name, bool packaged) const {
  Json body = {{"name", name},
               {"comment", "made by a test"},
               {"remote_detailed_info",
                {{"cloud_vendor", "aws"},
                 {"region", "us-west-2"},
                 {"collaborators", Json::array()},
                 {"egress_network_policy",
                  {{"internet_access", {{"restriction_mode", "RESTRICTED_ACCESS"}}}}}}}};
  Json& remote = body["remote_detailed_info"];
  remote["collaborators"].push_back(
      {{"collaborator_alias", "acme"}, {"global_metastore_id", kProviderMetastore}});
  remote["collaborators"].push_back({{"collaborator_alias", "brand42"},
                                     {"global_metastore_id", kBrandMetastore},
                                     {"invite_recipient_email", "data@brand.example"},
                                     {"invite_recipient_workspace_id", 2222}});
  if (packaged) {
    remote["package_provider_collaborator_alias"] = "acme";
  }
  return body;
}

Json SimFixture::TableBody() {
  return {{"name", "acme.identity.graph"},
          {"asset_type", "TABLE"},
          {"table_local_details", {{"local_name", "prod.identity.graph"}}}};
}

Json SimFixture::NotebookBody(const std::string& content) {
  return {{"name", "measurement.py"},
          {"asset_type", "NOTEBOOK_FILE"},
          {"notebook",
           {{"notebook_content", absl::Base64Escape(content)},
            {"description", "Counts matches"},
            {"runner_collaborator_aliases", Json::array({"brand42"})}}}};
}

void SimFixture::MakeRoom(const std::string& name, bool packaged) {
  const Answer made = Call("roomkeeper", "POST", kRooms, RoomBody(name, packaged));
  INFO(made.text);
  REQUIRE(made.status == 200);
  clock.Advance(absl::Seconds(11));
}

void SimFixture::GrantRun(const std::string& room) {
  const Json change = {{"principal", "app"}, {"add", {"EXECUTE_CLEAN_ROOM_TASK", "BROWSE"}}};
  const Answer granted =
      Call("admin@brand.example", "PATCH", "/api/2.1/unity-catalog/permissions/clean_room/" + room,
           {{"changes", Json::array({change})}});
  INFO(granted.text);
  REQUIRE(granted.status == 200);
}

void SimFixture::Set(const std::string& knob, const std::string& value) {
  REQUIRE_OK(simulator->SetKnob(knob, value));
}

Json SimFixture::Control(const Json& request) {
  const auto answer = simulator->Control(request.dump());
  REQUIRE_OK(answer);
  return Json::parse(*answer);
}

}  // namespace roomkeeper::testing
