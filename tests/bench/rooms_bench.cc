// Rooms end to end through the real programs: roomkeeperd (SQLite, fsync on) and databricks-sim on
// loopback, sharing this machine with the load. Prints tables, asserts nothing about time. See
// docs/performance.md.
#include <algorithm>
#include <atomic>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

#include "lib/base/clock.h"
#include "tests/e2e/world.h"
#include "tests/support/http/sync_http.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

constexpr int kBrands = 10;

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

// User and system CPU seconds of a process so far.
double CpuSeconds(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  std::string field;
  double ticks = 0;
  for (int i = 1; i <= 15 && file >> field; ++i) {
    ticks += i >= 14 ? std::stod(field) : 0;
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double Percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

// Creates `count` rooms, `outstanding` requests at a time, and returns the names of their jobs.
std::vector<std::string> CreateRooms(World& world, const std::vector<std::string>& keys, int count,
                                     int outstanding,
                                     const std::string& package = "identity-match") {
  std::vector<std::string> jobs(static_cast<std::size_t>(count));
  std::atomic<int> next = 0;
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < outstanding; ++t) {
    threads.emplace_back([&] {
      const auto stub = v1::CleanRoomService::NewStub(world.channel());
      for (int i = next++; i < count; i = next++) {
        v1::CreateCleanRoomRequest request;
        request.set_clean_room_id(absl::StrCat("room-", i));
        request.mutable_clean_room()->set_package(absl::StrCat("packages/", package));
        v1::Job job;
        const auto call = world.Call(keys[static_cast<std::size_t>(i) % keys.size()]);
        failed += stub->CreateCleanRoom(call.get(), request, &job).ok() ? 0 : 1;
        jobs[static_cast<std::size_t>(i)] = job.name();
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  REQUIRE(failed == 0);
  return jobs;
}

std::vector<v1::Job> AwaitRooms(World& world, const std::vector<std::string>& jobs) {
  std::vector<v1::Job> done;
  for (const std::string& name : jobs) {
    done.push_back(world.Wait(world.operator_key(), name));
    REQUIRE(done.back().state() == v1::JOB_STATE_SUCCEEDED);
  }
  return done;
}

std::vector<std::string> Enroll(World& world) {
  std::vector<std::string> keys;
  for (int i = 0; i < kBrands; ++i) {
    keys.push_back(world.Enroll(absl::StrCat("brand-", i)));
  }
  return keys;
}

void PrintCalls(World& world, std::size_t rooms) {
  const nlohmann::json requests = world.Control("GET", "/requests");
  std::map<std::string, int> routes;
  for (const auto& request : requests["requests"]) {
    ++routes[request["route"].get<std::string>()];
  }
  int total = 0;
  for (const auto& [route, count] : routes) {
    std::cout << absl::StrFormat("  %8d  %7.2f a room  %s\n", count,
                                 static_cast<double>(count) / static_cast<double>(rooms), route);
    total += count;
  }
  std::cout << absl::StrFormat("  %8d  %7.2f a room  all\n", total,
                               static_cast<double>(total) / static_cast<double>(rooms));
}

TEST_CASE("throughput: rooms/s at zero platform latency", "[.bench]") {
  for (const int count : {200, 2000}) {
    World world({.simulator = "provisioning: {mean: 0ms, spread: 0ms}\n", .daemon = ""});
    const std::vector<std::string> keys = Enroll(world);
    const SystemClock clock;
    const absl::Time begin = clock.Now();
    const double cpu = CpuSeconds(world.daemon_pid());
    const auto jobs = CreateRooms(world, keys, count, 32);
    const absl::Time accepted = clock.Now();
    const auto done = AwaitRooms(world, jobs);
    absl::Time last = begin;
    for (const v1::Job& job : done) {
      last = std::max(last, TimeOf(job.finish_time()));
    }
    std::cout << absl::StrFormat(
        "%d rooms: accepted %.0f/s, READY %.0f/s, daemon %.2f ms CPU a room\n", count,
        count / absl::ToDoubleSeconds(accepted - begin),
        count / absl::ToDoubleSeconds(last - begin),
        (CpuSeconds(world.daemon_pid()) - cpu) * 1000 / count);
    PrintCalls(world, done.size());
  }
}

TEST_CASE("idle: one room at a time at zero platform latency", "[.bench]") {
  World world({.simulator = "provisioning: {mean: 0ms, spread: 0ms}\n", .daemon = ""});
  const std::vector<std::string> keys = Enroll(world);
  std::vector<double> whole_ms;
  const SystemClock clock;
  for (int i = 0; i < 200; ++i) {
    v1::CreateCleanRoomRequest request;
    request.set_clean_room_id(absl::StrCat("idle-", i));
    request.mutable_clean_room()->set_package("packages/identity-match");
    v1::Job job;
    const absl::Duration begin = clock.Monotonic();
    const auto stub = v1::CleanRoomService::NewStub(world.channel());
    REQUIRE(stub->CreateCleanRoom(world.Call(keys[0]).get(), request, &job).ok());
    (void)world.Wait(keys[0], job.name());
    whole_ms.push_back(absl::ToDoubleMilliseconds(clock.Monotonic() - begin));
  }
  std::cout << absl::StrFormat(
      "idle room, submit to READY seen by WaitJob: p50 %.1f ms, p95 %.1f ms\n",
      Percentile(whole_ms, 0.5), Percentile(whole_ms, 0.95));
}

// The platform's own critical path of a room: its calls one after the other with one writer, and
// the time until it is ACTIVE, as the simulator drew them.
TEST_CASE("time to READY: 200 rooms in flight, 50 ms API latency, provisioning 20 s +- 10 s",
          "[.bench]") {
  const int writers = GENERATE(1, 4);
  World world({.simulator = "latency: {mean: 50ms}\nprovisioning: {mean: 20s, spread: 10s}\n",
               .daemon = absl::StrCat("engine: {writers_per_room: ", writers, "}\n"),
               .requests_per_second = 200});
  const std::vector<std::string> keys = Enroll(world);
  constexpr int kRooms = 200;
  const auto done = AwaitRooms(world, CreateRooms(world, keys, kRooms, 32));
  const nlohmann::json state = world.Control("POST", "/control", R"({"action":"state"})");
  std::map<std::string, double> provisioning;  // seconds, by platform name
  for (const auto& metastore : state["metastores"]) {
    for (const auto& room : metastore["rooms"]) {
      if (room.contains("provisioning_ms")) {
        provisioning[room["name"].get<std::string>()] =
            room["provisioning_ms"].get<double>() / 1000;
      }
    }
  }
  const auto rooms = v1::CleanRoomService::NewStub(world.channel());
  std::vector<double> ours;
  std::vector<double> total;
  constexpr double kCalls =
      1 + 3 + 1 + 3;  // create, three tables, a notebook; verify: room, assets, notebook
  for (const v1::Job& job : done) {
    v1::GetCleanRoomRequest request;
    request.set_name(job.clean_room());
    v1::CleanRoom room;
    REQUIRE(rooms->GetCleanRoom(world.Call(world.operator_key()).get(), request, &room).ok());
    const double path = provisioning.at(room.clean_room_name()) + kCalls * 0.05;
    total.push_back(absl::ToDoubleSeconds(TimeOf(job.finish_time()) - TimeOf(job.create_time())));
    ours.push_back(total.back() - path);
  }
  std::cout << absl::StrFormat(
      "writers_per_room %d: time to READY p50 %.2f s; minus the platform's critical path: p50 %.2f "
      "s, p99 %.2f s, max %.2f s\n",
      writers, Percentile(total, 0.5), Percentile(ours, 0.5), Percentile(ours, 0.99),
      Percentile(ours, 1.0));
  PrintCalls(world, done.size());
}

std::int64_t PlatformRequests(World& world, SyncHttp& http) {
  const HttpResult answer =
      http.Send({.method = "GET", .url = absl::StrCat(world.control_url(), "/requests/counts")});
  REQUIRE(answer.status == 200);
  return nlohmann::json::parse(answer.body).at("total").get<std::int64_t>();
}

constexpr absl::Duration kCall = absl::Milliseconds(100);

// What is on the platform beyond `rooms` rooms of one table and one notebook, written once each.
int DoubledEffects(World& world, int rooms) {
  const nlohmann::json state = world.Control("POST", "/control", R"({"action":"state"})");
  const auto metastore = world.workspace("provider")["global_metastore_id"].get<std::string>();
  int found = 0;
  for (const auto& room : state["metastores"][metastore]["rooms"]) {
    ++found;
    for (const auto& asset : room["assets"]) {
      found += asset.value("revisions", 1);
    }
  }
  return found - rooms * 3;
}

struct Writes {  // requests that write to clean rooms, whatever came of them
  int all = 0;
  int unanswered = 0;  // when the caller died
};

Writes CountWrites(World& world, absl::Time caller_died) {
  Writes writes;
  const nlohmann::json requests = world.Control("GET", "/requests");
  for (const auto& request : requests["requests"]) {
    if (request["method"] == "GET" ||
        !absl::StrContains(request["route"].get<std::string>(), "/clean-rooms")) {
      continue;
    }
    absl::Time came;
    REQUIRE(absl::ParseTime(absl::RFC3339_full, request["at"].get<std::string>(), &came, nullptr));
    ++writes.all;
    writes.unanswered += came < caller_died && caller_died < came + kCall ? 1 : 0;
  }
  return writes;
}

TEST_CASE("kill -9: 300 jobs of 6 calls of 100 ms, killed at 600 calls and started again",
          "[.bench]") {
  constexpr int kRooms = 300;
  constexpr int kWrites = 3;  // a room's: itself, its table, its notebook
  const int active_jobs_max = GENERATE(64, 256);
  World world({.simulator = absl::StrCat("latency: {mean: ", absl::FormatDuration(kCall),
                                         "}\nprovisioning: {mean: 0ms, spread: 0ms}\n"),
               .daemon = absl::StrCat("engine: {active_jobs_max: ", active_jobs_max, "}\n"),
               .packages = "tests/bench/packages"});
  const std::vector<std::string> keys = Enroll(world);
  const auto jobs = CreateRooms(world, keys, kRooms, 32, "six-calls");
  SyncHttp http;
  while (PlatformRequests(world, http) < 600) {
    REQUIRE_FALSE(world.daemon().Wait(absl::Milliseconds(1)).ok());
  }
  const SystemClock clock;
  const absl::Time killed = clock.Now();
  world.KillDaemon();
  const std::int64_t calls = PlatformRequests(world, http);
  world.StartDaemon();
  v1::Job job;
  v1::GetJobRequest get;
  get.set_name(jobs.front());
  const auto stub = v1::JobService::NewStub(world.channel());
  REQUIRE(stub->GetJob(world.Call(world.operator_key()).get(), get, &job).ok());
  const absl::Time served = clock.Now();
  absl::Time last = killed;
  for (const v1::Job& done : AwaitRooms(world, jobs)) {
    last = std::max(last, TimeOf(done.finish_time()));
  }
  const Writes writes = CountWrites(world, killed);
  std::cout << absl::StrFormat(
      "%d jobs at a time, killed after %d calls with %d writes unanswered: first served call %.0f "
      "ms after the kill, all READY %.2f s after it; %d writes sent again, %d effects doubled\n",
      active_jobs_max, calls, writes.unanswered, absl::ToDoubleMilliseconds(served - killed),
      absl::ToDoubleSeconds(last - killed), writes.all - kRooms * kWrites,
      DoubledEffects(world, kRooms));
  PrintCalls(world, jobs.size());
}

}  // namespace
}  // namespace roomkeeper::testing
