#include "tests/e2e/world.h"

#include <sys/signal.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/base/clock.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

std::string ReadFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string Binary(const std::string& name) {
  return absl::StrCat(RK_BIN_DIR, "/", name);
}

// The sample world, with room for many clean rooms.
std::string SimulatorConfig(const std::string& secrets_dir, const std::string& more) {
  return absl::StrCat("secrets_dir: ", secrets_dir, R"(
metastores:
  - global_metastore_id: aws:us-west-2:11111111-1111-4111-8111-111111111111
    organization_name: Provider
    clean_rooms_max: 100000
    create_clean_room: [roomkeeper]
    securables:
      - {type: TABLE, full_name: identity.spine.person, select: [roomkeeper]}
      - {type: TABLE, full_name: identity.spine.identifier, select: [roomkeeper]}
      - {type: TABLE, full_name: identity.spine.household, select: [roomkeeper]}
  - global_metastore_id: azure:eastus2:22222222-2222-4222-8222-222222222222
    organization_name: Brands
    clean_rooms_max: 100000
workspaces:
  - name: provider
    workspace_id: 1111111111111111
    global_metastore_id: aws:us-west-2:11111111-1111-4111-8111-111111111111
    principals:
      - {name: roomkeeper, kind: service_principal, secrets_manager: true}
  - name: brands
    workspace_id: 2222222222222222
    global_metastore_id: azure:eastus2:22222222-2222-4222-8222-222222222222
    principals:
      - {name: app, kind: service_principal}
)",
                      more);
}

}  // namespace

World::World(const Options& options) {
  std::string folder = "/tmp/roomkeeper_e2e_XXXXXX";
  REQUIRE(mkdtemp(folder.data()) != nullptr);
  folder_ = folder;
  const std::string secrets = absl::StrCat(folder_, "/secrets");
  REQUIRE(std::system(absl::StrCat("mkdir -m 700 ", secrets).c_str()) == 0);

  const std::string sim_config = absl::StrCat(folder_, "/databricks-sim.yaml");
  std::ofstream(sim_config) << SimulatorConfig(secrets, options.simulator);
  auto simulator = Subprocess::Start({.argv = {Binary("databricks-sim"), "--config", sim_config}});
  REQUIRE_OK(simulator);
  simulator_ = *std::move(simulator);
  const auto line = simulator_->ReadLine();
  REQUIRE_OK(line);
  ready_ = nlohmann::json::parse(*line);

  const nlohmann::json& provider = workspace("provider");
  std::ofstream(absl::StrCat(folder_, "/roomkeeperd.yaml"))
      << "provider: {collaborator_alias: provider}\n"
      << "packages_dir: " << RK_SOURCE_DIR << "/" << options.packages << "\n"
      << "store: {path: " << folder_ << "/roomkeeper.db" << options.store << "}\n"
      << "grpc: {" << options.grpc << "}\nadmin: {" << options.admin << "}\n"
      << "shards:\n  - id: main\n    host: " << provider["host"].get<std::string>()
      << "\n    global_metastore_id: " << provider["global_metastore_id"].get<std::string>()
      << "\n    client_id: " << provider["principals"][0]["client_id"].get<std::string>()
      << "\n    client_secret_file: " << secrets << "/provider.roomkeeper.secret"
      << "\n    requests_per_second: " << options.requests_per_second
      << "\n    room_limit: 100000\n"
      << options.shard << options.daemon;
  StartDaemon();
}

World::~World() {
  (void)std::system(absl::StrCat("rm -rf ", folder_).c_str());
}

void World::StartDaemon() {
  const std::string key_file = absl::StrCat(folder_, "/operator.key");
  auto daemon = Subprocess::Start(
      {.argv = {Binary("roomkeeperd"), "--config", absl::StrCat(folder_, "/roomkeeperd.yaml"),
                "--bootstrap-operator-key", key_file}});
  REQUIRE_OK(daemon);
  daemon_ = *std::move(daemon);
  const auto line = daemon_->ReadLine();
  REQUIRE_OK(line);
  const auto ready = nlohmann::json::parse(*line);
  admin_url_ = absl::StrCat("http://", ready["admin_address"].get<std::string>());
  grpc_address_ = ready["grpc_address"].get<std::string>();
  channel_ = grpc::CreateChannel(grpc_address_, grpc::InsecureChannelCredentials());
  operator_key_ = std::string(absl::StripAsciiWhitespace(ReadFile(key_file)));
}

