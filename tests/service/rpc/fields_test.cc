// Every field of every answer is filled by some call, and with the right thing.
#include <string>
#include <vector>

#include <google/protobuf/text_format.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"

#include "tests/service/rpc/enrollment/see_enrollment.h"
#include "tests/service/rpc/identity/key_fields.h"
#include "tests/service/rpc/seen_fields.h"
#include "tests/service/rpc/world.h"

namespace roomkeeper {
namespace {

using testing::Difference;
using testing::kAcmeRoom;
using testing::SeenFields;
using testing::World;
using Brands = v1::BrandService::Stub;
using Jobs = v1::JobService::Stub;
using Rooms = v1::CleanRoomService::Stub;
constexpr char kParameters[] = R"pb(
  parameters {
    name: "threshold"
    default_value: "0.9"
    description: "How sure"
    allowed_values: "0.9"
    allowed_values: "0.99"
  })pb";
constexpr char kInputsAndOutputs[] = R"pb(
  required_inputs {
    name: "crm.customers"
    description: "Your records"
    columns { name: "email" type: "STRING" meaning: "e-mail" required: true }
  }
  outputs {
    name: "match_rate"
    description: "One row"
    columns { name: "rate" type: "DOUBLE" meaning: "in [0, 1]" required: true }
  })pb";
constexpr char kPackage[] = R"pb(
  name: "packages/identity-match"
  display_name: "Identity match"
  description: "Who of your customers we know"
  latest_version: "1.1.0"
  versions {
    name: "packages/identity-match/versions/1.1.0"
    version: "1.1.0"
    digest: "sha256:1.1.0"
    display_name: "Identity match"
    description: "Who of your customers we know"
    enable_shared_output: true
    egress_policy {
      restriction_mode: "RESTRICTED_ACCESS"
      allowed_internet_destinations { destination: "pypi.org" protocol: "TCP" type: "FQDN" }
    }
    assets {
      asset_type: "TABLE"
      shared_name: "spine.people"
      local_name: "prod.identity.people"
      description: "The spine"
      columns { name: "id" type: "STRING" meaning: "a person" required: true }
    }
    notebooks {
      name: "match"
      description: "Matches"
      environment_version: "2"
      content_digest: "sha256:content" $0
    } $1
  })pb";
constexpr char kInstall[] = R"pb(
  global_metastore_id: "aws:us-west-2:44444444-4444-4444-8444-444444444444"
  invite_recipient_workspace_id: 4001
  invite_recipient_email: "ada@new.example"
  shard: "west"
  token_identity {
    issuer: "https://w.example/oidc"
    client_id: "sp-1"
    audience: "4001"
    accept_tokens_that_could_act_as_the_app: true
  }
  certificate_san: "uri:spiffe://new.example/app"
  packages: "packages/identity-match"
  rooms_max: 5)pb";
constexpr char kBrand[] = R"pb(
  name: "brands/new-brand"
  display_name: "New"
  collaborator_alias: "newb"
  labels { key: "tier" value: "gold" }
  jobs_in_flight_max: 20
  installs { name: "brands/new-brand/installs/prod" $0 }
  etag: "1")pb";
constexpr char kRoom[] = R"pb(
  name: "brands/acme/installs/main/cleanRooms/identity-match"
  package: "packages/identity-match"
  package_version: "1.1.0"
  labels { key: "env" value: "ci" }
  state: CLEAN_ROOM_STATE_READY
  move: MOVE_NOBODY
  clean_room_name: "$0"
  central_clean_room_id: "central-$0"
  package_digest: "sha256:1.1.0"
  notebooks { name: "match" etag: "etag-1" content_digest: "sha256:content" }
  cloud_vendor: "aws"
  region: "us-west-2"
  enable_shared_output: true
  provider {
    collaborator_alias: "provider"
    global_metastore_id: "aws:us-west-2:11111111-1111-4111-8111-111111111111"
  }
  brand {
    collaborator_alias: "acme"
    global_metastore_id: "aws:us-west-2:22222222-2222-4222-8222-222222222222"
    invite_recipient_email: "ada@brand.example"
    invite_recipient_workspace_id: 1001
  }
  job: "$1"
  generation: 1
  etag: "$2"
  shard: "west")pb";
