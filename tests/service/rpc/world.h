#pragma once

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include "roomkeeper/v1/audit.grpc.pb.h"
#include "roomkeeper/v1/brand.grpc.pb.h"
#include "roomkeeper/v1/clean_room.grpc.pb.h"
#include "roomkeeper/v1/enrollment.grpc.pb.h"
#include "roomkeeper/v1/job.grpc.pb.h"
#include "roomkeeper/v1/operations.grpc.pb.h"
#include "roomkeeper/v1/package.grpc.pb.h"
#include "roomkeeper/v1/server.grpc.pb.h"

#include "lib/commands/command_context.h"
#include "lib/engine/engine.h"
#include "lib/io/event_loop.h"
#include "lib/model/refusal.h"
#include "lib/store/group_commit.h"
#include "services/roomkeeperd/server.h"
#include "tests/support/counting_engine.h"
#include "tests/support/fake_provider.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {

// Keeps every line, for tests that look for what must or must not be in it. Thread-safe.
class KeptLog final : public Log {
 public:
  void Write(LogLevel level, absl::string_view message,
             std::initializer_list<LogField> fields) override;
  std::string text() const;

 private:
  mutable Mutex mu_;
  std::string text_ ABSL_GUARDED_BY(mu_);
};

// One package in two versions, every field of which is set.
class TwoVersions final : public PackageCatalog {
 public:
  TwoVersions();
  absl::StatusOr<std::shared_ptr<const PackageVersion>> Get(
      const PackageName& name, const std::string& version) const override;
  std::vector<std::shared_ptr<const PackageVersion>> List() const override { return versions; }

  // Not to be changed while a call is under way.
  std::vector<std::shared_ptr<const PackageVersion>> versions;
  absl::Status broken = absl::OkStatus();  // what Get fails with
};

class OneShard final : public ShardDirectory, public ShardProber {
 public:
  std::vector<ShardStatus> List() const override { return shards; }
  void Probe(const ShardId& shard, std::vector<AssetSpec> assets,
             std::function<void(std::vector<ShardCheckRow>)> done) override;
  void ProveCredentials(const ShardId& shard,
                        std::function<void(std::vector<CredentialRow>)> done) override;
  void RotateSecret(const ShardId& shard, bool plan,
                    std::function<void(RotationRow)> done) override;
  std::vector<ShardStatus> shards;
};

// Answers with what the test set.
class CannedBackups final : public StoreBackups {
 public:
  void Take(std::function<void(absl::StatusOr<StoreBackup>)> done) override { done(answer); }
  absl::StatusOr<StoreBackup> answer = StoreBackup{.path = "/backups/roomkeeper-1.db",
                                                   .bytes = 4096,
                                                   .schema_version = 7,
                                                   .took = absl::Milliseconds(1500)};
};

struct WorldOptions {
  bool engine = true;  // without it jobs stay QUEUED
  absl::Duration provisioning = absl::ZeroDuration();
  CommandSettings settings = {};
  FrontDeskLimits limits = {};
  std::vector<DeprecationRow> deprecations = Deprecations();
  std::vector<ShardStatus> shards = {};  // empty: one
  StoreBackups* backups = nullptr;
};

// The server in process: gRPC over loopback, the real store over the memory engine, the real engine
// against a fake platform that answers at once.
class World {
 public:
  explicit World(WorldOptions options = {});
  ~World();

  // What a call answered.
  template <typename Response>
  struct Answer {
    grpc::Status status = {};
    Response value = {};
    bool ok() const { return status.ok(); }
    // Of the ErrorInfo; empty if there is none.
    std::string reason() const { return Details(status).reason; }
    Refusal refusal() const { return Details(status); }
  };
  static Refusal Details(const grpc::Status& status);

  // Calls(stub, &Stub::Method, request, key): the key goes with the call unless it is empty.
  template <typename Stub, typename Request, typename Response>
  Answer<Response> Call(const std::unique_ptr<Stub>& stub,
                        grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                     Response*),
                        const Request& request, const std::string& key) {
    Answer<Response> answer;
    const auto call = NewContext(key);
    answer.status = (stub.get()->*method)(call.get(), request, &answer.value);
    return answer;
  }
  std::unique_ptr<grpc::ClientContext> NewContext(const std::string& key) const;

  // A key of the brand, bound to the install unless that is empty.
  std::string NewKey(const std::string& brand, const std::string& install);
  void Put(ApiKey key);
  void Put(EnrollmentCode code);
  // Names of a code of the brand, and of an exchange of it that waits for an operator.
  struct Held {
    std::string code = {};
    std::string enrollment = {};
  };
  Held NewHeld(const std::string& brand, int workspace);

  // The sample request of the install that `key` is bound to.
  static v1::CreateCleanRoomRequest CreateRequest(const std::string& request_id = "");
  // Creates and waits until the job is final.
  v1::Job CreateAndWait(const std::string& key);
  v1::Job Wait(const std::string& job, const std::string& key);
  // Runs `task` on the engine's thread and waits for it.
  void OnLoop(const std::function<void()>& task);
  // Writes to the store as the engine would; waits for the commit.
  void Advance(AdvanceJob write);
  Job Stored(const std::string& job_name);
  CleanRoom StoredRoom(const std::string& room_name);
  void StopStore() { store.Stop(); }

  SystemClock clock;
  Metrics metrics;
  KeptLog log;
  CountingEngine memory;
  GroupCommit store{memory, metrics, clock, {.engine_name = "memory"}};
  std::unique_ptr<EventLoop> loop;
  std::unique_ptr<FakeProvider> platform;
  TwoVersions packages;
  OneShard shards;
  Provenance provenance{"test", Secret("provenance key")};
  EventHub hub{100};
  KeyVerifier keys{store, clock};
  std::shared_ptr<CallAudit> call_audit;
  std::unique_ptr<CommandContext> context;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<RpcServer> server;

  std::unique_ptr<v1::CleanRoomService::Stub> rooms;
  std::unique_ptr<v1::JobService::Stub> jobs;
  std::unique_ptr<v1::PackageService::Stub> package_stub;
  std::unique_ptr<v1::BrandService::Stub> brands;
  std::unique_ptr<v1::EnrollmentService::Stub> enrollments;
  std::unique_ptr<v1::ServerService::Stub> info;
  std::unique_ptr<v1::OperationsService::Stub> operations;
  std::unique_ptr<v1::AuditService::Stub> audit;
  std::shared_ptr<grpc::Channel> channel;

  std::string op;    // operator key
  std::string acme;  // of brands/acme/installs/main
  std::string zeta;  // of brands/zeta/installs/main

 private:
  void AddBrands();

  std::mt19937_64 chance_{42};
  std::thread loop_thread_;
};

inline constexpr char kAcmeRoom[] = "brands/acme/installs/main/cleanRooms/identity-match";

}  // namespace roomkeeper::testing
