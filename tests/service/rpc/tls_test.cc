#include <memory>
#include <string>

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "services/databricks_sim/test_tls.h"
#include "tests/service/rpc/world.h"
#include "tests/support/temp_folder.h"

namespace roomkeeper {
namespace {

using testing::World;

// How a call over this channel ends.
grpc::Status Ask(const World& world, const std::string& address,
                 const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  const auto stub = v1::ServerService::NewStub(grpc::CreateChannel(address, credentials));
  v1::ServerInfo info;
  return stub->GetServerInfo(world.NewContext(world.acme).get(), v1::GetServerInfoRequest(), &info);
}

TEST_CASE("with a certificate the server talks TLS only, and asks for the client's if told to",
          "[service][tls]") {
  World world({.engine = false});
  const testing::TempFolder dir;
  const auto tls = sim::MakeTestTls(world.clock.Now());
  REQUIRE_OK(tls);
  GrpcConfig config{.address = "127.0.0.1:0",
                    .tls = {.cert_file = dir.Write("cert.pem", tls->certificate_pem),
                            .key_file = dir.Write("key.pem", tls->key_pem.Reveal())}};
  const bool mutual = GENERATE(false, true);
  if (mutual) {
    config.tls.client_ca_file = dir.Write("ca.pem", tls->ca_pem);
  }
  const auto server = RpcServer::Start(config, {.context = *world.context,
                                                .prober = world.shards,
                                                .metrics = world.metrics,
                                                .log = world.log});
  REQUIRE_OK(server);
  const std::string address = (*server)->address();

  grpc::SslCredentialsOptions anonymous;
  anonymous.pem_root_certs = tls->ca_pem;
  const grpc::SslCredentialsOptions known{.pem_root_certs = tls->ca_pem,
                                          .pem_private_key = tls->key_pem.Reveal(),
                                          .pem_cert_chain = tls->certificate_pem};

  CHECK(Ask(world, address, grpc::SslCredentials(anonymous)).ok() == !mutual);
  CHECK(Ask(world, address, grpc::SslCredentials(known)).ok());
  CHECK(Ask(world, address, grpc::SslCredentials({})).error_code() ==
        grpc::StatusCode::UNAVAILABLE);
  CHECK(Ask(world, address, grpc::InsecureChannelCredentials()).error_code() ==
        grpc::StatusCode::UNAVAILABLE);
}

// Whether the server shakes hands with a client that takes this version only, and of TLS 1.2 these
// ciphers; one that is as lax as OpenSSL lets it be.
bool ShakesHands(const std::string& address, int version, const char* ciphers) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  SSL_CTX_set_security_level(context.get(), 0);
  REQUIRE(SSL_CTX_set_min_proto_version(context.get(), version) == 1);
  REQUIRE(SSL_CTX_set_max_proto_version(context.get(), version) == 1);
  REQUIRE(SSL_CTX_set_cipher_list(context.get(), ciphers) == 1);
  const unsigned char http2[] = {2, 'h', '2'};
  REQUIRE(SSL_CTX_set_alpn_protos(context.get(), http2, sizeof(http2)) == 0);
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> connection(BIO_new_ssl_connect(context.get()),
                                                                 BIO_free_all);
  BIO_set_conn_hostname(connection.get(), address.c_str());
  const bool done = BIO_do_handshake(connection.get()) == 1;
  ERR_clear_error();
  return done;
}

TEST_CASE("the server talks TLS 1.2 and newer, with ciphers that keep a recording secret",
          "[service][tls]") {
  World world({.engine = false});
  const testing::TempFolder dir;
  const auto tls = sim::MakeTestTls(world.clock.Now());
  REQUIRE_OK(tls);
  const auto server =
      RpcServer::Start({.address = "127.0.0.1:0",
                        .tls = {.cert_file = dir.Write("cert.pem", tls->certificate_pem),
                                .key_file = dir.Write("key.pem", tls->key_pem.Reveal())}},
                       {.context = *world.context,
                        .prober = world.shards,
                        .metrics = world.metrics,
                        .log = world.log});
  REQUIRE_OK(server);
  const std::string address = (*server)->address();
  constexpr char kAll[] = "ALL:@SECLEVEL=0";

  CHECK(ShakesHands(address, TLS1_3_VERSION, kAll));
  CHECK(ShakesHands(address, TLS1_2_VERSION, kAll));
  CHECK_FALSE(ShakesHands(address, TLS1_1_VERSION, kAll));
  CHECK_FALSE(ShakesHands(address, TLS1_VERSION, kAll));
  CHECK(ShakesHands(address, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256"));
  CHECK_FALSE(ShakesHands(address, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"));
}

}  // namespace
}  // namespace roomkeeper
