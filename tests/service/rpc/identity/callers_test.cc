// Who an app may call as, besides with an API key: tokens of its workspace, a client certificate.
#include <string>

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/auth/jwt/token_verifier.h"
#include "lib/model/reasons.h"
#include "services/databricks_sim/test_tls.h"
#include "tests/service/rpc/world.h"
#include "tests/support/jwt/token_signer.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/databricks/fake_http.h"

namespace roomkeeper {
namespace {

using nlohmann::json;
using testing::FakeHttp;
using testing::TokenSigner;
using testing::World;
using Brands = v1::BrandService::Stub;

constexpr char kIssuer[] = "https://w.example/oidc";
constexpr char kApp[] = "6d7a9a52-5d6b-4b0c-9a55-2f4f6f2a1c11";

HttpResult Issuer(const TokenSigner& signer, const HttpRequest& request) {
  return FakeHttp::Answer(
      200, absl::StrContains(request.url, "/.well-known/")
               ? json{{"issuer", kIssuer}, {"jwks_uri", absl::StrCat(kIssuer, "/keys")}}.dump()
               : TokenSigner::Jwks(signer));
}

v1::UpdateInstallRequest TokensOf(const std::string& install) {
  v1::UpdateInstallRequest request;
  request.mutable_install()->set_name(install);
  v1::TokenIdentity& token = *request.mutable_install()->mutable_token_identity();
  token.set_issuer(kIssuer);
  token.set_client_id(kApp);
  token.set_audience("1001");
  request.mutable_update_mask()->add_paths("token_identity");
  return request;
}

v1::UpdateInstallRequest CertificateOf(const std::string& install, const std::string& name) {
  v1::UpdateInstallRequest request;
  request.mutable_install()->set_name(install);
  request.mutable_install()->set_certificate_san(name);
  request.mutable_update_mask()->add_paths("certificate_san");
  return request;
}

auto Update(World& world, const v1::UpdateInstallRequest& request) {
  return world.Call(world.brands, &Brands::UpdateInstall, request, world.op);
}

// A server that takes tokens, over the world's store.
struct TokenServer {
  explicit TokenServer(World& of) : world(of) {
    auto started = RpcServer::Start({.address = "127.0.0.1:0"}, {.context = *world.context,
                                                                 .prober = world.shards,
                                                                 .metrics = world.metrics,
                                                                 .log = world.log,
                                                                 .tokens = &tokens});
    REQUIRE_OK(started);
    server = *std::move(started);
    channel = grpc::CreateChannel(server->address(), grpc::InsecureChannelCredentials());
    info = v1::ServerService::NewStub(channel);
  }

  std::string Token() const {
    const std::int64_t now = absl::ToUnixSeconds(world.clock.Now());
    return signer.Sign({{"iss", kIssuer},
                        {"aud", "1001"},
                        {"sub", kApp},
                        {"client_id", kApp},
                        {"scope", "rooms"},
                        {"iat", now},
                        {"exp", now + 3600}});
  }
  auto Ask(const std::string& credential) {
    return world.Call(info, &v1::ServerService::Stub::GetServerInfo, v1::GetServerInfoRequest(),
                      credential);
  }