constexpr char kDoneJob[] = R"pb(
  name: "$0"
  kind: JOB_KIND_PROVISION
  state: JOB_STATE_SUCCEEDED
  step: JOB_STEP_DONE
  steps { step: JOB_STEP_PREFLIGHT state: STATE_DONE }
  steps { step: JOB_STEP_ENSURE_ROOM state: STATE_DONE }
  steps { step: JOB_STEP_AWAIT_ACTIVE state: STATE_DONE }
  steps { step: JOB_STEP_ENSURE_ASSETS state: STATE_DONE }
  steps { step: JOB_STEP_ENSURE_NOTEBOOKS state: STATE_DONE }
  steps { step: JOB_STEP_VERIFY state: STATE_DONE }
  move: MOVE_NOBODY
  clean_room: "brands/acme/installs/main/cleanRooms/identity-match"
  platform_calls: $1
  last_sequence: $2
  request_id: "click-1"
  shard: "west")pb";
constexpr char kNotebook[] = R"pb(
  clean_room_name: "$0"
  notebook_name: "match"
  etag: "etag-1"
  content_digest: "sha256:content"
  runner_collaborator_alias: "acme"
  enable_shared_output: true
  package: "packages/identity-match"
  package_version: "1.1.0"
  package_digest: "sha256:1.1.0"
  clean_room: "brands/acme/installs/main/cleanRooms/identity-match" $1 $2)pb";
constexpr char kTaskRun[] = R"pb(
  name: "match"
  task_type: "clean_rooms_notebook_task"
  life_cycle_state: "TERMINATED"
  result_state: "SUCCESS"
  etag: "etag-1"
  package_version: "1.1.0"
  runner_collaborator_alias: "acme"
  output_schema_name: "run_1"
  shared_output_schema_name: "shared_1")pb";
constexpr char kEvent[] = R"pb(
  job: "$0"
  sequence: 3
  type: "step.retrying"
  job_state: JOB_STATE_WAITING
  step: JOB_STEP_PREFLIGHT
  clean_room_state: CLEAN_ROOM_STATE_PENDING
  move: MOVE_PROVIDER_OPERATOR
  message: "ASSET_NOT_FOUND: table is missing")pb";
constexpr char kWaitingJob[] = R"pb(
  name: "$0"
  kind: JOB_KIND_PROVISION
  state: JOB_STATE_WAITING
  step: JOB_STEP_PREFLIGHT
  steps { step: JOB_STEP_PREFLIGHT state: STATE_ACTIVE }
  steps { step: JOB_STEP_ENSURE_ROOM state: STATE_PENDING }
  steps { step: JOB_STEP_AWAIT_ACTIVE state: STATE_PENDING }
  steps { step: JOB_STEP_ENSURE_ASSETS state: STATE_PENDING }
  steps { step: JOB_STEP_ENSURE_NOTEBOOKS state: STATE_PENDING }
  steps { step: JOB_STEP_VERIFY state: STATE_PENDING }
  move: MOVE_PROVIDER_OPERATOR
  waiting_for: "the next attempt"
  error {
    reason: "ASSET_NOT_FOUND"
    message: "table is missing"
    move: MOVE_PROVIDER_OPERATOR
    retryable: true
  }
  clean_room: "brands/acme/installs/main/cleanRooms/identity-match"
  platform_calls: $1
  last_sequence: $2
  request_id: "click-1"
  attempt: $3
  shard: "west")pb";
constexpr char kQuota[] = R"pb(
  rooms_added: 1
  brand_jobs_in_flight_max: 20
  shard_rooms: 1
  shard_rooms_max: 100
  shard: "west")pb";

template <typename Request>
Request Named(const std::string& name) {
  Request request;
  request.set_name(name);
  return request;
}

// The next page of a list with pages of one.
template <typename Request>
Request FirstOfTwo() {
  Request request;
  request.set_page_size(1);
  return request;
}

