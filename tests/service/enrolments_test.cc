#include "services/roomkeeperd/store/enrolments.h"

#include <string>

#include "tests/support/matchers.h"
#include "tests/support/temp_folder.h"

namespace roomkeeper::testing {
namespace {

constexpr char kWhole[] = R"(
brands:
  - id: acme
    display_name: Acme Inc
    collaborator_alias: acme_inc
    jobs_in_flight_max: 7
    labels: {tier: gold}
    installs:
      - id: default
        global_metastore_id: azure:eastus2:22222222-2222-4222-8222-222222222222
        invite_recipient_workspace_id: 2222222222222222
        invite_recipient_email: data@acme.example
        shard: main
        token_identity:
          issuer: https://w.example/oidc
          client_id: sp-1
          audience: "2222222222222222"
          accept_tokens_that_could_act_as_the_app: true
        certificate_san: dns:app.acme.example
        packages: [packages/identity-match, packages/reach]
        rooms_max: 5
  - id: glob-ex
)";

Config OneShard() {
  Config config;
  config.shards = {{.id = "main"}};
  config.limits.brand_jobs_in_flight_max = 20;
  return config;
}

auto Parse(const std::string& text) {
  return ParseEnrolments(text, "e.yaml", OneShard());
}

// kWhole with one text for another.
absl::Status Changed(const std::string& from, const std::string& to) {
  std::string text = kWhole;
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return Parse(text.replace(at, from.size(), to)).status();
}

TEST_CASE("brands and installs are read as the operator enrolled them", "[enrolments]") {
  const TempFolder folder;

  const auto brands = LoadEnrolments(folder.Write("e.yaml", kWhole), OneShard());

  REQUIRE_OK(brands);
  REQUIRE(brands->size() == 2);
  CHECK((*brands)[0].brand == Brand{.id = BrandId("acme"),
                                    .display_name = "Acme Inc",
                                    .collaborator_alias = "acme_inc",
                                    .labels = {{"tier", "gold"}},
                                    .jobs_in_flight_max = 7});
  REQUIRE((*brands)[0].installs.size() == 1);
  CHECK((*brands)[0].installs[0] ==
        Install{.brand = BrandId("acme"),
                .id = InstallId("default"),
                .global_metastore_id = "azure:eastus2:22222222-2222-4222-8222-222222222222",
                .workspace_id = 2222222222222222,
                .invite_recipient_email = "data@acme.example",
                .shard = ShardId("main"),
                .token = {.issuer = "https://w.example/oidc",
                          .subject = "sp-1",
                          .audience = "2222222222222222",
                          .accept_all_apis = true},
                .certificate_san = "dns:app.acme.example",
                .packages = {PackageName("identity-match"), PackageName("reach")},
                .rooms_max = 5});
  CHECK((*brands)[1].brand ==
        Brand{.id = BrandId("glob-ex"), .collaborator_alias = "glob_ex", .jobs_in_flight_max = 20});
}

TEST_CASE("what an enrolment cannot be is told with its file, line and key", "[enrolments]") {
  struct Case {
    const char* from;
    const char* to;
    const char* problem;
  };
  const auto c = GENERATE(
      Case{"id: acme", "id: Acme", "e.yaml:3: brands[0].id must be [a-z][a-z0-9-]{0,39}"},
      Case{"issuer: https", "issuer: http", "e.yaml:14: brands[0].installs[0].token_identity must"},
      Case{"dns:app", "app", "e.yaml:19: brands[0].installs[0].certificate_san must be empty, "},
      Case{"id: glob-ex", "id: acme", "e.yaml:22: brands[1].id \"acme\" is there twice"},
      Case{"alias: acme_inc", "alias: acme-inc", "e.yaml:5: brands[0].collaborator_alias must be"},
      Case{"max: 7", "max: 0", "e.yaml:6: brands[0].jobs_in_flight_max must be"},
      Case{"tier:", "Tier:", "e.yaml:7: brands[0].labels must have keys"},
      Case{"{tier: gold}", "gold", "e.yaml:7: brands[0].labels must be a mapping"},
      Case{"azure:", "azur:", "e.yaml:10: brands[0].installs[0].global_metastore_id"},
      Case{": 2222222222222222", ": x", "e.yaml:11: brands[0].installs[0].invite_recipient_worksp"},
      Case{"invite_recipient_email: data@acme.example", "", "invite_recipient_email is missing"},
      Case{"data@acme", "data acme", "e.yaml:12: brands[0].installs[0].invite_recipient_email"},
      Case{"shard: main", "shard: east", "must be a configured shard (main), got \"east\""},
      Case{"/reach]", "/reach/versions/1]", "installs[0].packages must be of"},
      Case{"[packages/identity-match, packages/reach]", "any",
           "installs[0].packages must be a list"},
      Case{"rooms_max: 5", "rooms_max: -1", "installs[0].rooms_max must be"},
      Case{"display_name", "name", "brands[0].name"},
      Case{"brands:", "brand:", "brands is missing"});
  CAPTURE(c.to);

  CHECK_THAT(Changed(c.from, c.to), StatusIs(absl::StatusCode::kInvalidArgument, c.problem));
}

TEST_CASE("two installs cannot have one metastore and workspace", "[enrolments]") {
  const std::string whole = kWhole;
  const auto begin = whole.find("    installs:");
  const std::string installs = whole.substr(begin, whole.find("  - id: glob-ex") - begin);

  CHECK_THAT(Parse(whole + installs).status(),
             StatusIs(absl::StatusCode::kInvalidArgument, "are another install's already"));
}

TEST_CASE("a file of enrolments that is not there is named", "[enrolments]") {
  CHECK_THAT(LoadEnrolments("no/such.yaml", OneShard()).status(),
             StatusIs(absl::StatusCode::kNotFound, "\"no/such.yaml\" cannot be read"));
}

}  // namespace
}  // namespace roomkeeper::testing
