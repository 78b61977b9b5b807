// Operators sign in with tokens of an identity provider that the server asks for its keys over
// https.
#include <atomic>
#include <string>
#include <thread>

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/http/http_server.h"
#include "lib/model/reasons.h"
#include "services/databricks_sim/test_tls.h"
#include "services/roomkeeperd/token_parts.h"
#include "tests/service/rpc/world.h"
#include "tests/support/jwt/token_signer.h"
#include "tests/support/temp_folder.h"

namespace roomkeeper {
namespace {

using nlohmann::json;
using testing::TokenSigner;
using testing::World;
using Brands = v1::BrandService::Stub;
using Info = v1::ServerService::Stub;

// Time that a test may move on.
class AheadClock final : public Clock {
 public:
  absl::Time Now() const override { return clock_.Now(); }
  absl::Duration Monotonic() const override {
    return clock_.Monotonic() + absl::Seconds(seconds_ahead.load());
  }
  std::atomic<int> seconds_ahead = 0;

 private:
  SystemClock clock_;
};

// An identity provider: its address, and what it publishes there.
class IdentityProvider {
 public:
  IdentityProvider() { REQUIRE_OK(server_.Start()); }

  std::string issuer() const { return server_.url(); }
  std::string ca_file() const { return dir_.Write("ca.pem", tls_->ca_pem); }
  void Publish(const TokenSigner& signer) {
    const MutexLock lock(mu_);
    keys_ = TokenSigner::Jwks(signer);
  }
  void GoAway() { server_.Stop(); }

 private:
  void Answer(const HttpServerRequest& request, const HttpRespond& respond) {
    const MutexLock lock(mu_);
    if (request.path() == "/.well-known/openid-configuration") {
      const std::string issuer = absl::StrCat("https://", request.Header("host"));
      respond({.body = json{{"issuer", issuer}, {"jwks_uri", issuer + "/keys"}}.dump()});
    } else if (request.path() == "/keys") {
      respond({.body = keys_});
    } else {
      respond({.status = 404});
    }
  }

  testing::TempFolder dir_;
  absl::StatusOr<sim::TestTls> tls_ = sim::MakeTestTls(SystemClock().Now());
  Mutex mu_;
  std::string keys_ ABSL_GUARDED_BY(mu_);
  HttpServer server_{{.tls_certificate_pem = tls_->certificate_pem, .tls_key_pem = tls_->key_pem},
                     [this](const HttpServerRequest& request, const HttpRespond& respond) {
                       Answer(request, respond);
                     }};
};

CommandSettings SettingsFor(const IdentityProvider& provider) {
  CommandSettings settings;
  settings.operator_issuer = provider.issuer();
  return settings;
}

// A server whose operators are of the provider, over the world's store.
struct SignInServer {
  SignInServer() {
    provider.Publish(signer);
    REQUIRE_OK(parts);
    loop_thread = std::thread([this] { (*loop)->Run(); });
    auto started = RpcServer::Start({.address = "127.0.0.1:0"}, {.context = *world.context,
                                                                 .prober = world.shards,
                                                                 .metrics = world.metrics,
                                                                 .log = world.log,
                                                                 .tokens = (*parts)->verifier()});
    REQUIRE_OK(started);
    server = *std::move(started);
    channel = grpc::CreateChannel(server->address(), grpc::InsecureChannelCredentials());
    info = v1::ServerService::NewStub(channel);
    brands = v1::BrandService::NewStub(channel);
  }
  ~SignInServer() {
    server->ShutDown(absl::ZeroDuration());
    (*loop)->Stop();
    loop_thread.join();
  }