void AskServerAndPackages(SeenFields& seen) {
  World world({.engine = false});
  for (const std::string& key : {world.op, world.acme}) {
    const auto info = seen(world
                               .Call(world.info, &v1::ServerService::Stub::GetServerInfo,
                                     v1::GetServerInfoRequest(), key)
                               .value);
    CHECK(info.commit() == "abc");
    CHECK(info.caller().api_key() == absl::StrCat("apiKeys/", key.substr(3, 16)));
  }
  auto other = std::make_shared<PackageVersion>(*world.packages.versions[0]);
  other->name = PackageName("another");
  world.packages.versions.push_back(other);
  seen(world
           .Call(world.package_stub, &v1::PackageService::Stub::ListPackages,
                 FirstOfTwo<v1::ListPackagesRequest>(), world.acme)
           .value);
  const auto package = seen(
      world
          .Call(world.package_stub, &v1::PackageService::Stub::GetPackage,
                Named<v1::GetPackageRequest>("packages/identity-match/versions/1.1.0"), world.op)
          .value);
  CHECK(Difference(package, absl::Substitute(kPackage, kParameters, kInputsAndOutputs)) == "");
  seen(world
           .Call(world.operations, &v1::OperationsService::Stub::CheckShards,
                 v1::CheckShardsRequest(), world.op)
           .value);
}

void AskOperations(SeenFields& seen) {
  using Operations = v1::OperationsService::Stub;
  testing::CannedBackups backups;
  World world({.engine = false, .backups = &backups});
  seen(world.Call(world.operations, &Operations::CheckCredentials, {}, world.op).value);
  seen(world.Call(world.operations, &Operations::RotateCredentials, {}, world.op).value);
  seen(world.Call(world.operations, &Operations::BackupStore, v1::BackupStoreRequest(), world.op)
           .value);
  v1::FreezeMutationsRequest freeze;
  freeze.set_reason("an incident");
  for (const char* scope : {"brands/acme", "shards/west"}) {
    freeze.set_scope(scope);
    seen(world.Call(world.operations, &Operations::FreezeMutations, freeze, world.op).value);
  }
  seen(world.Call(world.operations, &Operations::ListFreezes, v1::ListFreezesRequest(), world.op)
           .value);
  v1::ThawMutationsRequest thaw;
  thaw.set_scope("brands/acme");
  seen(world.Call(world.operations, &Operations::ThawMutations, thaw, world.op).value);
}

// A room that no record claims, one that is gone and a tombstone; then a shard that is silent.
void AskOrphans(SeenFields& seen) {
  using Operations = v1::OperationsService::Stub;
  World lost;
  (void)lost.CreateAndWait(lost.acme);
  World world;
  (void)world.CreateAndWait(world.zeta);
  world.OnLoop([&] { world.platform->rooms = lost.platform->rooms; });
  const auto ask = [&] {
    return world
        .Call(world.operations, &Operations::FindOrphans, v1::FindOrphansRequest(), world.op)
        .value;
  };
  seen(ask());
  world.OnLoop([&] { world.platform->faults = {{.at_call = world.platform->calls() + 1}}; });
  seen(ask());
}

void AskBrands(SeenFields& seen) {
  World world({.engine = false});
  v1::CreateBrandRequest create;
  create.set_brand_id("new-brand");
  create.mutable_brand()->set_display_name("New");
  create.mutable_brand()->set_collaborator_alias("newb");
  (*create.mutable_brand()->mutable_labels())["tier"] = "gold";
  REQUIRE(world.Call(world.brands, &Brands::CreateBrand, create, world.op).ok());
  v1::EnrollInstallRequest enroll;
  enroll.set_parent("brands/new-brand");
  enroll.set_install_id("prod");
  REQUIRE(google::protobuf::TextFormat::ParseFromString(kInstall, enroll.mutable_install()));
  REQUIRE(world.Call(world.brands, &Brands::EnrollInstall, enroll, world.op).ok());
  const auto brand = seen(world
                              .Call(world.brands, &Brands::GetBrand,
                                    Named<v1::GetBrandRequest>("brands/new-brand"), world.op)
                              .value);
  CHECK(Difference(brand, absl::Substitute(kBrand, kInstall)) == "");
  seen(world.Call(world.brands, &Brands::ListBrands, FirstOfTwo<v1::ListBrandsRequest>(), world.op)
           .value);
}

v1::CreateCleanRoomRequest LabelledCreate() {
  auto request = World::CreateRequest("click-1");
  (*request.mutable_clean_room()->mutable_labels())["env"] = "ci";
  request.mutable_clean_room()->mutable_ttl()->set_seconds(3600);
  return request;
}

