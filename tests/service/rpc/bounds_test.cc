#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"

#include "lib/model/reasons.h"
#include "lib/obs/metric_table.h"
#include "services/roomkeeperd/rpc/status_codec.h"
#include "tests/service/rpc/world.h"

namespace roomkeeper {
namespace {

using testing::StatusIs;
using testing::World;
using Rooms = v1::CleanRoomService::Stub;

TEST_CASE("R13: open jobs are bounded, and the refusal says when to come back",
          "[service][bounds]") {
  const bool of_brand = GENERATE(true, false);
  World world({.engine = false, .settings = {.open_jobs_max = of_brand ? 100 : 1}});
  if (of_brand) {
    v1::UpdateBrandRequest update;
    update.mutable_brand()->set_name("brands/acme");
    update.mutable_brand()->set_jobs_in_flight_max(1);
    REQUIRE(world.Call(world.brands, &v1::BrandService::Stub::UpdateBrand, update, world.op).ok());
  }
  REQUIRE(
      world.Call(world.rooms, &Rooms::CreateCleanRoom, World::CreateRequest(), world.acme).ok());
  auto request = World::CreateRequest();
  request.set_clean_room_id("second");

  const auto full = world.Call(world.rooms, &Rooms::CreateCleanRoom, request, world.acme);

  CHECK(full.status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(full.reason() == (of_brand ? reason::kBrandQueueFull : reason::kQueueFull));
  CHECK(full.refusal().retry_after > absl::ZeroDuration());
}

TEST_CASE("waits are bounded apart from other calls", "[service][bounds]") {
  World world({.engine = false, .limits = {.waits_max = 2}});
  const int open = GENERATE(0, 1, 2);
  CAPTURE(open);
  const auto job =
      world.Call(world.rooms, &Rooms::CreateCleanRoom, World::CreateRequest(), world.acme);
  v1::WatchJobRequest watch;
  watch.set_name(job.value.name());
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::JobEvent>>> streams;
  const auto begin = [&] {
    contexts.push_back(world.NewContext(world.acme));
    streams.push_back(world.jobs->WatchJob(contexts.back().get(), watch));
    v1::JobEvent event;
    return streams.back()->Read(&event);
  };
  for (int i = 0; i < open; ++i) {
    REQUIRE(begin());
  }

  CHECK(begin() == (open < 2));  // one more

  if (open == 2) {
    v1::WaitJobRequest wait;
    wait.set_name(job.value.name());
    const auto refused = world.Call(world.jobs, &v1::JobService::Stub::WaitJob, wait, world.acme);
    CHECK(refused.status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
    CHECK(refused.reason() == reason::kServerBusy);
  }
  v1::GetJobRequest get;
  get.set_name(job.value.name());
  CHECK(world.Call(world.jobs, &v1::JobService::Stub::GetJob, get, world.acme).ok());
  for (std::size_t i = 0; i < streams.size(); ++i) {
    contexts[i]->TryCancel();
    (void)streams[i]->Finish();
  }
}

TEST_CASE("a message over the limit is refused", "[service][bounds]") {
  World world({.engine = false});
  auto request = World::CreateRequest();
  request.mutable_clean_room()->set_clean_room_name(std::string(2 << 20, 'x'));
  const auto answer = world.Call(world.rooms, &Rooms::CreateCleanRoom, request, world.acme);
  CHECK(answer.status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_CASE("a store that is away is UNAVAILABLE with a delay, not an answer", "[service][bounds]") {
  World world({.engine = false});
  v1::GetCleanRoomRequest get;
  get.set_name(testing::kAcmeRoom);
  REQUIRE(world.Call(world.rooms, &Rooms::GetCleanRoom, get, world.acme).reason() ==
          reason::kNotFound);
  world.StopStore();

  const auto answer = world.Call(world.rooms, &Rooms::GetCleanRoom, get, world.acme);

  CHECK(answer.status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(answer.reason() == reason::kStoreUnavailable);
  CHECK(answer.refusal().retry_after > absl::ZeroDuration());
}

TEST_CASE("an error of ours says nothing but the trace to ask for", "[service][bounds]") {
  const grpc::Status status =
      ToGrpc(absl::InternalError("select * from secrets"), "0af7651916cd43dd8448eb211c80319c");
  CHECK(status.error_code() == grpc::StatusCode::INTERNAL);
  const Refusal refusal = World::Details(status);
  CHECK(refusal.reason == reason::kInternal);
  CHECK(refusal.metadata.at("trace_id") == "0af7651916cd43dd8448eb211c80319c");
  CHECK_FALSE(absl::StrContains(status.error_message(), "select"));
}

TEST_CASE("a fault of ours is INTERNAL with a trace id, and tells nothing else",
          "[service][bounds]") {
  World world({.engine = false});
  world.packages.broken = absl::DataLossError("/srv/packages/secret.yaml");

  const auto answer =
      world.Call(world.rooms, &Rooms::CreateCleanRoom, World::CreateRequest(), world.acme);

  CHECK(answer.reason() == reason::kInternal);
  CHECK_FALSE(answer.refusal().metadata.at("trace_id").empty());
  CHECK_FALSE(absl::StrContains(answer.status.error_message(), "secret"));
  CHECK(absl::StrContains(world.log.text(), "secret.yaml"));
}

TEST_CASE("a second server on the same port is told so", "[service][bounds]") {
  World world({.engine = false});
  const auto second =
      RpcServer::Start({.address = world.server->address()}, {.context = *world.context,
                                                              .prober = world.shards,
                                                              .metrics = world.metrics,
                                                              .log = world.log});
  CHECK_THAT(second.status(), StatusIs(absl::StatusCode::kUnavailable, "cannot listen"));
}

TEST_CASE("plaintext leaves loopback only when it is allowed to, and certificates must be there",
          "[service][bounds]") {
  World world({.engine = false});
  const ServerDeps deps{.context = *world.context,
                        .prober = world.shards,
                        .metrics = world.metrics,
                        .log = world.log};
  CHECK_THAT(RpcServer::Start({.address = "0.0.0.0:0"}, deps).status(),
             StatusIs(absl::StatusCode::kInvalidArgument, "grpc.tls"));
  CHECK_THAT(RpcServer::Start({.address = "127.0.0.1:0",
                               .tls = {.cert_file = "/nonexistent", .key_file = "/nonexistent"}},
                              deps)
                 .status(),
             StatusIs(absl::StatusCode::kInvalidArgument, "cert_file"));
}

TEST_CASE("calls are counted by method and code", "[service][bounds]") {
  World world({.engine = false});
  v1::GetCleanRoomRequest get;
  get.set_name(testing::kAcmeRoom);
  (void)world.Call(world.rooms, &Rooms::GetCleanRoom, get, world.acme);
  (void)world.Call(world.rooms, &Rooms::GetCleanRoom, get, "");
  CHECK(world.metrics.Value(metric::kRpcs, {"CleanRoomService/GetCleanRoom", "NOT_FOUND"}) == 1);
  CHECK(world.metrics.Value(metric::kRpcs, {"CleanRoomService/GetCleanRoom", "UNAUTHENTICATED"}) ==
        1);
  CHECK(world.metrics.Value(metric::kRpcSeconds, {"CleanRoomService/GetCleanRoom"}) == 2);
}

}  // namespace
}  // namespace roomkeeper
