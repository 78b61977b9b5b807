#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "lib/config/config.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

constexpr char kGood[] = R"(auth:
  operator_tokens:
    issuer: https://idp.example/tenant/v2.0
    audience: api://roomkeeper
    clients: [cli-1]
    admins: [Room Admins]
    operators: [ops, 7d0e]
    viewers: [audit]
provider: {collaborator_alias: spineco}
shards:
  - id: main
    host: https://dbc-1.cloud.databricks.com
    global_metastore_id: aws:us-east-1:11111111-1111-4111-8111-111111111111
    client_id: app-1
    client_secret_file: secret
)";

TEST_CASE("operators' tokens are off unless an issuer is configured", "[config]") {
  const auto config = ParseConfig(
      absl::StrCat("provider: ",
                   absl::string_view(kGood).substr(absl::string_view(kGood).find("{coll"))),
      "c.yaml");
  REQUIRE_OK(config);
  CHECK(config->auth.operator_tokens == OperatorTokensConfig());
}

TEST_CASE("operators' tokens are configured by an issuer, an audience and values of roles",
          "[config]") {
  const auto config = ParseConfig(kGood, "c.yaml");

  REQUIRE_OK(config);
  const OperatorTokensConfig& tokens = config->auth.operator_tokens;
  CHECK(tokens.issuer == "https://idp.example/tenant/v2.0");
  CHECK(tokens.roles_claim == "groups");
  CHECK(tokens.admins == std::vector<std::string>{"Room Admins"});
  CHECK(tokens.operators == std::vector<std::string>{"ops", "7d0e"});
  CHECK(tokens.lifetime_max == absl::Hours(24));

  for (const char* issuer : {"https://sts.example/", "https://127.0.0.1:8443/oidc"}) {
    CAPTURE(issuer);
    CHECK_OK(ParseConfig(absl::StrReplaceAll(kGood, {{"https://idp.example/tenant/v2.0", issuer}}),
                         "c.yaml"));
  }
  CHECK_OK(ParseConfig(absl::StrReplaceAll(kGood, {{"    clients: [cli-1]\n",
                                                    "    keys_host: keys.example:8443\n"}}),
                       "c.yaml"));
}

TEST_CASE("what could let in nobody, or the wrong, is refused with its line", "[config]") {
  struct Case {
    const char* from;
    const char* to;
    const char* message;
  };
  const auto c = GENERATE(values<Case>({
      {"https://idp", "http://idp", "c.yaml:3: auth.operator_tokens.issuer must be https://<host>"},
      {"https://idp.example/tenant/v2.0", "\"\"", "c.yaml:3: auth.operator_tokens.issuer must be"},
      {"https://idp.example/tenant/v2.0", "https://idp.example//", "must be https://<host>/<path>"},
      {"    issuer: https://idp.example/tenant/v2.0\n", "",
       "c.yaml:3: auth.operator_tokens.issuer must be https://<host>/<path>, exactly as"},
      {"idp.example/tenant/v2.0", "dbc-1.cloud.Databricks.com/oidc",
       "c.yaml:3: auth.operator_tokens.issuer must be your own identity provider"},
      {"idp.example/tenant/v2.0", "adb-1.2.azuredatabricks.net:443/oidc",
       "c.yaml:3: auth.operator_tokens.issuer must be your own identity provider"},
      {"    audience: api://roomkeeper\n", "",
       "c.yaml:3: auth.operator_tokens.audience must be what the tokens' aud says of this server"},
      {"api://roomkeeper", "a b", "c.yaml:4: auth.operator_tokens.audience must be what"},
      {"cli-1", "\"\"", "c.yaml:5: auth.operator_tokens.clients must list ids of clients"},
      {"[cli-1]", "cli-1", "c.yaml:5: auth.operator_tokens.clients must be a list, got \"cli-1\""},
      {"[cli-1]", "[{a: b}]", "auth.operator_tokens.clients[0] must be text"},
      {"ops, 7d0e", "ops, audit",
       "c.yaml:8: auth.operator_tokens.viewers has \"audit\", which is in operators already"},
      {"ops, 7d0e", "Room Admins", "c.yaml:7: auth.operator_tokens.operators has \"Room Admins\""},
      {"ops, 7d0e", "ops, ops",
       "c.yaml:7: auth.operator_tokens.operators has \"ops\", which is in"},
      {"[audit]", "[\"\"]", "c.yaml:8: auth.operator_tokens.viewers must list texts of 1 to 256"},
      {"[audit]", "[\"a\\nb\"]", "c.yaml:8: auth.operator_tokens.viewers must list texts"},
      {"[audit]", "[audit]\n    admin: [x]", "auth.operator_tokens.admin is an unknown key"},
      {"    admins: [Room Admins]\n    operators: [ops, 7d0e]\n    viewers: [audit]\n", "",
       "auth.operator_tokens.issuer needs a value in admins, operators or viewers"},
      {"clients: [cli-1]", "roles_claim: email",
       "c.yaml:5: auth.operator_tokens.roles_claim must be a claim with the groups or roles"},
      {"clients: [cli-1]", "roles_claim: \"\"", "auth.operator_tokens.roles_claim must be"},
      {"clients: [cli-1]", "lifetime_max: 25h", "auth.operator_tokens.lifetime_max must be a dur"},
      {"clients: [cli-1]", "keys_host: https://keys.example",
       "c.yaml:5: auth.operator_tokens.keys_host must be a host"},
      {"clients: [cli-1]", "keys_host: .example", "auth.operator_tokens.keys_host must be a host"},
  }));
  const std::string text = absl::StrReplaceAll(kGood, {{c.from, c.to}});
  CAPTURE(text);
  REQUIRE(text != kGood);

  CHECK_THAT(ParseConfig(text, "c.yaml").status(), StatusIs(kInvalid, c.message));
}

}  // namespace
}  // namespace roomkeeper::testing
