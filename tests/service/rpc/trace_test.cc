#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "lib/model/resource_name.h"
#include "tests/service/rpc/world.h"

namespace roomkeeper {
namespace {

using testing::World;

constexpr char kTrace[] = "0af7651916cd43dd8448eb211c80319c";

v1::Job CreateTraced(World& world, const std::string& traceparent) {
  auto context = world.NewContext(world.acme);
  context->AddMetadata("traceparent", traceparent);
  v1::Job job;
  REQUIRE(world.rooms->CreateCleanRoom(context.get(), World::CreateRequest("click"), &job).ok());
  return job;
}

TEST_CASE("the caller's trace goes with the job to each platform call and log line",
          "[service][trace]") {
  World world;
  const v1::Job job = CreateTraced(world, absl::StrCat("00-", kTrace, "-b7ad6b7169203331-01"));
  REQUIRE(world.Wait(job.name(), world.acme).state() == v1::JOB_STATE_SUCCEEDED);
  const std::string id = ParseJobName(job.name()).value().value();

  CHECK(world.Stored(job.name()).trace_id == kTrace);
  std::vector<CallOrigin> origins;
  world.OnLoop([&] { origins = world.platform->origins(); });
  CHECK(origins.size() > 3);
  for (const CallOrigin& origin : origins) {
    CHECK(origin.trace_id == kTrace);
    CHECK(origin.job.value() == id);
    CHECK(origin.brand == BrandId("acme"));
  }
  int job_lines = 0;
  int rpc_lines = 0;
  for (const absl::string_view line : absl::StrSplit(world.log.text(), '\n')) {
    const bool of_rpc = absl::StrContains(line, "CreateCleanRoom");
    if (!of_rpc && !absl::StartsWith(line, "job ")) {
      continue;
    }
    CAPTURE(line);
    CHECK(absl::StrContains(line, absl::StrCat(" job=", id, " ")));
    CHECK(absl::StrContains(line, " brand=acme "));
    CHECK(absl::StrContains(line, " shard=west "));
    CHECK(absl::StrContains(line, absl::StrCat(" trace_id=", kTrace, " ")));
    ++(of_rpc ? rpc_lines : job_lines);
  }
  CHECK(rpc_lines == 1);
  CHECK(job_lines > 3);
}

TEST_CASE("a read that asks the platform carries the reader's trace", "[service][trace]") {
  World world;
  world.CreateAndWait(world.acme);
  auto context = world.NewContext(world.acme);
  context->AddMetadata("traceparent", absl::StrCat("00-", kTrace, "-b7ad6b7169203331-01"));
  v1::ListTaskRunsRequest request;
  request.set_parent(testing::kAcmeRoom);
  v1::ListTaskRunsResponse response;
  REQUIRE(world.rooms->ListTaskRuns(context.get(), request, &response).ok());
  CallOrigin last;
  world.OnLoop([&] { last = world.platform->origins().back(); });
  CHECK(last.trace_id == kTrace);
  CHECK(last.brand == BrandId("acme"));
}

TEST_CASE("a traceparent that is not valid is replaced by a trace of our own", "[service][trace]") {
  const std::string traceparent =
      GENERATE(as<std::string>{}, "", "0af7651916cd43dd8448eb211c80319c",
               "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
               "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
               "00-00000000000000000000000000000000-b7ad6b7169203331-01",
               "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
               "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
               "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
               "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-zz");
  CAPTURE(traceparent);
  World world({.engine = false});
  const std::string trace_id = world.Stored(CreateTraced(world, traceparent).name()).trace_id;
  CHECK(trace_id.size() == 32);
  CHECK(trace_id != kTrace);
}

}  // namespace
}  // namespace roomkeeper
