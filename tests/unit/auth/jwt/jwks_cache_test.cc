#include "lib/auth/jwt/jwks_cache.h"

#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "tests/support/fake_loop.h"
#include "tests/support/jwt/token_signer.h"
#include "tests/support/matchers.h"
#include "tests/unit/databricks/fake_http.h"

namespace roomkeeper::testing {
namespace {

constexpr char kIssuer[] = "https://w.example/oidc";

class NoLog final : public Log {
 public:
  void Write(LogLevel /*level*/, absl::string_view /*message*/,
             std::initializer_list<LogField> fields) override {
    for (const LogField& field : fields) {
      if (field.key == "error") {
        errors.push_back(std::get<std::string>(field.value));
      }
    }
  }
  std::vector<std::string> errors = {};
};

// An issuer of canned answers.
struct Issuer {
  HttpResult Handle(const HttpRequest& request) {
    if (absl::StrContains(request.url, "/.well-known/")) {
      return on_discovery(request);
    }
    ++key_requests;
    return on_keys();
  }
  static HttpResult Document(const std::string& issuer, const std::string& jwks_uri) {
    return FakeHttp::Answer(200, nlohmann::json{{"issuer", issuer}, {"jwks_uri", jwks_uri}}.dump());
  }
  void Publish(const TokenSigner& signer) {
    on_keys = [set = TokenSigner::Jwks(signer)] { return FakeHttp::Answer(200, set); };
  }
  // How a question about this kid ends, once all that it starts has run.
  absl::StatusOr<JwksCache::Key> Ask(const std::string& kid) {
    std::optional<absl::StatusOr<JwksCache::Key>> answer;
    cache.Find(kIssuer, kid, [&](absl::StatusOr<JwksCache::Key> got) { answer = std::move(got); });
    loop.RunUntil([&] { return answer.has_value(); }, absl::Minutes(5));
    REQUIRE(answer.has_value());
    return *std::move(answer);
  }

