#include "services/roomkeeperd/wiring.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/random/random.h"
#include "absl/strings/str_cat.h"

#include "lib/auth/key_verifier.h"
#include "lib/base/clock.h"
#include "lib/base/status_macros.h"
#include "lib/cleanroom/provenance.h"
#include "lib/commands/brands/api_keys.h"
#include "lib/config/provenance_key.h"
#include "lib/crypto/digest.h"
#include "lib/databricks/databricks_provider.h"
#include "lib/engine/engine.h"
#include "lib/events/event_hub.h"
#include "lib/http/curl_client.h"
#include "lib/io/event_loop.h"
#include "lib/obs/metrics.h"
#include "lib/packages/directory_catalog.h"
#include "lib/store/backup/backup_thread.h"
#include "lib/store/group_commit.h"
#include "lib/store/memory/memory_engine.h"
#include "lib/store/sqlite/sqlite_engine.h"
#include "services/roomkeeperd/admin_http.h"
#include "services/roomkeeperd/grpc_log.h"
#include "services/roomkeeperd/notebook_resolver.h"
#include "services/roomkeeperd/server.h"
#include "services/roomkeeperd/shard_config.h"
#include "services/roomkeeperd/shard_watch.h"
#include "services/roomkeeperd/token_parts.h"
#include "services/version/version.h"

namespace roomkeeper {
namespace {

BuildInfo WhatWasBuilt(absl::Time started_at) {
  BuildInfo build;
  build.version = kVersion;
  build.commit = kCommit;
  build.started_at = started_at;
  for (std::size_t i = 0; i < kLinkedPackagesCount; ++i) {
    build.packages.push_back({kLinkedPackages[i].name, kLinkedPackages[i].version});
  }
  return build;
}

// How long writes to the platform that are in flight at SIGTERM may take to be answered and
// recorded. What is not is looked up by the next start: its intent is durable.
constexpr absl::Duration kWritesPatience = absl::Seconds(5);

absl::StatusOr<std::unique_ptr<StorageEngine>> OpenStore(const StoreConfig& config,
                                                         const Clock& clock) {
  switch (config.engine) {
    case StoreEngine::kSqlite: {
      RK_ASSIGN_OR_RETURN(auto engine, SqliteEngine::Open(config.path, clock));
      return std::unique_ptr<StorageEngine>(std::move(engine));
    }
    case StoreEngine::kMemory:
      return std::unique_ptr<StorageEngine>(std::make_unique<MemoryEngine>());
  }
  return absl::InternalError("unknown store engine");
}

FrontDeskLimits CallLimitsOf(const LimitsConfig& config) {
  return {.waits_max = static_cast<std::int32_t>(config.watchers_max),
          .calls_per_brand_max = static_cast<std::int32_t>(config.brand_calls_open_max),
          .waits_per_brand_max = static_cast<std::int32_t>(config.brand_watchers_max),
          .calls_per_second_per_brand = config.brand_calls_per_second,
          .calls_burst_per_brand = static_cast<double>(config.brand_calls_burst),
          .watch_write_timeout = config.watch_write_timeout};
}

}  // namespace

// In the order in which they stand on each other; destroyed in reverse.
struct Daemon::Parts {
  Parts(DaemonOptions daemon_options, Log& daemon_log, Secret key)
      : options(std::move(daemon_options)),
        log(daemon_log),
        owner(RandomBase32(10)),
        provenance(options.config.service_instance, key),
        page_token_key(HmacSha256Hex(key, "page tokens")) {}

  DaemonOptions options;
  Log& log;
  const std::string owner;  // of leases: another one at each boot
  SystemClock clock;
  Metrics metrics;
  absl::BitGen random;  // the loop's
  Provenance provenance;
  Secret page_token_key;
  std::unique_ptr<DirectoryCatalog> catalog;
  std::unique_ptr<StorageEngine> storage;
  std::unique_ptr<GroupCommit> store;
  std::unique_ptr<BackupThread> backups;  // null: store.backup_dir is not set
  std::unique_ptr<EventLoop> loop;
  std::unique_ptr<CurlClient> http;
  std::unique_ptr<DatabricksProvider> provider;
  std::unique_ptr<ShardWatch> shards;
  std::unique_ptr<NotebookResolver> notebooks;
  std::unique_ptr<KeyVerifier> keys;
  std::shared_ptr<CallAudit> call_audit;
  std::unique_ptr<TokenParts> tokens;
  std::unique_ptr<EventHub> hub;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<CommandContext> context;
  std::unique_ptr<RpcServer> server;
  std::unique_ptr<AdminHttp> admin;
  std::thread loop_thread;
  std::atomic<bool> serving = false;  // readiness: off before the drain begins

