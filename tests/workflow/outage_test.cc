// The platform goes away for a while: the engine and the real client over the simulated Databricks.

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "lib/databricks/databricks_provider.h"
#include "lib/databricks_sim/simulator.h"
#include "lib/obs/metric_table.h"
#include "tests/support/matchers.h"
#include "tests/support/sim_http_client.h"
#include "tests/workflow/world.h"

namespace roomkeeper::testing {
namespace {

enum class Down { kNo, kUnreachable, kErrors, kHangs };

// The way to the platform, which may be down, and how often it was taken.
class Road final : public HttpClient {
 public:
  Road(HttpClient& platform, Loop& loop) : platform_(platform), loop_(loop) {}

  void Send(HttpRequest request, Done done) override {
    ++sent;
    switch (down) {
      case Down::kNo:
        platform_.Send(std::move(request), std::move(done));
        return;
      case Down::kUnreachable:
        Answer(absl::Milliseconds(5),
               {.transport = HttpResult::Transport::kNotSent, .error = "no route"}, done);
        return;
      case Down::kErrors:
        Answer(absl::Milliseconds(50),
               {.transport = HttpResult::Transport::kAnswered, .status = 503}, done);
        return;
      case Down::kHangs:
        Answer(request.timeout, {.error = "timeout"}, done);
        return;
    }
  }

  Down down = Down::kNo;
  int sent = 0;

 private:
  void Answer(absl::Duration after, const HttpResult& result, const Done& done) {
    loop_.RunAfter(after, [result, done] { done(result); });
  }

  HttpClient& platform_;
  Loop& loop_;
};

sim::SimConfig Platform() {
  sim::SimConfig config;
  config.metastores = {{.global_metastore_id = kProviderMetastore,
                        .organization_name = "Provider",
                        .create_clean_room = {"roomkeeper"},
                        .securables = {{.type = "TABLE",
                                        .full_name = "prod.identity.households",
                                        .select_principals = {"roomkeeper"}},
                                       {.type = "VIEW",
                                        .full_name = "prod.identity.devices",
                                        .select_principals = {"roomkeeper"}}}},
                       {.global_metastore_id = kBrandMetastore, .organization_name = "Brand"}};
  config.workspaces = {{.name = "provider",
                        .workspace_id = 1111,
                        .global_metastore_id = kProviderMetastore,
                        .principals = {{.name = "roomkeeper"}}},
                       {.name = "brand",
                        .workspace_id = SampleInstall().workspace_id,
                        .global_metastore_id = kBrandMetastore}};
  config.latency = {absl::Milliseconds(50), absl::Milliseconds(40)};
  config.provisioning = {absl::Seconds(40), absl::Seconds(20)};
  return config;
}

struct OverTheRoad : World {
  OverTheRoad() {
    Crash();
    provider = &databricks;
    options.active_jobs_max = CallersServed(shard().requests_per_second);
    options.poll_interval = absl::Minutes(1);  // the test is to be quick
    options.stats_interval = absl::Minutes(10);
    Boot();
  }
  ShardOptions shard() const {
    const sim::Principal& principal = simulator->config().workspaces[0].principals[0];
    return {.id = ShardId("shard-1"),
            .host = SimHttpClient::UrlOf("provider"),
            .client_id = principal.client_id,
            .credentials = {{.name = "client_secret",
                             .read = [principal] { return Secret(principal.client_secret); }}},
            .global_metastore_id = kProviderMetastore};
  }
  void Submit(int rooms) {
    for (int i = 0; i < rooms; ++i) {
      const std::size_t n = jobs.size();
      jobs.push_back(Provision(absl::StrCat("room", n), absl::StrCat("brand", n % 5)));
    }
  }
  bool AllFinal() {
    return std::all_of(jobs.begin(), jobs.end(),
                       [&](const JobId& id) { return IsFinal(GetJob(id).state); });
  }
  long Deletes() const {
    const std::vector<sim::LoggedRequest> seen = simulator->RequestLog();
    return std::count_if(seen.begin(), seen.end(),
                         [](const auto& it) { return it.method == "DELETE"; });
  }

  std::unique_ptr<sim::Simulator> simulator = *sim::Simulator::Make(Platform(), loop.clock());
  SimHttpClient http{*simulator, loop};
  Road road{http, loop};
  std::mt19937_64 random{42};
  DatabricksProvider databricks{{loop, road, log, metrics, random}, {shard()}, "test"};
  std::vector<JobId> jobs;
};

TEST_CASE("an outage costs few calls and no job, and all goes on by itself", "[workflow]") {
  struct Case {
    Down down;
    absl::Duration lasts;  // more than ten minutes
  };
  const auto c =
      GENERATE(Case{Down::kUnreachable, absl::Minutes(20)}, Case{Down::kErrors, absl::Minutes(20)},
               Case{Down::kHangs, absl::Minutes(20)}, Case{Down::kErrors, absl::Minutes(90)});
  CAPTURE(static_cast<int>(c.down), c.lasts);
  OverTheRoad world;
  world.Submit(25);
  world.loop.Advance(absl::Seconds(25));  // some provision, some are filled
  const int before = world.road.sent;
  world.road.down = c.down;
  world.Submit(25);
  world.loop.Advance(absl::Minutes(10));
  CHECK(world.metrics.Value(metric::kBreakerOpen, {"shard-1"}) == 1);
  world.loop.Advance(c.lasts - absl::Minutes(10));
  const int calls = world.road.sent - before;

  CHECK(calls <= 50 + c.lasts / absl::Minutes(1) * 3);
  int waiting = 0;
  for (const JobId& id : world.jobs) {
    const Job job = world.GetJob(id);
    CHECK_FALSE(IsFinal(job.state));
    CHECK(job.progress.attempt <= 2);  // of before the breaker opened
    waiting += job.waiting_for == "the platform to answer again" ? 1 : 0;
    CHECK((job.move == Move::kPlatform || job.state == JobState::kQueued));
  }
  CHECK(waiting >= 25);

  world.road.down = Down::kNo;
  const absl::Duration start = world.loop.clock().Monotonic();
  while (!world.AllFinal() && world.loop.clock().Monotonic() - start < absl::Hours(2)) {
    world.loop.Advance(absl::Seconds(1));
  }

  const absl::Duration took = world.loop.clock().Monotonic() - start;
  CAPTURE(took, calls);
  CHECK(took <= absl::Minutes(3));
  for (const JobId& id : world.jobs) {
    CHECK(world.GetJob(id).state == JobState::kSucceeded);
    CHECK(world.GetRoom(id).state == RoomState::kReady);
  }
  CHECK(world.metrics.Value(metric::kBreakerOpen, {"shard-1"}) == 0);
  CHECK(world.Deletes() == 0);  // nor was a room made twice because nobody saw it ready
}

TEST_CASE("a job whose deadline ends in an outage says what it waited for", "[workflow]") {
  OverTheRoad world;
  world.road.down = Down::kErrors;
  world.Submit(3);

  world.loop.Advance(absl::Hours(23));
  CHECK_FALSE(IsFinal(world.GetJob(world.jobs[0]).state));
  world.loop.Advance(absl::Hours(1) + absl::Seconds(1));

  for (const JobId& id : world.jobs) {
    const Job job = world.GetJob(id);
    REQUIRE(job.state == JobState::kFailed);
    CHECK(job.problem->reason == "DEADLINE_EXCEEDED");
    CHECK(absl::StrContains(job.problem->message, "it waited for the platform to answer again"));
  }
}

}  // namespace
}  // namespace roomkeeper::testing
