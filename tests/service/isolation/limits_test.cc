// What one caller may take of the server. The bounds of the whole server: tests/service/rpc.
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

#include "lib/model/reasons.h"
#include "lib/obs/metric_table.h"
#include "services/roomkeeperd/rpc/gate/admission.h"
#include "tests/service/rpc/world.h"

namespace roomkeeper::testing {
namespace {

using Info = v1::ServerService::Stub;
using Rooms = v1::CleanRoomService::Stub;

std::string Ask(World& world, const std::string& key) {
  const auto answer = world.Call(world.info, &Info::GetServerInfo, v1::GetServerInfoRequest(), key);
  return answer.ok() ? "OK" : answer.reason();
}

TEST_CASE("a brand may make so many calls, with all its keys, and no other pays for it",
          "[limits]") {
  World world({.engine = false,
               .limits = {.calls_per_second_per_brand = 1e-6, .calls_burst_per_brand = 3}});
  const std::string second_key = world.NewKey("acme", "main");
  CHECK(Ask(world, world.acme) == "OK");
  CHECK(Ask(world, second_key) == "OK");
  CHECK(Ask(world, world.acme) == "OK");

  const auto refused =
      world.Call(world.info, &Info::GetServerInfo, v1::GetServerInfoRequest(), second_key);

  CHECK(refused.status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(refused.reason() == reason::kBrandRateExceeded);
  CHECK(refused.refusal().retry_after > absl::Hours(1));
  CHECK(Ask(world, world.zeta) == "OK");
  for (int i = 0; i < 10; ++i) {
    CHECK(Ask(world, world.op) == "OK");
  }
}

TEST_CASE("a brand's bucket fills at its rate, up to its burst", "[limits]") {
  Metrics metrics;
  Admission admission({.calls_per_second_per_brand = 2, .calls_burst_per_brand = 4}, metrics);
  const BrandId acme("acme");
  absl::Duration now = absl::Hours(1);
  const auto take = [&](int times) {
    int taken = 0;
    for (int i = 0; i < times; ++i) {
      Admitted call;
      taken += admission.EnterBrand(call, acme, now).ok() ? 1 : 0;
      admission.Leave(call);
    }
    return taken;
  };
  CHECK(take(10) == 4);
  now += absl::Milliseconds(500);
  CHECK(take(10) == 1);
  Admitted call;
  const auto refused = FindRefusal(admission.EnterBrand(call, acme, now));
  REQUIRE(refused.has_value());
  CHECK(refused->retry_after == absl::Milliseconds(500));
  now += refused->retry_after;
  CHECK(take(10) == 1);
  now += absl::Hours(1);
  CHECK(take(10) == 4);
  now -= absl::Minutes(1);  // a clock that steps back gives nothing and takes nothing
  CHECK(take(10) == 0);
}

TEST_CASE("a brand may have so many calls and watches open, and gets their places back",
          "[limits]") {
  Metrics metrics;
  const bool waits = GENERATE(false, true);
  Admission admission({.calls_per_brand_max = 2, .waits_per_brand_max = 2}, metrics);
  std::vector<Admitted> calls(3, Admitted{.waits = waits});
  const auto enter = [&](Admitted& call, const char* brand) {
    REQUIRE(admission.Enter(call).ok());
    return ReasonOf(admission.EnterBrand(call, BrandId(brand), absl::Hours(1)));
  };
  CHECK(enter(calls[0], "acme").empty());
  CHECK(enter(calls[1], "acme").empty());
  CHECK(enter(calls[2], "acme") == reason::kBrandCallsFull);
  Admitted other_kind{.waits = !waits};
  CHECK(enter(other_kind, "acme").empty());
  Admitted other_brand{.waits = waits};
  CHECK(enter(other_brand, "zeta").empty());

  admission.Leave(calls[2]);
  admission.Leave(calls[0]);
  calls[0] = {.waits = waits};
  CHECK(enter(calls[0], "acme").empty());
}

TEST_CASE("watches of one brand are bounded, another's are not", "[limits]") {
  World world({.engine = false, .limits = {.waits_per_brand_max = 1}});
  const auto watch = [&](const std::string& key, grpc::ClientContext& context) {
    const auto job =
        world.Call(world.rooms, &Rooms::CreateCleanRoom, World::CreateRequest("same"), key);
    v1::WatchJobRequest request;
    request.set_name(job.value.name());
    return world.jobs->WatchJob(&context, request);
  };
  const auto first = world.NewContext(world.acme);
  const auto open = watch(world.acme, *first);
  v1::JobEvent event;
  REQUIRE(open->Read(&event));

  const auto second = world.NewContext(world.acme);
  CHECK(World::Details(watch(world.acme, *second)->Finish()).reason == reason::kBrandCallsFull);
  const auto third = world.NewContext(world.zeta);
  CHECK(watch(world.zeta, *third)->Read(&event));
}

// A job whose events are more than a connection takes without being read.
std::string JobWithManyEvents(World& world) {
  const auto job =
      world.Call(world.rooms, &Rooms::CreateCleanRoom, World::CreateRequest(), world.acme);
  REQUIRE(job.ok());
  for (int i = 0; i < 20; ++i) {
    AdvanceJob write{.job = world.Stored(job.value.name())};
    for (int n = 0; n < 20; ++n) {
      write.events.push_back({.job = write.job.id,
                              .at = world.clock.Now(),
                              .type = "job.waiting",
                              .job_state = write.job.state,
                              .step = write.job.step,
                              .message = std::string(64 << 10, 'x')});
    }
    world.Advance(std::move(write));
  }
  return job.value.name();
}

TEST_CASE("a watcher that takes nothing is cut, and may go on where it was", "[limits]") {
  World world({.engine = false, .limits = {.watch_write_timeout = absl::Milliseconds(100)}});
  v1::WatchJobRequest request;
  request.set_name(JobWithManyEvents(world));
  const auto context = world.NewContext(world.acme);
  const auto stream = world.jobs->WatchJob(context.get(), request);

  // It takes nothing, and does not go away: the server takes its place away by itself.
  while (world.metrics.Value(metric::kRpcs, {"JobService/WatchJob", "RESOURCE_EXHAUSTED"}) == 0) {
    std::this_thread::yield();
  }

  v1::JobEvent event;
  while (stream->Read(&event)) {  // what was under way
  }
  CHECK(stream->Finish().error_code() == grpc::StatusCode::CANCELLED);
  CHECK(event.sequence() < 400);
  request.set_after_sequence(event.sequence());
  const auto again = world.NewContext(world.acme);
  const auto resumed = world.jobs->WatchJob(again.get(), request);
  v1::JobEvent next;
  REQUIRE(resumed->Read(&next));
  CHECK(next.sequence() == event.sequence() + 1);
  again->TryCancel();
  while (resumed->Read(&next)) {
  }
  (void)resumed->Finish();
  world.server->ShutDown(absl::Seconds(10));  // both are counted then
  CHECK(world.metrics.Value(metric::kRpcs, {"JobService/WatchJob", "RESOURCE_EXHAUSTED"}) == 1);
  CHECK(world.metrics.Value(metric::kRpcs, {"JobService/WatchJob", "CANCELLED"}) == 1);
}

TEST_CASE("metadata over the limit is refused", "[limits]") {
  World world({.engine = false});
  const bool over = GENERATE(false, true);
  const auto context = world.NewContext(world.acme);
  context->AddMetadata("x-big", std::string(over ? 20000 : 8000, 'x'));
  v1::ServerInfo info;
  const grpc::Status status = world.info->GetServerInfo(context.get(), {}, &info);
  CHECK(status.error_code() ==
        (over ? grpc::StatusCode::RESOURCE_EXHAUSTED : grpc::StatusCode::OK));
}

TEST_CASE("a client that pings too often is disconnected", "[limits]") {
  World world({.engine = false});
  const auto job =
      world.Call(world.rooms, &Rooms::CreateCleanRoom, World::CreateRequest(), world.acme);
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto stub = v1::JobService::NewStub(grpc::CreateCustomChannel(
      world.server->address(), grpc::InsecureChannelCredentials(), arguments));
  v1::WatchJobRequest request;
  request.set_name(job.value.name());
  const auto context = world.NewContext(world.acme);
  const auto stream = stub->WatchJob(context.get(), request);
  v1::JobEvent event;
  REQUIRE(stream->Read(&event));

  CHECK_FALSE(stream->Read(&event));  // no other comes: the connection ends

  const grpc::Status status = stream->Finish();
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(absl::StrContains(absl::AsciiStrToLower(status.error_message()), "ping"));
}

}  // namespace
}  // namespace roomkeeper::testing