  std::function<HttpResult(const HttpRequest&)> on_discovery = [](const HttpRequest&) {
    return Document(kIssuer, absl::StrCat(kIssuer, "/jwks.json"));
  };
  std::function<HttpResult()> on_keys = [] { return FakeHttp::Answer(200, R"({"keys":[]})"); };
  int key_requests = 0;
  FakeLoop loop;
  FakeHttp http{loop, [this](const HttpRequest& request) { return Handle(request); }};
  NoLog log;
  JwksCache::Places places{.ca_file = "/etc/issuers.pem"};
  JwksCache cache{{loop, http, log}, places};
};

const auto kUnavailable = StatusIs(absl::StatusCode::kUnavailable);
const auto kNotFound = StatusIs(absl::StatusCode::kNotFound);

TEST_CASE("an issuer's keys are found by its discovery document and kept", "[jwt]") {
  Issuer issuer;
  const TokenSigner signer = TokenSigner::P256("k1");
  issuer.Publish(signer);

  const auto first = issuer.Ask("k1");
  const auto second = issuer.Ask("k1");

  REQUIRE_OK(first);
  REQUIRE_OK(second);
  CHECK((*first)->Verifies(*ParseJws(Secret(signer.Sign({{"sub", "app"}})))));
  REQUIRE(issuer.http.requests.size() == 2);
  CHECK(issuer.http.requests[0].url ==
        "https://w.example/oidc/.well-known/oauth-authorization-server");
  CHECK(issuer.http.requests[1].url == "https://w.example/oidc/jwks.json");
  for (const HttpRequest& request : issuer.http.requests) {
    CHECK(request.body_bytes_max == kJwksBytesMax);
    CHECK(request.ca_file == "/etc/issuers.pem");
  }
}

TEST_CASE("a fetch as a whole takes no longer than its time", "[jwt]") {
  Issuer issuer;
  issuer.Publish(TokenSigner::P256("k1"));
  issuer.http.latency = absl::Seconds(2);
  CHECK_OK(issuer.Ask("k1"));
  REQUIRE(issuer.http.requests.size() == 2);
  CHECK(issuer.http.requests[0].timeout == JwksCache::kTimeout);
  CHECK(issuer.http.requests[1].timeout == JwksCache::kTimeout - absl::Seconds(2));

  issuer.http.latency = JwksCache::kTimeout;
  issuer.loop.Advance(JwksCache::kStaleMax);
  CHECK_THAT(StatusOf(issuer.Ask("k1")), kUnavailable);
  CHECK(issuer.http.requests.size() == 3);
}

TEST_CASE("an issuer without the OAuth document may have OpenID Connect's", "[jwt]") {
  Issuer issuer;
  issuer.Publish(TokenSigner::P256("k1"));
  issuer.on_discovery = [](const HttpRequest& request) {
    return absl::EndsWith(request.url, "/.well-known/openid-configuration")
               ? Issuer::Document(kIssuer, "https://keys.cloud.databricks.com/oidc/jwks.json")
               : FakeHttp::Answer(404, "");
  };
  CHECK_OK(issuer.Ask("k1"));
}

TEST_CASE("keys are not fetched from where the issuer may not have them", "[jwt]") {
  const char* uri = GENERATE(
      "http://w.example/oidc/jwks.json", "https://evil.example/jwks.json",
      "https://w.example.evil.example/jwks", "https://w.example@evil.example/jwks",
      "https://evil.example/.databricks.com", "https://evil.example?.databricks.com",
      "https://evil.example#.databricks.com", "https://evil.example\\.databricks.com",
      "https://evildatabricks.com/jwks", "https://127.0.0.1/jwks", "file:///etc/passwd", "");
  CAPTURE(uri);
  Issuer issuer;
  issuer.Publish(TokenSigner::P256("k1"));
  issuer.on_discovery = [uri](const HttpRequest&) { return Issuer::Document(kIssuer, uri); };

  CHECK_THAT(StatusOf(issuer.Ask("k1")), kUnavailable);
  CHECK(issuer.key_requests == 0);
  REQUIRE(issuer.log.errors.size() == 1);
  CHECK_THAT(issuer.log.errors[0], Catch::Contains("jwks_uri"));
}

TEST_CASE("an issuer whose document or keys are wrong has no keys", "[jwt]") {
  Issuer issuer;
  issuer.Publish(TokenSigner::P256("k1"));
  const int what = GENERATE(0, 1, 2, 3, 4, 5);
  CAPTURE(what);
  if (what == 0) {
    issuer.on_discovery = [](const HttpRequest&) {
      return Issuer::Document("https://other.example/oidc", "https://w.example/oidc/jwks.json");
    };
  } else if (what == 1) {  // a redirect is not followed
    issuer.on_discovery = [](const HttpRequest&) {
      return FakeHttp::Answer(302, "", {{"location", "https://w.example/oidc/other"}});
    };
  } else if (what == 2) {
    issuer.on_discovery = [](const HttpRequest&) { return FakeHttp::Answer(200, "<html>"); };
  } else if (what == 3) {
    issuer.on_keys = [] { return FakeHttp::Answer(200, "<html>"); };
  } else if (what == 4) {
    issuer.on_keys = [] { return FakeHttp::Answer(500, ""); };
  } else {
    issuer.on_discovery = [](const HttpRequest&) { return FakeHttp::NotSent(); };
  }
  CHECK_THAT(StatusOf(issuer.Ask("k1")), kUnavailable);
  CHECK(issuer.log.errors.size() == 1);
}

TEST_CASE("an unknown kid has the keys fetched anew, at most once a minute", "[jwt]") {
  Issuer issuer;
  issuer.Publish(TokenSigner::P256("k1"));
  REQUIRE_OK(issuer.Ask("k1"));
  issuer.Publish(TokenSigner::P256("k2"));

  for (int i = 0; i < 100; ++i) {
    CHECK_THAT(StatusOf(issuer.Ask("k2")), kNotFound);
  }
  CHECK(issuer.key_requests == 1);
  CHECK_OK(issuer.Ask("k1"));  // and who is known does not wait

  issuer.loop.Advance(JwksCache::kRefetch);
  CHECK_OK(issuer.Ask("k2"));
  CHECK_THAT(StatusOf(issuer.Ask("k1")), kNotFound);  // rotated away
  CHECK(issuer.key_requests == 2);
}

TEST_CASE("callers who ask while the keys are fetched share one fetch", "[jwt]") {
  Issuer issuer;
  issuer.Publish(TokenSigner::P256("k1"));
  int found = 0;
  int missed = 0;
  for (int i = 0; i < 10; ++i) {
    issuer.cache.Find(kIssuer, i < 7 ? "k1" : "k9",
                      [&](absl::StatusOr<JwksCache::Key> key) { key.ok() ? ++found : ++missed; });
  }
  CHECK(found + missed == 0);

  issuer.loop.RunUntil([&] { return found + missed == 10; });

  CHECK(found == 7);
  CHECK(missed == 3);
  CHECK(issuer.key_requests == 1);
}

TEST_CASE("keys are fetched again when they are old; while the issuer is down they serve for hours",
          "[jwt]") {
  Issuer issuer;
  issuer.Publish(TokenSigner::P256("k1"));
  REQUIRE_OK(issuer.Ask("k1"));
  issuer.loop.Advance(JwksCache::kFresh + absl::Seconds(1));
  REQUIRE_OK(issuer.Ask("k1"));
  CHECK(issuer.key_requests == 2);
  issuer.on_discovery = [](const HttpRequest&) { return FakeHttp::Lost(); };

  issuer.loop.Advance(JwksCache::kStaleMax - absl::Minutes(1));
  CHECK_OK(issuer.Ask("k1"));
  const std::size_t asked = issuer.http.requests.size();
  CHECK_OK(issuer.Ask("k1"));
  CHECK(issuer.http.requests.size() == asked);  // a dead issuer is asked once a minute too
  issuer.loop.Advance(absl::Minutes(2));

  CHECK_THAT(StatusOf(issuer.Ask("k1")), kUnavailable);
  issuer.on_discovery = [](const HttpRequest&) {
    return Issuer::Document(kIssuer, "https://w.example/oidc/jwks.json");
  };
  CHECK_THAT(StatusOf(issuer.Ask("k1")), kUnavailable);
  issuer.loop.Advance(JwksCache::kRefetch);
  CHECK_OK(issuer.Ask("k1"));
}

}  // namespace
}  // namespace roomkeeper::testing
