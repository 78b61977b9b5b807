#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

#include "lib/config/config.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

constexpr char kGood[] = R"(provider: {collaborator_alias: spineco}
grpc:
  address: 127.0.0.1:0
shards:
  - id: main
    host: https://dbc-1.cloud.databricks.com
    global_metastore_id: aws:us-east-1:11111111-1111-4111-8111-111111111111
    client_id: app-1
    client_secret_file: secret
)";

TEST_CASE("a config of few keys is read, the rest keeps its defaults", "[config]") {
  const auto config = ParseConfig(kGood, "c.yaml");

  REQUIRE_OK(config);
  CHECK(config->provider.collaborator_alias == "spineco");
  CHECK(config->grpc.address == "127.0.0.1:0");
  CHECK(config->admin.address == Config().admin.address);
  REQUIRE(config->shards.size() == 1);
  CHECK(config->shards[0].client_secret.file == "secret");
  CHECK(config->shards[0].room_limit == 100);
  CHECK(config->engine.provisioning_timeout == absl::Minutes(25));
}

TEST_CASE("each wrong value is refused with its line, what was seen and what is allowed",
          "[config]") {
  struct Case {
    const char* from;
    const char* to;
    const char* message;
  };
  const auto c = GENERATE(values<Case>({
      {"spineco", "Spine-Co", "c.yaml:1: provider.collaborator_alias must match [a-z0-9_]{1,255}"},
      {"{collaborator_alias: spineco}", "{}", "c.yaml:1: provider.collaborator_alias is missing"},
      {"127.0.0.1:0", "127.0.0.1", "c.yaml:3: grpc.address must be host:port"},
      {"127.0.0.1:0", "127.0.0.1:65536", "c.yaml:3: grpc.address must be host:port"},
      {"127.0.0.1:0", "0.0.0.0:7420", "c.yaml:3: grpc.address is \"0.0.0.0:7420\", off loopback"},
      {"address: 127.0.0.1:0", "adress: a", "c.yaml:3: grpc.adress is an unknown key; allowed"},
      {"address: 127.0.0.1:0", "drain_timeout: 5", "c.yaml:3: grpc.drain_timeout must be a dur"},
      {"address: 127.0.0.1:0", "message_bytes_max: 1023",
       "c.yaml:3: grpc.message_bytes_max must be a whole number in [1024, 67108864], got \"1023\""},
      {"address: 127.0.0.1:0", "tls: {cert_file: a}", "c.yaml:3: grpc.tls must have both or neit"},
      {"address: 127.0.0.1:0", "tls: {client_ca_file: a}", "grpc.tls.client_ca_file needs cert_f"},
      {"id: main", "id: Main", "c.yaml:5: shards[0].id must match [a-z][a-z0-9-]{0,39}, got \"Ma"},
      {"https://", "http://", "c.yaml:6: shards[0].host must be https://<host> without a path"},
      {".com", ".com/x", "c.yaml:6: shards[0].host must be https://<host> without a path"},
      {"aws:", "ibm:", "c.yaml:7: shards[0].global_metastore_id must be <aws|azure|gcp>:<region>"},
      {"    client_id: app-1\n", "",
       "c.yaml:5: shards[0] must have exactly one of client_id, client_id_env, got none"},
      {"client_id: app-1", "client_id: a\n    client_id_env: B",
       "exactly one of client_id, client_id_env, got client_id and client_id_env"},
      {"client_secret_file: secret", "client_secret_file: secret\n    federation_token_file: jwt",
       "got client_secret_file and federation_token_file"},
      {"client_secret_file: secret", "federation_token_file: jwt\n    client_secret_2_file: other",
       "must have client_secret_file or client_secret_env beside the second one"},
      {"client_secret_file: secret",
       "client_secret_file: secret\n    client_secret_2_file: other\n    client_secret_2_env: B",
       "at most one of client_secret_2_file, client_secret_2_env"},
      {"client_secret_file: secret",
       "client_secret_file: secret\n    client_secret_2_file: secret.rotation",
       "shards[0].client_secret_2_file must be a file of its own, got"},
      {"client_secret_file: secret", "client_secret_file: secret\n    client_secret_2_file: secret",
       "shards[0].client_secret_2_file must be a file of its own, got"},
      {"client_secret_file: secret", "client_secret: dose1",
       "c.yaml:9: shards[0].client_secret holds a secret, which must not be in the config"},
      {"grpc:\n", "store: {engine: postgres}\ngrpc:\n",
       "c.yaml:2: store.engine is \"postgres\"; allowed: sqlite, memory"},
      {"grpc:\n", "admin: {address: \"0.0.0.0:7421\", allow_plaintext: true}\ngrpc:\n",
       "c.yaml:2: admin.key_file must be set: admin.address is \"0.0.0.0:7421\", off loopback"},
      {"grpc:\n", "admin: {address: \"0.0.0.0:7421\", key_file: k}\ngrpc:\n",
       "c.yaml:2: admin.address is \"0.0.0.0:7421\", off loopback, and the admin port speaks"},
      {"grpc:\n", "log: 7\ngrpc:\n", "c.yaml:2: log must be a mapping, got \"7\""},
      {"grpc:\n", "service_instance: A\ngrpc:\n", "c.yaml:2: service_instance must match [a-z]"},
  }));
  const std::string text = absl::StrReplaceAll(kGood, {{c.from, c.to}});
  CAPTURE(text);

  const auto config = ParseConfig(text, "c.yaml");

  CHECK_THAT(config.status(), StatusIs(kInvalid, c.message));
  CHECK_THAT(config.status(), !StatusIs(kInvalid, "dose1"));
}