void AskReadyRoom(SeenFields& seen) {
  World world;
  const auto made =
      world.Call(world.rooms, &Rooms::CreateCleanRoom, LabelledCreate(), world.acme).value;
  world.OnLoop([&] {
    world.platform->task_runs = {
        {.name = "match",
         .task_type = "clean_rooms_notebook_task",
         .life_cycle_state = "TERMINATED",
         .result_state = "SUCCESS",
         .start_time = absl::FromUnixSeconds(1700000001),
         .run_duration = absl::Seconds(9),
         .etag = "etag-1",
         .runner_collaborator_alias = "acme",
         .output_schema_name = "run_1",
         .output_schema_expires_at = absl::FromUnixSeconds(1700000002),
         .shared_output_schema_name = "shared_1",
         .shared_output_schema_expires_at = absl::FromUnixSeconds(1700000003)},
        {.name = "run-2"}};
  });
  const auto job = seen(world.Wait(made.name(), world.op));
  REQUIRE(job.state() == v1::JOB_STATE_SUCCEEDED);
  const auto room = seen(world
                             .Call(world.rooms, &Rooms::GetCleanRoom,
                                   Named<v1::GetCleanRoomRequest>(kAcmeRoom), world.op)
                             .value);
  CHECK(Difference(room,
                   absl::Substitute(kRoom, room.clean_room_name(), job.name(), room.etag())) == "");
  CHECK(Difference(job, absl::Substitute(kDoneJob, job.name(), job.platform_calls(),
                                         job.last_sequence())) == "");
  const auto notebook = seen(world
                                 .Call(world.rooms, &Rooms::GetRunnableNotebook,
                                       Named<v1::GetRunnableNotebookRequest>(kAcmeRoom), world.acme)
                                 .value);
  CHECK(Difference(notebook, absl::Substitute(kNotebook, room.clean_room_name(), kParameters,
                                              kInputsAndOutputs)) == "");
  auto runs = FirstOfTwo<v1::ListTaskRunsRequest>();
  runs.set_parent(kAcmeRoom);
  const auto listed = seen(world.Call(world.rooms, &Rooms::ListTaskRuns, runs, world.acme).value);
  REQUIRE(listed.task_runs_size() == 1);
  const v1::TaskRun& run = listed.task_runs(0);
  CHECK(Difference(run, kTaskRun) == "");
  CHECK(run.start_time().seconds() == 1700000001);
  CHECK(run.run_duration().seconds() == 9);
  CHECK(run.output_schema_expire_time().seconds() == 1700000002);
  CHECK(run.shared_output_schema_expire_time().seconds() == 1700000003);
  v1::PlanCleanRoomRequest plan;
  plan.set_parent("brands/acme/installs/main");
  plan.set_clean_room_id("third");
  plan.mutable_clean_room()->set_package("packages/identity-match");
  const auto planned = seen(world.Call(world.rooms, &Rooms::PlanCleanRoom, plan, world.op).value);
  CHECK(Difference(planned.quota(), kQuota) == "");
  auto second = LabelledCreate();
  second.set_request_id("click-2");
  second.set_clean_room_id("second");
  REQUIRE(world.Call(world.rooms, &Rooms::CreateCleanRoom, second, world.acme).ok());
  seen(world
           .Call(world.rooms, &Rooms::ListCleanRooms, FirstOfTwo<v1::ListCleanRoomsRequest>(),
                 world.op)
           .value);
  seen(world.Call(world.jobs, &Jobs::ListJobs, FirstOfTwo<v1::ListJobsRequest>(), world.op).value);
}

void AskRoomInGrace(SeenFields& seen) {
  World world({.settings = {.delete_grace = absl::Hours(1)}});
  (void)world.CreateAndWait(world.acme);
  REQUIRE(world
              .Call(world.rooms, &Rooms::DeleteCleanRoom,
                    Named<v1::DeleteCleanRoomRequest>(kAcmeRoom), world.acme)
              .ok());
  seen(world
           .Call(world.rooms, &Rooms::GetCleanRoom, Named<v1::GetCleanRoomRequest>(kAcmeRoom),
                 world.op)
           .value);
}