  AuthConfig Config() const {
    AuthConfig config;
    config.operator_tokens.issuer = provider.issuer();
    config.operator_tokens.audience = "api://roomkeeper";
    config.operator_tokens.roles_claim = "roles";
    config.operator_tokens.admins = {"rk-admin"};
    config.operator_tokens.operators = {"rk-operator"};
    config.operator_tokens.viewers = {"rk-viewer"};
    config.operator_tokens.ca_file = provider.ca_file();
    return config;
  }
  std::string TokenOf(const std::string& role) const {
    const std::int64_t now = absl::ToUnixSeconds(clock.Now());
    return signer.Sign({{"iss", provider.issuer()},
                        {"aud", "api://roomkeeper"},
                        {"sub", "00u1"},
                        {"email", "ada@provider.example"},
                        {"roles", {role}},
                        {"iat", now},
                        {"exp", now + 3600}});
  }
  auto Ask(const std::string& credential) {
    return world.Call(info, &Info::GetServerInfo, v1::GetServerInfoRequest(), credential);
  }
  auto List(const std::string& credential) {
    return world.Call(brands, &Brands::ListBrands, v1::ListBrandsRequest(), credential);
  }
  auto MakeBrand(const std::string& id, const std::string& credential) {
    v1::CreateBrandRequest request;
    request.set_brand_id(id);
    return world.Call(brands, &Brands::CreateBrand, request, credential);
  }
  auto MakeOperatorKey(const std::string& credential) {
    return world.Call(brands, &Brands::CreateApiKey, v1::CreateApiKeyRequest(), credential);
  }
  std::vector<v1::AuditEntry> Audit(const std::string& method) {
    v1::ListAuditEntriesRequest request;
    request.set_method(method);
    const auto page =
        world.Call(world.audit, &v1::AuditService::Stub::ListAuditEntries, request, world.op);
    REQUIRE(page.ok());
    return {page.value.audit_entries().begin(), page.value.audit_entries().end()};
  }