  World& world;
  TokenSigner signer = TokenSigner::P256("k1");
  FakeHttp http{*world.loop,
                [this](const HttpRequest& request) { return Issuer(signer, request); }};
  JwksCache keys{{*world.loop, http, world.log}, {}};
  TokenVerifier tokens{world.store, {.apps = &keys}, world.clock};
  std::unique_ptr<RpcServer> server;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::ServerService::Stub> info;
};

TEST_CASE("an app may call with a token of its workspace while it is enrolled so",
          "[service][auth]") {
  World world({.engine = false});
  TokenServer server(world);
  const std::string token = server.Token();
  CHECK(server.Ask(token).reason() == reason::kTokenInvalid);

  const auto enrolled = Update(world, TokensOf("brands/acme/installs/main"));
  REQUIRE(enrolled.ok());
  CHECK(enrolled.value.token_identity().client_id() == kApp);
  const auto asked = server.Ask(token);
  INFO(asked.status.error_message());
  REQUIRE(asked.ok());
  CHECK(asked.value.caller().role() == v1::Caller::ROLE_BRAND);
  CHECK(asked.value.caller().parent() == "brands/acme/installs/main");
  CHECK(asked.value.caller().api_key().empty());
  CHECK(server.Ask(world.zeta).value.caller().parent() == "brands/zeta/installs/main");

  v1::UpdateInstallRequest taken_back = TokensOf("brands/acme/installs/main");
  taken_back.mutable_install()->clear_token_identity();
  REQUIRE(Update(world, taken_back).ok());
  CHECK(server.Ask(token).reason() == reason::kTokenInvalid);
}

TEST_CASE("what a token's caller does is logged with who it is, and not with the token",
          "[service][auth]") {
  World world({.engine = false});
  TokenServer server(world);
  REQUIRE(Update(world, TokensOf("brands/acme/installs/main")).ok());
  const std::string token = server.Token();
  const auto rooms = v1::CleanRoomService::NewStub(server.channel);
  REQUIRE(world
              .Call(rooms, &v1::CleanRoomService::Stub::CreateCleanRoom,
                    World::CreateRequest("click-1"), token)
              .ok());
  (void)server.Ask(absl::StrCat(token, "A"));

  const std::string log = world.log.text();
  CHECK(absl::StrContains(log, absl::StrCat("identity=tokens of ", kApp)));
  CHECK_FALSE(absl::StrContains(log, token.substr(0, 20)));
  CHECK_FALSE(absl::StrContains(log, token.substr(token.rfind('.') + 1, 20)));
}

TEST_CASE("a server that takes no tokens says so", "[service][auth]") {
  World world({.engine = false});
  const auto refused = world.Call(world.info, &v1::ServerService::Stub::GetServerInfo,
                                  v1::GetServerInfoRequest(), "e30.e30.AAAA");
  CHECK(refused.status.error_code() == grpc::StatusCode::UNAUTHENTICATED);
  CHECK(refused.reason() == reason::kTokensNotEnabled);
}

TEST_CASE("two credentials of one kind are none", "[service][auth]") {
  World world({.engine = false});
  const auto call = world.NewContext(world.acme);
  call->AddMetadata("authorization", absl::StrCat("Bearer ", world.zeta));
  v1::ServerInfo info;
  const grpc::Status status =
      world.info->GetServerInfo(call.get(), v1::GetServerInfoRequest(), &info);
  CHECK(status.error_code() == grpc::StatusCode::UNAUTHENTICATED);
  CHECK(World::Details(status).reason == reason::kCredentialsAmbiguous);
}

TEST_CASE("an app may call with its client certificate alone; a key beside it decides alone",
          "[service][auth][tls]") {
  World world({.engine = false});
  const testing::TempFolder dir;
  const auto tls = sim::MakeTestTls(world.clock.Now());  // its one DNS name is localhost
  REQUIRE_OK(tls);
  const auto server =
      RpcServer::Start({.address = "127.0.0.1:0",
                        .tls = {.cert_file = dir.Write("cert.pem", tls->certificate_pem),
                                .key_file = dir.Write("key.pem", tls->key_pem.Reveal()),
                                .client_ca_file = dir.Write("ca.pem", tls->ca_pem)}},
                       {.context = *world.context,
                        .prober = world.shards,
                        .metrics = world.metrics,
                        .log = world.log});
  REQUIRE_OK(server);
  const auto stub = v1::ServerService::NewStub(grpc::CreateChannel(
      (*server)->address(), grpc::SslCredentials({.pem_root_certs = tls->ca_pem,
                                                  .pem_private_key = tls->key_pem.Reveal(),
                                                  .pem_cert_chain = tls->certificate_pem})));
  const auto ask = [&](const std::string& key) {
    return world.Call(stub, &v1::ServerService::Stub::GetServerInfo, v1::GetServerInfoRequest(),
                      key);
  };
  CHECK(ask("").reason() == reason::kCertificateUnknown);

  REQUIRE(Update(world, CertificateOf("brands/acme/installs/main", "dns:localhost")).ok());

  CHECK(ask("").value.caller().parent() == "brands/acme/installs/main");
  CHECK(ask(world.zeta).value.caller().parent() == "brands/zeta/installs/main");
  CHECK(ask("rk_nonsense").reason() == reason::kApiKeyInvalid);
  REQUIRE(Update(world, CertificateOf("brands/acme/installs/main", "")).ok());
  CHECK(ask("").reason() == reason::kCertificateUnknown);
}

TEST_CASE("only operators say who calls, of an install that is there, and of one install only",
          "[service][auth]") {
  World world({.engine = false});
  const auto by_brand = world.Call(world.brands, &Brands::UpdateInstall,
                                   TokensOf("brands/acme/installs/main"), world.acme);
  CHECK(by_brand.reason() == reason::kOperatorOnly);
  CHECK(Update(world, TokensOf("brands/acme/installs/none")).reason() == reason::kNotFound);
  REQUIRE(Update(world, TokensOf("brands/acme/installs/main")).ok());
  const auto taken = Update(world, TokensOf("brands/zeta/installs/main"));
  CHECK(taken.reason() == reason::kAlreadyExists);

  v1::UpdateInstallRequest only_try = CertificateOf("brands/acme/installs/main", "dns:a.example");
  only_try.set_validate_only(true);
  const auto tried = Update(world, only_try);
  CHECK(tried.value.certificate_san() == "dns:a.example");
  CHECK(tried.value.token_identity().client_id() == kApp);
  v1::GetBrandRequest get;
  get.set_name("brands/acme");
  CHECK(world.Call(world.brands, &Brands::GetBrand, get, world.op)
            .value.installs(0)
            .certificate_san()
            .empty());
}

TEST_CASE("a pin that could not work is refused when it is made", "[service][auth]") {
  World world({.engine = false});
  v1::UpdateInstallRequest request = TokensOf("brands/acme/installs/main");
  request.mutable_install()->mutable_token_identity()->set_issuer("http://w.example/oidc");
  request.mutable_install()->set_certificate_san("w.example");
  request.mutable_update_mask()->add_paths("shard");

  const auto refused = Update(world, request).refusal();

  CHECK(refused.reason == reason::kInvalidRequest);
  REQUIRE(refused.violations.size() == 3);
  CHECK(refused.violations[0].field == "install.token_identity");
  CHECK(refused.violations[1].field == "install.certificate_san");
  CHECK(refused.violations[2].field == "update_mask");
}

}  // namespace
}  // namespace roomkeeper