// A job that waits, is cancelled and tried again; and what a plan and an explanation say of
// trouble.
void AskTroubledRoom(SeenFields& seen) {
  World world;
  world.OnLoop([&] {
    world.platform->preflight_problems = {{.reason = "ASSET_NOT_FOUND",
                                           .message = "table is missing",
                                           .move = Move::kProviderOperator,
                                           .retryable = true}};
  });
  const auto made =
      world.Call(world.rooms, &Rooms::CreateCleanRoom, LabelledCreate(), world.acme).value;
  const auto context = world.NewContext(world.op);
  const auto stream = world.jobs->WatchJob(context.get(), Named<v1::WatchJobRequest>(made.name()));
  v1::JobEvent event;
  while (stream->Read(&event) && event.type() != "step.retrying") {
    seen(event);
  }
  CHECK(Difference(event, absl::Substitute(kEvent, made.name())) == "");
  const auto waiting = seen(
      world.Call(world.jobs, &Jobs::GetJob, Named<v1::GetJobRequest>(made.name()), world.op).value);
  CHECK(Difference(waiting, absl::Substitute(kWaitingJob, made.name(), waiting.platform_calls(),
                                             waiting.last_sequence(), waiting.attempt())) == "");
  seen(world
           .Call(world.rooms, &Rooms::GetCleanRoom, Named<v1::GetCleanRoomRequest>(kAcmeRoom),
                 world.op)
           .value);
  const auto said = seen(world
                             .Call(world.rooms, &Rooms::ExplainCleanRoom,
                                   Named<v1::ExplainCleanRoomRequest>(kAcmeRoom), world.op)
                             .value);
  CHECK(said.action() == "table is missing.");
  CHECK(said.step() == v1::JOB_STEP_PREFLIGHT);
  v1::PlanCleanRoomRequest plan;
  plan.set_parent("brands/acme/installs/main");
  plan.set_clean_room_id("other");
  plan.mutable_clean_room()->set_package("packages/identity-match");
  const auto planned = seen(world.Call(world.rooms, &Rooms::PlanCleanRoom, plan, world.op).value);
  REQUIRE(planned.problems_size() == 1);
  CHECK(planned.problems(0).reason() == "ASSET_NOT_FOUND");
  seen(world.Call(world.jobs, &Jobs::CancelJob, Named<v1::CancelJobRequest>(made.name()), world.op)
           .value);
  REQUIRE(world.Wait(made.name(), world.op).state() == v1::JOB_STATE_CANCELLED);
  const auto retried = seen(
      world.Call(world.jobs, &Jobs::RetryJob, Named<v1::RetryJobRequest>(made.name()), world.op)
          .value);
  CHECK(retried.retry_of() == made.name());
}

// A room of the name that is wanted, which nobody here has made.
void AskForeignRoom(SeenFields& seen) {
  World world({.engine = false});
  v1::PlanCleanRoomRequest plan;
  plan.set_parent("brands/acme/installs/main");
  plan.mutable_clean_room()->set_package("packages/identity-match");
  REQUIRE(
      world.Call(world.rooms, &Rooms::CreateCleanRoom, World::CreateRequest(), world.acme).ok());
  const std::string name = world.StoredRoom(kAcmeRoom).spec.room_name;
  world.OnLoop([&] {
    testing::FakeProvider::Room room;
    room.seen.name = name;
    room.seen.status = "ACTIVE";
    room.foreign = true;
    world.platform->rooms[name] = room;
  });
  const auto taken = seen(world.Call(world.rooms, &Rooms::PlanCleanRoom, plan, world.op).value);

  REQUIRE(taken.actions_size() == 1);
  CHECK(taken.actions(0).action() == "QUARANTINE");
  CHECK_FALSE(taken.actions(0).message().empty());
}

TEST_CASE("every field of every answer is filled by some call", "[service][fields]") {
  SeenFields seen;
  AskServerAndPackages(seen);
  AskOperations(seen);
  AskOrphans(seen);
  AskBrands(seen);
  testing::AskKeys(seen);
  AskReadyRoom(seen);
  AskRoomInGrace(seen);
  AskTroubledRoom(seen);
  AskForeignRoom(seen);
  testing::SeeMovingRoom(seen);
  testing::SeeAudit(seen);
  testing::SeeEnrollment(seen);

  const std::vector<std::string> never_answered = {
      "roomkeeper.v1.CleanRoom.ttl",  // input only; and nothing is deprecated
      "roomkeeper.v1.ServerInfo.deprecations", "roomkeeper.v1.Deprecation.what",
      "roomkeeper.v1.Deprecation.replacement", "roomkeeper.v1.Deprecation.sunset_time"};
  CHECK(seen.Missing() == never_answered);
}

}  // namespace
}  // namespace roomkeeper
