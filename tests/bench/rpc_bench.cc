// The gRPC side of the daemon (SQLite, fsync on) against a bare echo and a bare durable unary of
// the same run, and what many waiting jobs cost. Prints tables, asserts nothing about time. See
// docs/performance.md.
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

#include "roomkeeper/v1/server.grpc.pb.h"

#include "lib/store/sqlite/sqlite_engine.h"
#include "tests/bench/load.h"
#include "tests/e2e/world.h"
#include "tests/support/matchers.h"
#include "tests/support/room_samples.h"

namespace roomkeeper::testing {
namespace {

constexpr absl::Duration kRunFor = absl::Seconds(4);
constexpr int kOutstanding[] = {1, 16, 64};

void PrintBare(const std::string& kind, const std::string& file) {
  auto server = Subprocess::Start({.argv = {absl::StrCat(RK_BIN_DIR, "/bare_server"), kind, file}});
  REQUIRE_OK(server);
  const auto address = (*server)->ReadLine();
  REQUIRE_OK(address);
  const auto stub =
      v1::ServerService::NewStub(grpc::CreateChannel(*address, grpc::InsecureChannelCredentials()));
  const v1::GetServerInfoRequest request;
  for (const int outstanding : kOutstanding) {
    const LoadResult result = RunLoad<v1::ServerInfo>(
        outstanding, kRunFor, "none",
        [&](grpc::ClientContext* context, grpc::CompletionQueue* queue, int) {
          return stub->AsyncGetServerInfo(context, request, queue);
        });
    std::cout << absl::StrFormat("bare %-22s %3d  %s\n", kind, outstanding, Text(result));
  }
}

TEST_CASE("submit: durable CreateCleanRoom against bare answers", "[.bench]") {
  // The platform hangs and one job may be active: what is measured is the submit, not the work
  // behind it.
  World world({.simulator = "latency: {mean: 1h}\n", .daemon = "engine: {active_jobs_max: 1}\n"});
  constexpr int kBrands = 40;  // of 10,000 open jobs each
  for (int i = 0; i < kBrands; ++i) {
    (void)world.Enroll(absl::StrCat("brand-", i));
  }
  PrintBare("echo", "-");
  PrintBare("durable", absl::StrCat(world.folder(), "/bare.db"));
  const auto stub = v1::CleanRoomService::NewStub(world.channel());
  for (const int outstanding : kOutstanding) {
    v1::CreateCleanRoomRequest request;
    request.mutable_clean_room()->set_package("packages/identity-match");
    const LoadResult result = RunLoad<v1::Job>(
        outstanding, kRunFor, world.operator_key(),
        [&](grpc::ClientContext* context, grpc::CompletionQueue* queue, int i) {
          request.set_parent(absl::StrCat("brands/brand-", i % kBrands, "/installs/prod"));
          request.set_clean_room_id(absl::StrCat("r", outstanding, "-", i));
          request.set_request_id(absl::StrCat("q", outstanding, "-", i));
          return stub->AsyncCreateCleanRoom(context, request, queue);
        });
    std::cout << absl::StrFormat("CreateCleanRoom             %3d  %s\n", outstanding,
                                 Text(result));
  }
}

TEST_CASE("reads: GetCleanRoom and GetRunnableNotebook against a bare echo", "[.bench]") {
  // One brand asks as often as it can: its own limit is not what is measured.
  World world({.simulator = "provisioning: {mean: 0ms, spread: 0ms}\n",
               .daemon = "limits: {brand_calls_per_second: 1e6, brand_calls_burst: 1000000}\n"});
  const std::string key = world.Enroll("acme");
  const auto stub = v1::CleanRoomService::NewStub(world.channel());
  v1::CreateCleanRoomRequest create;
  create.mutable_clean_room()->set_package("packages/identity-match");
  v1::Job job;
  REQUIRE(stub->CreateCleanRoom(world.Call(key).get(), create, &job).ok());
  const std::string room = world.Wait(key, job.name()).clean_room();
  const auto before = world.Control("GET", "/requests/counts").dump();
  PrintBare("echo", "-");
  v1::GetCleanRoomRequest get;
  get.set_name(room);
  v1::GetRunnableNotebookRequest notebook;
  notebook.set_name(room);
  for (const int outstanding : kOutstanding) {
    std::cout << absl::StrFormat(
        "GetCleanRoom                %3d  %s\n", outstanding,
        Text(RunLoad<v1::CleanRoom>(
            outstanding, kRunFor, key,
            [&](grpc::ClientContext* context, grpc::CompletionQueue* queue, int) {
              return stub->AsyncGetCleanRoom(context, get, queue);
            })));
    std::cout << absl::StrFormat(
        "GetRunnableNotebook         %3d  %s\n", outstanding,
        Text(RunLoad<v1::RunnableNotebook>(
            outstanding, kRunFor, key,
            [&](grpc::ClientContext* context, grpc::CompletionQueue* queue, int) {
              return stub->AsyncGetRunnableNotebook(context, notebook, queue);
            })));
  }
  std::cout << "platform calls caused: "
            << (world.Control("GET", "/requests/counts").dump() == before ? "0" : "some") << '\n';
}

double ResidentMb(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/statm"));
  double pages = 0;
  file >> pages >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

// `count` jobs that wait until tomorrow, written straight into the daemon's store while it is down.
void FillWithWaitingJobs(const World& world, int count) {
  const SystemClock clock;
  auto engine = SqliteEngine::Open(absl::StrCat(world.folder(), "/roomkeeper.db"), clock);
  REQUIRE_OK(engine);
  constexpr int kBatch = 500;
  for (int done = 0; done < count; done += kBatch) {
    std::vector<WriteOp> submits;
    std::vector<WriteOp> advances;
    for (int i = done; i < done + kBatch; ++i) {
      CleanRoom room = {
          .key = {BrandId("acme"), InstallId("prod"), CleanRoomId(absl::StrCat("w-", i))},
          .shard = ShardId("main"),
          .state_since = clock.Now(),
          .spec = SampleSpec(),
          .created_at = clock.Now()};
      room.spec.room_name = absl::StrCat("rk_waiting_", i);
      Job job = {.id = JobId(absl::StrFormat("w%015d", i)),
                 .room = room.key,
                 .since = clock.Now(),
                 .shard = room.shard,
                 .created_at = clock.Now(),
                 .updated_at = clock.Now(),
                 .deadline_at = clock.Now() + absl::Hours(48)};
      room.job = job.id;
      submits.push_back(SubmitJob{.room = room,
                                  .job = job,
                                  .claim_for = "filler",
                                  .brand_jobs_in_flight_max = 10000000,
                                  .open_jobs_max = 10000000});
      job.epoch = 1;
      job.state = JobState::kRunning;
      advances.push_back(AdvanceJob{.job = job});
      job.state = JobState::kWaiting;
      job.wake_at = clock.Now() + absl::Hours(24);
      advances.push_back(AdvanceJob{.job = job});
    }
    CommitNotice notice;
    for (const auto* ops : {&submits, &advances}) {
      for (const auto& result : (*engine)->Apply(*ops, notice)) {
        REQUIRE_OK(result.status());
      }
    }
  }
}

TEST_CASE("waiting: memory of many waiting jobs, and the time to the first served call",
          "[.bench]") {
  double empty_mb = 0;
  for (const int count : {0, 100000}) {
    World world({});
    const std::string key = world.Enroll("acme");
    world.KillDaemon();
    FillWithWaitingJobs(world, count);
    const SystemClock clock;
    const absl::Duration begin = clock.Monotonic();
    world.StartDaemon();
    const auto stub = v1::ServerService::NewStub(world.channel());
    v1::ServerInfo info;
    REQUIRE(stub->GetServerInfo(world.Call(key).get(), {}, &info).ok());
    const absl::Duration served = clock.Monotonic() - begin;
    // Claimed when the gauge of waiting jobs says so; read through the daemon's own metrics.
    if (count > 0) {
      (void)world.AwaitAdmin("/metrics",
                             absl::StrCat("roomkeeper_jobs{state=\"WAITING\"} ", count, "\n"),
                             absl::Minutes(5));
    }
    const double mb = ResidentMb(world.daemon_pid());
    empty_mb = count == 0 ? mb : empty_mb;
    std::cout << absl::StrFormat(
        "%7d waiting jobs: start to first served call %4.0f ms; resident %.1f MB, %.0f bytes a "
        "job\n",
        count, absl::ToDoubleMilliseconds(served), mb,
        count == 0 ? 0 : (mb - empty_mb) * 1e6 / count);
  }
}

}  // namespace
}  // namespace roomkeeper::testing