  absl::Status Open();
  absl::Status BootstrapKey();
  void MakeEngine();
  absl::Status Serve();
  void Stop();
};

absl::Status Daemon::Parts::Open() {
  const Config& config = options.config;
  RK_ASSIGN_OR_RETURN(catalog, DirectoryCatalog::Make(config.packages_dir));
  RK_ASSIGN_OR_RETURN(storage, OpenStore(config.store, clock));
  store = std::make_unique<GroupCommit>(
      *storage, metrics, clock,
      GroupCommit::Options{.engine_name =
                               config.store.engine == StoreEngine::kSqlite ? "sqlite" : "memory"});
  if (config.store.engine == StoreEngine::kSqlite && !config.store.backup_dir.empty()) {
    backups = std::make_unique<BackupThread>(
        BackupThread::Options{.store_path = config.store.path, .folder = config.store.backup_dir},
        clock, metrics, log);
  }
  RK_ASSIGN_OR_RETURN(loop, EventLoop::Make(clock));
  RK_ASSIGN_OR_RETURN(http, CurlClient::Make(*loop, CurlOptions()));
  provider = std::make_unique<DatabricksProvider>(
      TokenSource::Ports{
          .loop = *loop, .http = *http, .log = log, .metrics = metrics, .random = random},
      MakeShards(config), MakeUserAgent(config.provider.isv_name, kVersion));
  shards = std::make_unique<ShardWatch>(config, *provider, *loop, metrics, log);
  std::vector<ShardId> shard_ids;
  for (const ShardConfig& shard : config.shards) {
    shard_ids.emplace_back(shard.id);
  }
  notebooks =
      std::make_unique<NotebookResolver>(std::move(shard_ids), *catalog, *provider, *loop, log);
  keys = std::make_unique<KeyVerifier>(*store, clock);
  call_audit = std::make_shared<CallAudit>(*store, *loop, log,
                                           CallAuditOptions{.retention = config.audit.retention});
  RK_ASSIGN_OR_RETURN(
      tokens,
      TokenParts::Make(config.auth, {.loop = *loop, .log = log, .brands = *store, .clock = clock}));
  hub = std::make_unique<EventHub>(static_cast<std::size_t>(config.limits.watchers_max));
  MakeEngine();
  store->SetCommitListener([this](const CommitNotice& notice) {
    engine->OnCommit(notice);
    hub->OnCommit(notice);
    keys->Forget(notice.api_keys);
  });
  return store->Start();
}

void Daemon::Parts::MakeEngine() {
  const EngineConfig& config = options.config.engine;
  EngineOptions engine_options;
  engine_options.owner = owner;
  double requests_per_second = 0;
  for (const ShardConfig& shard : options.config.shards) {
    requests_per_second += shard.requests_per_second;
  }
  engine_options.active_jobs_max = std::min(static_cast<std::int32_t>(config.active_jobs_max),
                                            CallersServed(requests_per_second));
  engine_options.limits.provisioning_timeout = config.provisioning_timeout;
  engine_options.limits.rooms_per_job_max = static_cast<std::int32_t>(config.room_attempts_max);
  // A write may leave late and its answer later still; the margin is for clocks and queues.
  engine_options.limits.call_horizon =
      config.call_timeout + RestOptions().write_leaves_within + absl::Seconds(10);
  engine_options.limits.writers_per_room = static_cast<std::int32_t>(config.writers_per_room);
  engine_options.expiry_sweep_interval = options.config.rooms.sweep_interval;
  engine_options.teardown_deadline = config.job_deadline;
  engine_options.limits.look_interval = options.config.drift.interval;
  engine_options.repairs_per_day_max =
      static_cast<std::int32_t>(options.config.drift.repairs_per_day_max);
  engine = std::make_unique<Engine>(EngineDeps{.loop = *loop,
                                               .store = *store,
                                               .provider = *provider,
                                               .packages = *catalog,
                                               .provenance = provenance,
                                               .metrics = metrics,
                                               .log = log,
                                               .chance = random},
                                    engine_options);
}

absl::Status Daemon::Parts::BootstrapKey() {
  if (options.bootstrap_operator_key.empty()) {
    return absl::OkStatus();
  }
  std::promise<absl::StatusOr<bool>> written;
  BootstrapOperatorKey(*store, clock, options.bootstrap_operator_key,
                       [&](absl::StatusOr<bool> result) { written.set_value(std::move(result)); });
  const absl::StatusOr<bool> result = written.get_future().get();
  RK_RETURN_IF_ERROR(result.status());
  log.Info(*result ? "operator key written" : "the store has a live admin's key; none was written",
           {{"file", options.bootstrap_operator_key}});
  return absl::OkStatus();
}

absl::Status Daemon::Parts::Serve() {
  const Config& config = options.config;
  RouteGrpcLog(log);
  context = std::make_unique<CommandContext>(CommandContext{
      .jobs = *store,
      .brands = *store,
      .enrollments = *store,
      .audit = *store,
      .call_audit = *call_audit,
      .packages = *catalog,
      .shards = *shards,
      .provider = provider->for_callers(),
      .loop = *loop,
      .keys = *keys,
      .hub = *hub,
      .provenance = provenance,
      .clock = clock,
      .settings = {.page_token_key = page_token_key,
                   .claim_for = owner,
                   .open_jobs_max = static_cast<std::int32_t>(config.limits.open_jobs_max),
                   .brand_jobs_in_flight_max =
                       static_cast<std::int32_t>(config.limits.brand_jobs_in_flight_max),
                   .provision_deadline = config.engine.job_deadline,
                   .teardown_deadline = config.engine.job_deadline,
                   .room_lifetime_max = config.rooms.lifetime_max,
                   .expiry_warning_lead = config.rooms.expiry_warning_lead,
                   .delete_grace = config.rooms.delete_grace,
                   .operator_issuer = config.auth.operator_tokens.issuer}});
  admin = std::make_unique<AdminHttp>(
      AdminHttpOptions{.address = config.admin.address,
                       .key_file = config.admin.key_file,
                       .live = {},
                       .ready = {{.name = "serving",
                                  .check =
                                      [this] {
                                        return serving
                                                   ? absl::OkStatus()
                                                   : absl::UnavailableError("it starts, or drains");
                                      }},
                                 {.name = "store", .check = [this] { return store->health(); }},
                                 {.name = "shards", .check = [this] { return shards->Ready(); }}}},
      metrics);
  RK_RETURN_IF_ERROR(admin->Start());
  engine->Start();
  call_audit->Start();
  shards->Start();
  notebooks->Start();
  if (backups != nullptr) {
    backups->Start();
  }
  loop_thread = std::thread([this] { loop->Run(); });
  // Last: from its first call on it needs all of the above.
  RK_ASSIGN_OR_RETURN(server, RpcServer::Start(config.grpc, {.context = *context,
                                                             .prober = *shards,
                                                             .metrics = metrics,
                                                             .log = log,
                                                             .build = WhatWasBuilt(clock.Now()),
                                                             .limits = CallLimitsOf(config.limits),
                                                             .backups = backups.get(),
                                                             .tokens = tokens->verifier()}));
  serving = true;
  return absl::OkStatus();
}

void Daemon::Parts::Stop() {
  serving = false;
  std::promise<void> stopped;
  if (loop_thread.joinable()) {
    // First, and beside the drain: answers of writes in flight are recorded even if a call holds
    // the drain up.
    loop->Post([&] { engine->Stop(kWritesPatience, [&] { stopped.set_value(); }); });
  }
  if (backups != nullptr) {
    backups->Stop();  // its call ends, so that it does not hold up the drain
  }
  if (server != nullptr) {
    server->ShutDown(options.config.grpc.drain_timeout);
  }
  if (loop_thread.joinable()) {
    stopped.get_future().wait();
    loop->Stop();
    loop_thread.join();
  }
  if (call_audit != nullptr) {
    call_audit->Flush([](const absl::Status& /*the store says so itself*/) {});
  }
  if (store != nullptr) {
    store->Stop();
  }
  if (admin != nullptr) {
    admin->Stop();
  }
}

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(DaemonOptions options, Log& log) {
  RK_ASSIGN_OR_RETURN(Secret key, LoadProvenanceKey(options.config));
  auto daemon = absl::WrapUnique(
      new Daemon(std::make_unique<Parts>(std::move(options), log, std::move(key))));
  RK_RETURN_IF_ERROR(daemon->parts_->Open());
  RK_RETURN_IF_ERROR(daemon->parts_->BootstrapKey());
  RK_RETURN_IF_ERROR(daemon->parts_->Serve());
  return daemon;
}

Daemon::Daemon(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Daemon::~Daemon() {
  Stop();
}

std::string Daemon::ready_line() const {
  return absl::StrCat(R"({"ready":true,"grpc_address":")", parts_->server->address(),
                      R"(","admin_address":")", parts_->admin->address(), R"("})");
}

void Daemon::Stop() {
  parts_->Stop();
}

}  // namespace roomkeeper
