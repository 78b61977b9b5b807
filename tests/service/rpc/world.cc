#include "tests/service/rpc/world.h"

#include <future>
#include <random>
#include <utility>

#include <grpcpp/create_channel.h>

#include "absl/strings/str_cat.h"

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

#include "lib/auth/api_key.h"
#include "lib/model/resource_name.h"

namespace roomkeeper::testing {
namespace {

constexpr char kBrandMetastore[] = "aws:us-west-2:22222222-2222-4222-8222-222222222222";

// Runs an asynchronous call to its end.
template <typename T>
absl::StatusOr<T> Await(const std::function<void(StoreDone<T>)>& call) {
  std::promise<absl::StatusOr<T>> promise;
  call([&promise](absl::StatusOr<T> result) { promise.set_value(std::move(result)); });
  return promise.get_future().get();
}

std::shared_ptr<const PackageVersion> MakePackage(const std::string& version) {
  return std::make_shared<const PackageVersion>(PackageVersion{
      .name = PackageName("identity-match"),
      .version = version,
      .digest = absl::StrCat("sha256:", version),
      .display_name = "Identity match",
      .description = "Who of your customers we know",
      .enable_shared_output = true,
      .egress = {.restriction_mode = "RESTRICTED_ACCESS",
                 .allowed_internet_destinations = {{.destination = "pypi.org"}}},
      .assets = {{.shared_name = "spine.people",
                  .local_name = "prod.identity.people",
                  .description = "The spine",
                  .columns = {{.name = "id", .type = "STRING", .meaning = "a person"}}}},
      .notebooks = {{.name = "match",
                     .description = "Matches",
                     .environment_version = "2",
                     .content_base64 = "c2VjcmV0IHNhdWNl",
                     .content_digest = "sha256:content",
                     .parameters = {{.name = "threshold",
                                     .default_value = "0.9",
                                     .description = "How sure",
                                     .allowed_values = {"0.9", "0.99"}}}}},
      .required_inputs = {{.name = "crm.customers",
                           .description = "Your records",
                           .columns = {{.name = "email",
                                        .type = "STRING",
                                        .meaning = "e-mail",
                                        .required = true}}}},
      .outputs = {{.name = "match_rate",
                   .description = "One row",
                   .columns = {{.name = "rate", .type = "DOUBLE", .meaning = "in [0, 1]"}}}}});
}

}  // namespace

void KeptLog::Write(LogLevel /*level*/, absl::string_view message,
                    std::initializer_list<LogField> fields) {
  const MutexLock lock(mu_);
  absl::StrAppend(&text_, message);
  for (const LogField& field : fields) {
    absl::StrAppend(&text_, " ", field.key, "=");
    if (const auto* text = std::get_if<std::string>(&field.value)) {
      absl::StrAppend(&text_, *text);
    }
  }
  absl::StrAppend(&text_, "\n");
}

std::string KeptLog::text() const {
  const MutexLock lock(mu_);
  return text_;
}

TwoVersions::TwoVersions() : versions({MakePackage("1.0.0"), MakePackage("1.1.0")}) {}

absl::StatusOr<std::shared_ptr<const PackageVersion>> TwoVersions::Get(
    const PackageName& name, const std::string& version) const {
  if (!broken.ok()) {
    return broken;
  }
  for (auto at = versions.rbegin(); at != versions.rend(); ++at) {
    if ((*at)->name == name && (version.empty() || (*at)->version == version)) {
      return *at;
    }
  }
  return absl::NotFoundError("no such package");
}

void OneShard::Probe(const ShardId& shard, std::vector<AssetSpec> assets,
                     std::function<void(std::vector<ShardCheckRow>)> done) {
  std::vector<ShardCheckRow> rows = {{.shard = shard, .name = "credentials", .ok = true}};
  for (const AssetSpec& asset : assets) {
    rows.push_back({.shard = shard, .name = asset.local_name, .message = "absent", .fix = "add"});
  }
  done(std::move(rows));
}

void OneShard::ProveCredentials(const ShardId& shard,
                                std::function<void(std::vector<CredentialRow>)> done) {
  const absl::Time then = absl::FromUnixSeconds(1'700'000'000);
  done({{.shard = shard,
         .name = "client_secret",
         .client_id = "the-client",
         .state = CredentialRow::State::kAccepted,
         .in_use = true,
         .accepted_at = then,
         .written_at = then,
         .expires_at = then},
        {.shard = shard,
         .name = "client_secret_2",
         .client_id = "the-client",
         .state = CredentialRow::State::kRefused,
         .message = "invalid_client",
         .refused_at = then}});
}

void OneShard::RotateSecret(const ShardId& shard, bool plan,
                            std::function<void(RotationRow)> done) {
  const absl::Time then = absl::FromUnixSeconds(1'700'000'000);
  done({.shard = shard,
        .outcome = plan ? RotationRow::Outcome::kPlanned : RotationRow::Outcome::kFailed,
        .message = "no room",
        .steps = {"delete secret 1"},
        .secrets = {{.id = "1", .created_at = then, .expires_at = then, .known = true}}});
}

World::World(WorldOptions options) {
  REQUIRE_OK(store.Start());
  auto made = EventLoop::Make(clock);
  REQUIRE_OK(made);
  loop = *std::move(made);
  platform = std::make_unique<FakeProvider>(*loop);
  platform->options.latency = absl::ZeroDuration();
  platform->options.provisioning = options.provisioning;
  shards.shards = options.shards;
  if (shards.shards.empty()) {
    shards.shards = {
        {.id = ShardId("west"),
         .facts = {.cloud_vendor = "aws",
                   .region = "us-west-2",
                   .global_metastore_id = "aws:us-west-2:11111111-1111-4111-8111-111111111111",
                   .collaborator_alias = "provider"},
         .rooms_max = 100}};
  }
  CommandSettings settings = options.settings;
  settings.page_token_key = Secret("page token key");
  call_audit = std::make_shared<CallAudit>(store, *loop, log, CallAuditOptions());
  context = std::make_unique<CommandContext>(CommandContext{.jobs = store,
                                                            .brands = store,
                                                            .enrollments = store,
                                                            .audit = store,
                                                            .call_audit = *call_audit,
                                                            .packages = packages,
                                                            .shards = shards,
                                                            .provider = *platform,
                                                            .loop = *loop,
                                                            .keys = keys,
                                                            .hub = hub,
                                                            .provenance = provenance,
                                                            .clock = clock,
                                                            .settings = settings});
  engine = std::make_unique<Engine>(EngineDeps{.loop = *loop,
                                               .store = store,
                                               .provider = *platform,
                                               .packages = packages,
                                               .provenance = provenance,
                                               .metrics = metrics,
                                               .log = log,
                                               .chance = chance_},
                                    EngineOptions{.owner = "test"});
  store.SetCommitListener([this, with_engine = options.engine](const CommitNotice& notice) {
    keys.Forget(notice.api_keys);
    hub.OnCommit(notice);
    if (with_engine) {
      engine->OnCommit(notice);
    }
  });
  if (options.engine) {
    engine->Start();
  }
  loop_thread_ = std::thread([this] { loop->Run(); });
  auto started =
      RpcServer::Start({.address = "127.0.0.1:0"}, {.context = *context,
                                                    .prober = shards,
                                                    .metrics = metrics,
                                                    .log = log,
                                                    .build = {.version = "1.2.3",
                                                              .commit = "abc",
                                                              .started_at = clock.Now(),
                                                              .deprecations = options.deprecations,
                                                              .packages = {{"libc6", "2.36-9"}}},
                                                    .limits = options.limits,
                                                    .backups = options.backups});
  REQUIRE_OK(started);
  server = *std::move(started);
  channel = grpc::CreateChannel(server->address(), grpc::InsecureChannelCredentials());
  rooms = v1::CleanRoomService::NewStub(channel);
  jobs = v1::JobService::NewStub(channel);
  package_stub = v1::PackageService::NewStub(channel);
  brands = v1::BrandService::NewStub(channel);
  enrollments = v1::EnrollmentService::NewStub(channel);
  info = v1::ServerService::NewStub(channel);
  operations = v1::OperationsService::NewStub(channel);
  audit = v1::AuditService::NewStub(channel);
  AddBrands();
}

World::~World() {
  if (server != nullptr) {
    server->ShutDown(absl::Seconds(10));
  }
  loop->Stop();
  loop_thread_.join();
  store.Stop();  // a commit in flight still tells the engine
  engine.reset();
}

void World::AddBrands() {
  const MintedKey minted = MintApiKey();
  Put({.id = minted.id, .role = Role::kAdmin, .secret_sha256 = minted.secret_sha256});
  op = minted.text.Reveal();
  for (const std::string brand : {"acme", "zeta"}) {
    v1::CreateBrandRequest create;
    create.set_brand_id(brand);
    REQUIRE(Call(brands, &v1::BrandService::Stub::CreateBrand, create, op).ok());
    v1::EnrollInstallRequest enroll;
    enroll.set_parent(absl::StrCat("brands/", brand));
    enroll.set_install_id("main");
    enroll.mutable_install()->set_global_metastore_id(kBrandMetastore);
    enroll.mutable_install()->set_invite_recipient_workspace_id(brand == "acme" ? 1001 : 2001);
    enroll.mutable_install()->set_invite_recipient_email("ada@brand.example");
    REQUIRE(Call(brands, &v1::BrandService::Stub::EnrollInstall, enroll, op).ok());
  }
  acme = NewKey("acme", "main");
  zeta = NewKey("zeta", "main");
}

Refusal World::Details(const grpc::Status& status) {
  Refusal refusal{.code = static_cast<absl::StatusCode>(status.error_code()),
                  .message = status.error_message()};
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) {
    return refusal;
  }
  for (const auto& any : details.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad;
    google::rpc::RetryInfo retry;
    if (any.UnpackTo(&info)) {
      refusal.reason = info.reason();
      refusal.metadata.insert(info.metadata().begin(), info.metadata().end());
    } else if (any.UnpackTo(&bad)) {
      for (const auto& row : bad.field_violations()) {
        refusal.violations.push_back({row.field(), row.description()});
      }
    } else if (any.UnpackTo(&retry)) {
      refusal.retry_after = absl::Seconds(retry.retry_delay().seconds()) +
                            absl::Nanoseconds(retry.retry_delay().nanos());
    }
  }
  return refusal;
}

std::unique_ptr<grpc::ClientContext> World::NewContext(const std::string& key) const {
  auto call = std::make_unique<grpc::ClientContext>();
  // Only a hang would last as long.
  call->set_deadline(absl::ToChronoTime(clock.Now() + absl::Seconds(60)));
  if (!key.empty()) {
    call->AddMetadata("authorization", absl::StrCat("Bearer ", key));
  }
  return call;
}

std::string World::NewKey(const std::string& brand, const std::string& install) {
  v1::CreateApiKeyRequest request;
  request.set_parent(install.empty() ? absl::StrCat("brands/", brand)
                                     : absl::StrCat("brands/", brand, "/installs/", install));
  const auto made = Call(brands, &v1::BrandService::Stub::CreateApiKey, request, op);
  REQUIRE(made.ok());
  return made.value.key();
}

void World::Put(ApiKey key) {
  REQUIRE_OK(Await<CreateApiKey::Result>(
      [&](auto done) { store.Create(CreateApiKey{.key = std::move(key)}, std::move(done)); }));
}

void World::Put(EnrollmentCode code) {
  REQUIRE_OK(Await<CreateEnrollmentCode::Result>([&](auto done) {
    store.Create(CreateEnrollmentCode{.code = std::move(code)}, std::move(done));
  }));
}

World::Held World::NewHeld(const std::string& brand, int workspace) {
  using Enrollments = v1::EnrollmentService::Stub;
  v1::CreateEnrollmentCodeRequest create;
  create.set_parent(absl::StrCat("brands/", brand));
  create.mutable_enrollment_code()->set_policy(v1::ENROLLMENT_POLICY_HOLD);
  create.mutable_enrollment_code()->mutable_expire_time()->set_seconds(
      absl::ToUnixSeconds(clock.Now() + absl::Hours(1)));
  const auto code = Call(enrollments, &Enrollments::CreateEnrollmentCode, create, op);
  REQUIRE(code.ok());
  v1::ExchangeEnrollmentCodeRequest exchange;
  exchange.set_code(code.value.code());
  exchange.set_client_nonce(std::string(32, 'n'));
  exchange.set_install_id("held");
  exchange.set_global_metastore_id(kBrandMetastore);
  exchange.set_invite_recipient_workspace_id(workspace);
  exchange.set_invite_recipient_email("ada@brand.example");
  const auto held = Call(enrollments, &Enrollments::ExchangeEnrollmentCode, exchange, "");
  REQUIRE(held.ok());
  return {.code = code.value.name(), .enrollment = held.value.enrollment()};
}

v1::CreateCleanRoomRequest World::CreateRequest(const std::string& request_id) {
  v1::CreateCleanRoomRequest request;
  request.mutable_clean_room()->set_package("packages/identity-match");
  request.set_request_id(request_id);
  return request;
}

v1::Job World::CreateAndWait(const std::string& key) {
  const auto job = Call(rooms, &v1::CleanRoomService::Stub::CreateCleanRoom, CreateRequest(), key);
  INFO(job.status.error_message());
  REQUIRE(job.ok());
  return Wait(job.value.name(), key);
}

v1::Job World::Wait(const std::string& job, const std::string& key) {
  v1::WaitJobRequest request;
  request.set_name(job);
  const auto waited = Call(jobs, &v1::JobService::Stub::WaitJob, request, key);
  INFO(waited.status.error_message());
  REQUIRE(waited.ok());
  return waited.value;
}

void World::OnLoop(const std::function<void()>& task) {
  std::promise<void> done;
  loop->Post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

void World::Advance(AdvanceJob write) {
  REQUIRE_OK(Await<AdvanceJob::Result>(
      [&](auto done) { store.Advance(std::move(write), std::move(done)); }));
}

Job World::Stored(const std::string& job_name) {
  const auto job =
      Await<Job>([&](auto done) { store.GetJob(ParseJobName(job_name).value(), std::move(done)); });
  REQUIRE_OK(job);
  return *job;
}

CleanRoom World::StoredRoom(const std::string& room_name) {
  const auto room = Await<CleanRoom>(
      [&](auto done) { store.GetRoom(ParseRoomName(room_name).value(), std::move(done)); });
  REQUIRE_OK(room);
  return *room;
}

}  // namespace roomkeeper::testing