  IdentityProvider provider;
  World world{{.engine = false, .settings = SettingsFor(provider)}};
  TokenSigner signer = TokenSigner::Rsa("k1");
  AheadClock clock;
  absl::StatusOr<std::unique_ptr<EventLoop>> loop = EventLoop::Make(clock);
  absl::StatusOr<std::unique_ptr<TokenParts>> parts = TokenParts::Make(
      Config(), {.loop = **loop, .log = world.log, .brands = world.store, .clock = clock});
  std::thread loop_thread;
  std::unique_ptr<RpcServer> server;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::ServerService::Stub> info;
  std::unique_ptr<v1::BrandService::Stub> brands;
};

TEST_CASE("what an operator who signed in may do is what the identity provider's claim says",
          "[service][auth]") {
  SignInServer server;
  const std::string viewer = server.TokenOf("rk-viewer");
  const std::string operates = server.TokenOf("rk-operator");
  const std::string admin = server.TokenOf("rk-admin");

  for (const std::string& token : {viewer, operates, admin}) {
    const auto asked = server.Ask(token);
    INFO(asked.status.error_message());
    REQUIRE(asked.ok());
    CHECK(asked.value.caller().role() == v1::Caller::ROLE_OPERATOR);
    CHECK(asked.value.caller().api_key().empty());
    CHECK(asked.value.caller().identity() == absl::StrCat("tokens of 00u1 by ",
                                                          server.provider.issuer(),
                                                          " (claimed to be ada@provider.example)"));
    CHECK(server.List(token).value.brands_size() == 2);
  }
  CHECK(server.Ask(viewer).value.caller().operator_role() == v1::OPERATOR_ROLE_VIEWER);
  CHECK(server.Ask(operates).value.caller().operator_role() == v1::OPERATOR_ROLE_OPERATOR);
  CHECK(server.Ask(admin).value.caller().operator_role() == v1::OPERATOR_ROLE_ADMIN);
  CHECK(server.MakeBrand("globex", viewer).reason() == reason::kRoleTooLow);
  CHECK(server.MakeBrand("globex", operates).ok());
  CHECK(server.MakeOperatorKey(viewer).reason() == reason::kRoleTooLow);
  CHECK(server.MakeOperatorKey(operates).reason() == reason::kRoleTooLow);
  CHECK(server.MakeOperatorKey(admin).ok());

  const auto nobody = server.List(server.TokenOf("rk-viewers"));
  CHECK(nobody.status.error_code() == grpc::StatusCode::PERMISSION_DENIED);
  CHECK(nobody.reason() == reason::kTokenRoleMissing);
}

TEST_CASE("the audit log has who signed in as the issuer claims, and who was refused; no token",
          "[service][auth]") {
  SignInServer server;
  const std::string who = absl::StrCat("tokens of 00u1 by ", server.provider.issuer(),
                                       " (claimed to be ada@provider.example)");
  const std::string token = server.TokenOf("rk-operator");
  REQUIRE(server.MakeBrand("globex", token).ok());
  CHECK_FALSE(server.MakeBrand("initech", server.TokenOf("none")).ok());

  const auto entries = server.Audit("CreateBrand");

  REQUIRE(entries.size() >= 2);
  const v1::AuditEntry& made = entries[entries.size() - 2];
  CHECK(made.actor() == v1::AuditEntry::ACTOR_OPERATOR);
  CHECK(made.api_key() == who);
  CHECK(made.outcome() == v1::AuditEntry::OUTCOME_DONE);
  const v1::AuditEntry& refused = entries.back();
  CHECK(refused.actor() == v1::AuditEntry::ACTOR_NOBODY);
  CHECK(refused.api_key() == who);
  CHECK(refused.reason() == reason::kTokenRoleMissing);
  const std::string log = server.world.log.text();
  CHECK(absl::StrContains(log, absl::StrCat("identity=", who)));
  CHECK_FALSE(absl::StrContains(log, token.substr(0, 20)));
}

TEST_CASE("a key that the identity provider rotated in is fetched when a token names it",
          "[service][auth]") {
  SignInServer server;
  const std::string old = server.TokenOf("rk-viewer");
  REQUIRE(server.Ask(old).ok());
  server.signer = TokenSigner::P256("k2");
  server.provider.Publish(server.signer);
  CHECK(server.Ask(server.TokenOf("rk-viewer")).reason() == reason::kTokenInvalid);

  server.clock.seconds_ahead += 60;

  CHECK(server.Ask(server.TokenOf("rk-viewer")).ok());
  CHECK(server.Ask(old).reason() == reason::kTokenInvalid);
}

TEST_CASE("while the identity provider is away nobody new signs in, and keys work",
          "[service][auth]") {
  SignInServer server;
  const std::string token = server.TokenOf("rk-admin");
  server.provider.GoAway();

  const auto refused = server.Ask(token);

  CHECK(refused.status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(refused.reason() == reason::kTokenKeysUnavailable);
  CHECK(refused.refusal().retry_after > absl::ZeroDuration());
  CHECK(server.List(server.world.op).ok());
  CHECK(server.Ask(server.world.acme).ok());
}

TEST_CASE("who signed in sends a token as the credential and nowhere else", "[service][auth]") {
  SignInServer server;
  const std::string token = server.TokenOf("rk-operator");
  CHECK(server.MakeBrand("globex", token).ok());

  v1::CreateBrandRequest request;
  request.set_brand_id("initech");
  request.mutable_brand()->set_display_name(token);
  const auto in_field = server.world.Call(server.brands, &Brands::CreateBrand, request, token);
  CHECK(in_field.reason() == reason::kDatabricksCredentialRefused);

  const auto call = server.world.NewContext(token);
  call->AddMetadata("x-forwarded-access-token", token);
  v1::ServerInfo info;
  const grpc::Status forwarded =
      server.info->GetServerInfo(call.get(), v1::GetServerInfoRequest(), &info);
  CHECK(World::Details(forwarded).reason == reason::kDatabricksCredentialRefused);
}

TEST_CASE("no install is enrolled with the issuer of operators", "[service][auth]") {
  SignInServer server;
  v1::UpdateInstallRequest update;
  update.mutable_install()->set_name("brands/acme/installs/main");
  v1::TokenIdentity& token = *update.mutable_install()->mutable_token_identity();
  token.set_issuer(server.provider.issuer());
  token.set_client_id("app");
  token.set_audience("1001");
  update.mutable_update_mask()->add_paths("token_identity");
  for (const bool validate_only : {false, true}) {
    update.set_validate_only(validate_only);
    const auto refused =
        server.world.Call(server.brands, &Brands::UpdateInstall, update, server.world.op);
    CHECK(refused.reason() == reason::kInvalidRequest);
    REQUIRE(refused.refusal().violations.size() == 1);
    CHECK(refused.refusal().violations[0].field == "install.token_identity");
  }

  v1::EnrollInstallRequest create;
  create.set_parent("brands/acme");
  create.set_install_id("second");
  v1::Install& install = *create.mutable_install();
  install.set_global_metastore_id("aws:us-west-2:22222222-2222-4222-8222-222222222222");
  install.set_invite_recipient_workspace_id(1002);
  install.set_invite_recipient_email("ada@acme.example");
  *install.mutable_token_identity() = token;
  const auto refused =
      server.world.Call(server.brands, &Brands::EnrollInstall, create, server.world.op);
  CHECK(refused.reason() == reason::kInvalidRequest);
  token.set_issuer("https://w.example/oidc");
  *install.mutable_token_identity() = token;
  CHECK(server.world.Call(server.brands, &Brands::EnrollInstall, create, server.world.op).ok());
}

}  // namespace
}  // namespace roomkeeper
