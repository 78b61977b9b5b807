#include "services/roomkeeperd/server.h"

#include <algorithm>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/base/status_macros.h"
#include "lib/config/address.h"
#include "services/roomkeeperd/api/audit_service.h"
#include "services/roomkeeperd/api/brand_service.h"
#include "services/roomkeeperd/api/clean_room_service.h"
#include "services/roomkeeperd/api/enrollment_service.h"
#include "services/roomkeeperd/api/job_service.h"
#include "services/roomkeeperd/api/operations_service.h"
#include "services/roomkeeperd/api/package_service.h"

namespace roomkeeper {
namespace {

// All buffers of all connections; gRPC then refuses and closes, instead of growing. Bytes.
constexpr std::size_t kGrpcMemoryMax = std::size_t{1} << 29;
// A watcher behind a dead network is found after a minute, not when its next event cannot be sent.
constexpr int kKeepaliveTimeMs = 60000;
constexpr int kKeepaliveTimeoutMs = 20000;
// Of the drain's time: then the calls that wait for the platform end, so that their callers still
// get the answer.
constexpr double kCutAt = 0.9;
constexpr unsigned kCertificateReloadSeconds = 10;  // a renewed certificate needs no restart

absl::Status CheckPem(const std::string& file, const char* what) {
  std::ifstream in(file);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!absl::StrContains(text, "-----BEGIN ")) {
    return absl::InvalidArgumentError(
        absl::StrCat("grpc.tls.", what, " must be a readable PEM file, got ", file));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> CredentialsFor(const GrpcConfig& config) {
  const TlsConfig& tls = config.tls;
  if (tls.cert_file.empty()) {
    if (!config.allow_plaintext && !IsLoopback(config.address)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "grpc.address ", config.address,
          " is not loopback: set grpc.tls, or grpc.allow_plaintext behind a mesh that encrypts"));
    }
    return grpc::InsecureServerCredentials();
  }
  RK_RETURN_IF_ERROR(CheckPem(tls.cert_file, "cert_file"));
  RK_RETURN_IF_ERROR(CheckPem(tls.key_file, "key_file"));
  namespace ex = grpc::experimental;
  if (tls.client_ca_file.empty()) {
    const auto files = std::make_shared<ex::FileWatcherCertificateProvider>(
        tls.key_file, tls.cert_file, kCertificateReloadSeconds);
    ex::TlsServerCredentialsOptions options(files);
    options.watch_identity_key_cert_pairs();
    return ex::TlsServerCredentials(options);
  }
  RK_RETURN_IF_ERROR(CheckPem(tls.client_ca_file, "client_ca_file"));
  const auto files = std::make_shared<ex::FileWatcherCertificateProvider>(
      tls.key_file, tls.cert_file, tls.client_ca_file, kCertificateReloadSeconds);
  ex::TlsServerCredentialsOptions options(files);
  options.watch_identity_key_cert_pairs();
  options.watch_root_certs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return ex::TlsServerCredentials(options);
}

// Reflection asks for no key. Every server of a process has it that is linked with the library, so
// it must be taken out again.
class WithoutReflection final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments* /*arguments*/) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->erase(std::remove_if(plugins->begin(), plugins->end(),
                                  [](const std::unique_ptr<grpc::ServerBuilderPlugin>& plugin) {
                                    return plugin->name() == "proto_server_reflection";
                                  }),
                   plugins->end());
  }
};

void SetLimits(const GrpcConfig& config, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(static_cast<int>(config.message_bytes_max));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE,
                             static_cast<int>(config.metadata_bytes_max));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             static_cast<int>(config.concurrent_streams_max));
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      static_cast<int>(absl::ToInt64Milliseconds(config.keepalive_interval_min)));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  // Two servers on one port would share its callers; an error is what is wanted.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  grpc::ResourceQuota quota("roomkeeperd");
  quota.Resize(kGrpcMemoryMax);
  builder.SetResourceQuota(quota);
}

class Server final : public RpcServer {
 public:
  explicit Server(const ServerDeps& deps)
      : callers_(deps.context.keys, deps.context.brands, deps.tokens),
        desk_({.callers = callers_,
               .clock = deps.context.clock,
               .log = deps.log,
               .metrics = deps.metrics,
               .audit = deps.context.call_audit,
               .jobs = deps.context.jobs},
              deps.limits),
        clean_rooms_(desk_, deps.context),
        jobs_(desk_, deps.context),
        packages_(desk_, deps.context),
        brands_(desk_, deps.context),
        enrollments_(desk_, deps.context),
        info_(desk_, deps.build),
        operations_(desk_, deps.context, deps.prober, deps.backups),
        audit_(desk_, deps.context) {}
  ~Server() override { ShutDown(absl::ZeroDuration()); }

  absl::Status Listen(const GrpcConfig& config) {
    RK_ASSIGN_OR_RETURN(const auto credentials, CredentialsFor(config));
    RK_ASSIGN_OR_RETURN(const HostPort host_port, ParseHostPort(config.address));
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    if (!IsLoopback(config.address)) {
      builder.SetOption(std::make_unique<WithoutReflection>());
    }
    SetLimits(config, builder);
    int port = 0;
    builder.AddListeningPort(config.address, credentials, &port);
    for (grpc::Service* service :
         std::vector<grpc::Service*>{&clean_rooms_, &jobs_, &packages_, &brands_, &enrollments_,
                                     &info_, &operations_, &audit_}) {
      builder.RegisterService(service);
    }
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port == 0) {
      return absl::UnavailableError(
          absl::StrCat("cannot listen on grpc.address ", config.address,
                       ": is another program using the port, or is the host not of this machine?"));
    }
    address_ =
        absl::StrCat(absl::StrContains(host_port.host, ':') ? absl::StrCat("[", host_port.host, "]")
                                                            : host_port.host,
                     ":", port);
    SetServing(true);
    return absl::OkStatus();
  }

  std::string address() const override { return address_; }

  void SetServing(bool serving) override {
    if (auto* health = server_->GetHealthCheckService(); health != nullptr) {
      health->SetServingStatus(serving);
    }
  }

  void ShutDown(absl::Duration patience) override {
    if (server_ == nullptr || std::exchange(stopped_, true)) {
      return;
    }
    SetServing(false);
    desk_.drain().Fire();
    // Shutdown returns when all calls have ended. It can break a connection, but not end a call
    // that waits for an answer of the platform.
    std::promise<void> ended;
    std::thread cutter([&, answers = ended.get_future()] {
      if (answers.wait_for(absl::ToChronoNanoseconds(patience * kCutAt)) !=
          std::future_status::ready) {
        desk_.cut().Fire();
      }
    });
    server_->Shutdown(
        gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                     gpr_time_from_micros(absl::ToInt64Microseconds(patience), GPR_TIMESPAN)));
    server_->Wait();
    ended.set_value();
    cutter.join();
  }

 private:
  Authenticator callers_;
  FrontDesk desk_;
  CleanRoomServiceImpl clean_rooms_;
  JobServiceImpl jobs_;
  PackageServiceImpl packages_;
  BrandServiceImpl brands_;
  EnrollmentServiceImpl enrollments_;
  ServerServiceImpl info_;
  OperationsServiceImpl operations_;
  AuditServiceImpl audit_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  bool stopped_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(const GrpcConfig& config,
                                                            const ServerDeps& deps) {
  auto server = std::make_unique<Server>(deps);
  RK_RETURN_IF_ERROR(server->Listen(config));
  return server;
}

}  // namespace roomkeeper
