// TLS of the real daemon: with a client certificate or without, and renewed while it runs.
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "absl/strings/str_cat.h"

#include "roomkeeper/v1/server.grpc.pb.h"

#include "lib/base/clock.h"
#include "services/databricks_sim/test_tls.h"
#include "tests/e2e/roomctl_shell.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_folder.h"

namespace roomkeeper::testing {
namespace {

sim::TestTls NewCertificate() {
  auto made = sim::MakeTestTls(SystemClock().Now());
  REQUIRE_OK(made);
  return *std::move(made);
}

// Certificate and key where the daemon finds them; replaces those that are there.
void Install(const TempFolder& folder, const sim::TestTls& tls) {
  (void)folder.Write("ca.pem", tls.ca_pem);
  for (const auto& [name, text] : {std::pair(std::string("key.pem"), tls.key_pem.Reveal()),
                                   std::pair(std::string("cert.pem"), tls.certificate_pem)}) {
    const std::string fresh = folder.Write(name + ".new", text);
    REQUIRE(std::rename(fresh.c_str(), folder.path(name).c_str()) == 0);
  }
}

std::string GrpcConfig(const TempFolder& folder, const std::string& more) {
  return absl::StrCat("address: \"127.0.0.1:0\", tls: {cert_file: ", folder.path("cert.pem"),
                      ", key_file: ", folder.path("key.pem"), more, "}");
}

struct Client {
  std::shared_ptr<grpc::Channel> channel = {};
  std::unique_ptr<v1::ServerService::Stub> stub = {};
};

Client Connect(const World& world, const grpc::SslCredentialsOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a handshake of its own
  auto channel =
      grpc::CreateCustomChannel(world.grpc_address(), grpc::SslCredentials(options), arguments);
  auto stub = v1::ServerService::NewStub(channel);
  return {std::move(channel), std::move(stub)};
}

grpc::StatusCode Ask(const World& world, const Client& client) {
  const auto call = world.Call(world.operator_key());
  call->set_wait_for_ready(false);
  v1::ServerInfo info;
  return client.stub->GetServerInfo(call.get(), {}, &info).error_code();
}

TEST_CASE("the daemon with a certificate talks TLS only, and roomctl trusts it by --ca-file",
          "[e2e][tls]") {
  const TempFolder folder;
  Install(folder, NewCertificate());
  const World world({.grpc = GrpcConfig(folder, "")});
  const RoomctlShell op(world);

  CHECK(op.Run({"version", "--ca-file", folder.path("ca.pem")}).exit_code == 0);
  CHECK(op.Run({"version"}).exit_code == 75);  // plaintext, as is usual to loopback
  const std::string stranger = folder.Write("stranger.pem", NewCertificate().ca_pem);
  CHECK(op.Run({"version", "--ca-file", stranger}).exit_code == 75);
}

TEST_CASE("the daemon with client_ca_file knows its clients by their certificates", "[e2e][tls]") {
  const TempFolder folder;
  const sim::TestTls tls = NewCertificate();
  Install(folder, tls);
  const World world(
      {.grpc = GrpcConfig(folder, absl::StrCat(", client_ca_file: ", folder.path("ca.pem")))});
  const sim::TestTls stranger = NewCertificate();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = tls.ca_pem;

  CHECK(Ask(world, Connect(world, options)) == grpc::StatusCode::UNAVAILABLE);
  options.pem_cert_chain = stranger.certificate_pem;
  options.pem_private_key = stranger.key_pem.Reveal();
  CHECK(Ask(world, Connect(world, options)) == grpc::StatusCode::UNAVAILABLE);
  options.pem_cert_chain = tls.certificate_pem;
  options.pem_private_key = tls.key_pem.Reveal();
  CHECK(Ask(world, Connect(world, options)) == grpc::StatusCode::OK);
}

TEST_CASE("a renewed certificate is served without a restart, and open connections stay",
          "[e2e][tls]") {
  const TempFolder folder;
  const sim::TestTls first = NewCertificate();
  Install(folder, first);
  const World world({.grpc = GrpcConfig(folder, "")});
  grpc::SslCredentialsOptions trusts_first;
  trusts_first.pem_root_certs = first.ca_pem;
  const Client before = Connect(world, trusts_first);
  REQUIRE(Ask(world, before) == grpc::StatusCode::OK);
  const sim::TestTls second = NewCertificate();
  grpc::SslCredentialsOptions trusts_second;
  trusts_second.pem_root_certs = second.ca_pem;
  const Client after = Connect(world, trusts_second);
  REQUIRE(Ask(world, after) == grpc::StatusCode::UNAVAILABLE);

  Install(folder, second);

  // lint: gRPC takes a time of the system clock
  const auto patience = std::chrono::system_clock::now() + std::chrono::seconds(60);
  CHECK(after.channel->WaitForConnected(patience));
  CHECK(Ask(world, after) == grpc::StatusCode::OK);
  CHECK(Ask(world, Connect(world, trusts_first)) == grpc::StatusCode::UNAVAILABLE);
  CHECK(Ask(world, before) == grpc::StatusCode::OK);
}

}  // namespace
}  // namespace roomkeeper::testing
