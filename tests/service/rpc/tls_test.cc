#include <string>

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

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

}  // namespace
}  // namespace roomkeeper
