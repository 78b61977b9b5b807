// The simulator is an OAuth issuer over https, as a brand's workspace is: its tokens, verified by
// the real client from what it publishes.
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "lib/auth/jwt/token_verifier.h"
#include "lib/http/curl_client.h"
#include "lib/io/event_loop.h"
#include "lib/model/reasons.h"
#include "lib/model/refusal.h"
#include "lib/store/inline_store.h"
#include "lib/store/memory/memory_engine.h"
#include "tests/service/databricks_sim/sim_process.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

using nlohmann::json;

class NoLog final : public Log {
 public:
  void Write(LogLevel, absl::string_view, std::initializer_list<LogField>) override {}
};

struct IssuerTest {
  IssuerTest() {
    REQUIRE_OK(loop);
    REQUIRE_OK(http);
    for (const json& principal : sim.workspace("provider")["principals"]) {
      if (principal.contains("client_secret") && principal["name"] == "roomkeeper") {
        client_id = principal["client_id"].get<std::string>();
        client_secret = principal["client_secret"].get<std::string>();
      }
    }
    const std::string workspace_id =
        absl::StrCat(sim.workspace("provider")["workspace_id"].get<std::int64_t>());
    Install install{.brand = BrandId("acme"), .id = InstallId("main")};
    install.token = {.issuer = absl::StrCat(sim.host("provider"), "/oidc"),
                     .subject = client_id,
                     .audience = workspace_id,
                     .accept_all_apis = true};
    CommitNotice notice;
    const auto results = engine.Apply(
        {CreateBrand{.brand = {.id = BrandId("acme")}}, CreateInstall{.install = install}}, notice);
    REQUIRE_OK(results[1]);
  }

  std::string NewToken() {
    const HttpResult answer =
        sim.Send({.method = "POST",
                  .url = absl::StrCat(sim.host("provider"), "/oidc/v1/token"),
                  .headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                              {"Authorization",
                               absl::StrCat("Basic ", absl::Base64Escape(absl::StrCat(
                                                          client_id, ":", client_secret)))}},
                  .body = "grant_type=client_credentials&scope=all-apis",
                  .ca_file = ca_file});
    INFO(answer.body << answer.error);
    REQUIRE(answer.status == 200);
    return json::parse(answer.body)["access_token"].get<std::string>();
  }

  absl::StatusOr<Principal> Verify(const std::string& token, const std::string& trusted) {
    JwksCache::Places places;
    places.ca_file = trusted;
    JwksCache keys({**loop, **http, log}, places);
    TokenVerifier verifier(store, {.apps = &keys}, clock);
    absl::StatusOr<Principal> answer = absl::UnknownError("no answer");
    verifier.Verify(Secret(token), [&](absl::StatusOr<Principal> got) {
      answer = std::move(got);
      (*loop)->Stop();
    });
    (*loop)->Run();
    return answer;
  }

  SimProcess sim{"tls: true\nca_file: ca.pem\n"};
  const std::string ca_file = sim.folder().path("ca.pem");
  std::string client_id;
  std::string client_secret;
  SystemClock clock;
  absl::StatusOr<std::unique_ptr<EventLoop>> loop = EventLoop::Make(clock);
  absl::StatusOr<std::unique_ptr<CurlClient>> http = CurlClient::Make(**loop, {});
  NoLog log;
  MemoryEngine engine;
  InlineStore store{engine, **loop};
};

TEST_CASE("a token that the simulated workspace issued is verified over https from its own keys",
          "[databricks_sim][jwt]") {
  IssuerTest test;

  const auto principal = test.Verify(test.NewToken(), test.ca_file);

  REQUIRE_OK(principal);
  CHECK(principal->install == InstallId("main"));
}

TEST_CASE("an issuer whose certificate nobody vouches for has no keys", "[databricks_sim][jwt]") {
  IssuerTest test;
  CHECK(ReasonOf(test.Verify(test.NewToken(), "").status()) == reason::kTokenKeysUnavailable);
}

TEST_CASE("an issuer that answers more than a key set needs has no keys", "[databricks_sim][jwt]") {
  IssuerTest test;
  const std::string token = test.NewToken();
  test.sim.Control("POST", "/faults",
                   json{{"pattern", "GET /oidc/jwks.json"},
                        {"status", 200},
                        {"body", std::string(kJwksBytesMax + 1, ' ')}}
                       .dump());
  CHECK(ReasonOf(test.Verify(token, test.ca_file).status()) == reason::kTokenKeysUnavailable);
}

}  // namespace
}  // namespace roomkeeper::testing