void World::KillDaemon() {
  daemon_->Signal(SIGKILL);
  REQUIRE_OK(daemon_->Wait());
}

int World::TerminateDaemon() {
  const auto code = daemon_->Terminate();
  REQUIRE_OK(code);
  return *code;
}

std::unique_ptr<grpc::ClientContext> World::Call(const std::string& key) const {
  auto context = std::make_unique<grpc::ClientContext>();
  context->AddMetadata("authorization", absl::StrCat("Bearer ", key));
  // lint: gRPC takes a time of the system clock
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  context->set_wait_for_ready(true);
  return context;
}

std::string World::Enroll(const std::string& brand) {
  const auto stub = v1::BrandService::NewStub(channel_);
  v1::CreateBrandRequest create;
  create.set_brand_id(brand);
  create.mutable_brand()->set_jobs_in_flight_max(10000);
  v1::Brand made;
  const auto created = stub->CreateBrand(Call(operator_key_).get(), create, &made);
  INFO(created.error_message());
  REQUIRE(created.ok());

  v1::EnrollInstallRequest enroll;
  enroll.set_parent(made.name());
  enroll.set_install_id("prod");
  enroll.mutable_install()->set_global_metastore_id(workspace("brands")["global_metastore_id"]);
  enroll.mutable_install()->set_invite_recipient_workspace_id(
      workspace("brands")["workspace_id"].get<std::int64_t>() + enrolled_++);
  enroll.mutable_install()->set_invite_recipient_email(absl::StrCat("data@", brand, ".example"));
  v1::Install install;
  const auto enrolled = stub->EnrollInstall(Call(operator_key_).get(), enroll, &install);
  INFO(enrolled.error_message());
  REQUIRE(enrolled.ok());

  v1::CreateApiKeyRequest request;
  request.set_parent(install.name());
  v1::ApiKey key;
  const auto keyed = stub->CreateApiKey(Call(operator_key_).get(), request, &key);
  INFO(keyed.error_message());
  REQUIRE(keyed.ok());
  return key.key();
}

v1::Job World::Wait(const std::string& key, const std::string& job) {
  const auto stub = v1::JobService::NewStub(channel_);
  v1::WaitJobRequest request;
  request.set_name(job);
  request.mutable_timeout()->set_seconds(50);
  v1::Job answer;
  const auto status = stub->WaitJob(Call(key).get(), request, &answer);
  INFO(status.error_message());
  REQUIRE(status.ok());
  return answer;
}

std::string World::AwaitAdmin(const std::string& path, const std::string& wanted,
                              absl::Duration patience) const {
  const SystemClock clock;
  const absl::Duration end = clock.Monotonic() + patience;
  while (true) {
    const auto answer = RunCommand(
        {.argv = {"curl", "-sS", "-w", "\n%{http_code}\n", absl::StrCat(admin_url_, path)}});
    REQUIRE_OK(answer);
    if (absl::StrContains(answer->output, wanted)) {
      return answer->output;
    }
    INFO(path << " does not say \"" << wanted << "\":\n" << answer->output);
    REQUIRE(clock.Monotonic() < end);
    // The pause between two questions ends with the daemon.
    const auto ended = daemon_->Wait(absl::Milliseconds(100));
    REQUIRE(ended.status().code() == absl::StatusCode::kDeadlineExceeded);
  }
}

nlohmann::json World::Control(const std::string& method, const std::string& path,
                              const std::string& body) {
  std::vector<std::string> argv = {"curl", "-sS", "--fail-with-body", "-X", method};
  if (!body.empty()) {
    argv.insert(argv.end(), {"-H", "Content-Type: application/json", "-d", body});
  }
  argv.push_back(absl::StrCat(control_url(), path));
  const auto result = RunCommand({.argv = argv});
  REQUIRE_OK(result);
  INFO(result->output << result->errors);
  REQUIRE(result->exit_code == 0);
  return result->output.empty() ? nlohmann::json() : nlohmann::json::parse(result->output);
}

const nlohmann::json& World::workspace(const std::string& name) const {
  for (const auto& candidate : ready_["workspaces"]) {
    if (candidate["name"] == name) {
      return candidate;
    }
  }
  FAIL("no workspace " << name);
  return ready_;
}

}  // namespace roomkeeper::testing