TEST_CASE("plaintext off loopback is allowed when asked for, and with TLS", "[config]") {
  const std::string open = absl::StrReplaceAll(kGood, {{"127.0.0.1:0", "0.0.0.0:7420"}});

  CHECK_OK(ParseConfig(absl::StrReplaceAll(open, {{"grpc:", "grpc:\n  allow_plaintext: true"}}),
                       "c.yaml"));
  CHECK_OK(ParseConfig(
      absl::StrReplaceAll(open, {{"grpc:", "grpc:\n  tls: {cert_file: a, key_file: b}"}}),
      "c.yaml"));
}

TEST_CASE("the admin port leaves loopback with a key, and plaintext that was asked for",
          "[config]") {
  CHECK_OK(ParseConfig(
      absl::StrCat(kGood, "admin: {address: \"[::]:1\", key_file: k, allow_plaintext: true}\n"),
      "c.yaml"));
}

TEST_CASE("http is allowed on loopback, for the simulator", "[config]") {
  const char* host = GENERATE("http://127.0.0.1:41001", "http://localhost:8080", "http://[::1]:80");
  CAPTURE(host);

  CHECK_OK(ParseConfig(absl::StrReplaceAll(kGood, {{"https://dbc-1.cloud.databricks.com", host}}),
                       "c.yaml"));
}

TEST_CASE("two shards need two names, and one is needed", "[config]") {
  const std::vector<std::string> parts = absl::StrSplit(kGood, "shards:\n");
  REQUIRE(parts.size() == 2);

  CHECK_THAT(ParseConfig(absl::StrCat(kGood, parts[1]), "c.yaml").status(),
             StatusIs(kInvalid, "c.yaml:10: shards[1].id must be unique, \"main\" is there twice"));
  CHECK_THAT(ParseConfig(parts[0], "c.yaml").status(),
             StatusIs(kInvalid, "shards must list at least one provider workspace"));
}

TEST_CASE("every problem is told at once, in the order of the file", "[config]") {
  const auto config = ParseConfig(
      "log: {level: loud}\nengine: {job_deadline: 1s, x: 1}\nprovider: {collaborator_alias: A}\n",
      "c.yaml");

  const std::vector<std::string> lines =
      absl::StrSplit(std::string(config.status().message()), '\n');
  REQUIRE(lines.size() == 5);
  CHECK(absl::StartsWith(lines[0], "c.yaml:1: "));
  CHECK(absl::StrContains(lines[0] + lines[1], "log.level is \"loud\""));
  CHECK(absl::StrContains(lines[2] + lines[3], "engine.x is an unknown key"));
  CHECK(absl::StrContains(lines[2] + lines[3], "engine.job_deadline must be a duration"));
  CHECK(absl::StartsWith(lines[4], "c.yaml:3: provider.collaborator_alias"));
}

TEST_CASE("what is no YAML is refused with its line", "[config]") {
  CHECK_THAT(ParseConfig("a: [1\n", "c.yaml").status(), StatusIs(kInvalid, "c.yaml:"));
}

}  // namespace
}  // namespace roomkeeper::testing
