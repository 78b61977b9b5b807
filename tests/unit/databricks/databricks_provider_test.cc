#include "lib/databricks/databricks_provider.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"

#include "lib/obs/metric_table.h"
#include "tests/support/matchers.h"
#include "tests/unit/databricks/provider_fixture.h"

namespace roomkeeper::testing {
namespace {

constexpr char kRooms[] = "POST /api/2.0/clean-rooms";
constexpr char kListRooms[] = "GET /api/2.0/clean-rooms";
const std::string& Html() {
  static const std::string base64 = absl::Base64Escape("<html>hello</html>");
  return base64;
}

TEST_CASE("a room is created, awaited, filled, observed in full and deleted", "[provider]") {
  ProviderFixture t;
  const RoomSpec spec = ProviderFixture::Spec();
  REQUIRE(t.Preflight(spec).ok());

  const auto created = t.Create(spec);
  REQUIRE(created.ok());
  CHECK(created.value.status == "PROVISIONING");
  CHECK(created.calls == 1);
  const auto active = t.AwaitActive(spec.room_name);
  REQUIRE(active.ok());
  CHECK(active.value.status == "ACTIVE");
  REQUIRE(t.AddTable(spec).ok());
  const auto notebook = t.AddNotebook(spec, Html());
  REQUIRE(notebook.ok());
  CHECK(notebook.value.notebook_etag.value_or("").size() == 64);

  const auto full = t.Observe(spec.room_name, Provider::Depth::kFull);
  REQUIRE(full.ok());
  CHECK(full.calls == 3);
  CHECK(full.value.has_detail);
  CHECK(full.value.package_provider_collaborator_alias == "acme");
  CHECK(full.value.comment == "mark");
  REQUIRE(full.value.assets.size() == 2);
  for (const ObservedAsset& asset : full.value.assets) {
    if (asset.asset_type == "NOTEBOOK_FILE") {
      CHECK(asset.name == "measure ment #1.py");  // its name went through the path
      CHECK(asset.notebook_content_digest ==
            "sha256:7e537e903df5bfa9c9de2dc590d2646f8b4aa71dd14877bd3e2eceda829a4618");
      CHECK(asset.runner_collaborator_aliases == std::vector<std::string>{"brand42"});
    }
  }
  CHECK(t.Observe(spec.room_name, Provider::Depth::kRoom).calls == 1);
  CHECK(t.Observe(spec.room_name, Provider::Depth::kAssets).value.has_assets);

  CHECK(t.Wait<Empty>([&](auto done) {
           t.provider.DeleteRoom(t.scope, spec.room_name, std::move(done));
         }).ok());
  CHECK(t.Observe(spec.room_name, Provider::Depth::kFull).failure.error == CallError::kNotFound);
}

TEST_CASE("an update changes the notebook and its etag", "[provider]") {
  ProviderFixture t;
  const RoomSpec spec = ProviderFixture::Spec();
  REQUIRE(t.Create(spec).ok());
  REQUIRE(t.AwaitActive(spec.room_name).ok());
  const auto first = t.AddNotebook(spec, Html());
  REQUIRE(first.ok());

  const auto second = t.Wait<ObservedAsset>([&](auto done) {
    t.provider.UpdateNotebook(t.scope, spec, spec.notebooks[0],
                              absl::Base64Escape("<html>bye</html>"), std::move(done));
  });

  REQUIRE(second.ok());
  CHECK(second.value.notebook_etag != first.value.notebook_etag);
  const auto read = t.Wait<ObservedAsset>([&](auto done) {
    t.provider.GetAsset(t.scope, spec.room_name, "NOTEBOOK_FILE", spec.notebooks[0].name,
                        std::move(done));
  });
  CHECK(read.value.notebook_etag == second.value.notebook_etag);
}

TEST_CASE("a lost answer to a create is an unknown outcome, and the room is there", "[provider]") {
  ProviderFixture t;
  const RoomSpec spec = ProviderFixture::Spec();
  const auto ending = GENERATE(sim::SimResponse::Ending::kReset, sim::SimResponse::Ending::kHang,
                               sim::SimResponse::Ending::kSlowBody);
  t.simulator->AddFault(
      {.pattern = kRooms, .after_effect = true, .ending = ending, .delay = absl::Minutes(10)});

  const auto created = t.Create(spec);

  CHECK(created.failure.error == CallError::kUnknownOutcome);
  CHECK(t.Count(kRooms) == 1);
  CHECK(t.Observe(spec.room_name, Provider::Depth::kRoom).ok());
  CHECK(t.Create(spec).failure.error == CallError::kAlreadyExists);
}

TEST_CASE("garbage and login pages are told from answers", "[provider]") {
  ProviderFixture t;
  const RoomSpec spec = ProviderFixture::Spec();
  REQUIRE(t.Create(spec).ok());
  struct Case {
    const char* body;
    CallError read;
  };
  const auto c =
      GENERATE(Case{"{\"name\":", CallError::kUnavailable}, Case{"[1,2]", CallError::kUnavailable},
               Case{"<html>Sign in</html>", CallError::kDenied});
  t.simulator->AddFault(
      {.pattern = "GET /api/2.0/clean-rooms/*", .status = 200, .body = c.body, .times = -1});
  t.simulator->AddFault({.pattern = kRooms, .status = 200, .body = c.body, .times = -1});

  CHECK(t.Observe(spec.room_name, Provider::Depth::kRoom).failure.error == c.read);
  CHECK(t.Create(ProviderFixture::Spec("acme_room_2")).failure.error == CallError::kUnknownOutcome);
}

TEST_CASE("429 with Retry-After is honoured by reads and told for writes", "[provider]") {
  ProviderFixture t;
  const RoomSpec spec = ProviderFixture::Spec();
  REQUIRE(t.Create(spec).ok());
  t.simulator->AddFault({.pattern = "GET /api/2.0/clean-rooms/*",
                         .status = 429,
                         .body = R"({"error_code":"RESOURCE_EXHAUSTED","message":"slow down"})",
                         .headers = {{"Retry-After", "3"}},
                         .times = 2});
  const absl::Duration start = t.loop.clock().Monotonic();

  CHECK(t.Observe(spec.room_name, Provider::Depth::kRoom).ok());
  CHECK(t.loop.clock().Monotonic() - start >= absl::Seconds(6));

  t.simulator->AddFault(
      {.pattern = kRooms, .status = 429, .headers = {{"Retry-After", "7"}}, .times = 1});
  const auto limited = t.Create(ProviderFixture::Spec("acme_room_2"));
  CHECK(limited.failure.error == CallError::kRateLimited);
  CHECK(limited.failure.retry_after == absl::Seconds(7));
}

TEST_CASE("one room too many is the limit, also when the platform says 429", "[provider]") {
  ProviderFixture t;
  const std::string code = GENERATE("RESOURCE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED");
  REQUIRE_OK(t.simulator->SetKnob("room_quota_error", code));
  for (int i = 0; i < 5; ++i) {
    REQUIRE(t.Create(ProviderFixture::Spec(absl::StrCat("acme_room_", i))).ok());
  }

  CHECK(t.Create(ProviderFixture::Spec("acme_room_9")).failure.error == CallError::kLimitReached);
}

TEST_CASE("a token that expires in the middle is replaced, in every shape of refusal",
          "[provider]") {
  sim::SimConfig config = ProviderFixture::DefaultConfig();
  ProviderFixture t(config);
  const std::string shape = GENERATE("401", "403", "400");
  REQUIRE_OK(t.simulator->SetKnob("expired_token", shape));
  const RoomSpec spec = ProviderFixture::Spec();
  REQUIRE(t.Create(spec).ok());
  REQUIRE_OK(t.simulator->Control(R"({"action":"expire_tokens","workspace":"provider"})"));

  CHECK(t.AwaitActive(spec.room_name).ok());
  REQUIRE_OK(t.simulator->Control(R"({"action":"expire_tokens","workspace":"provider"})"));
  CHECK(t.AddTable(spec).ok());
}

TEST_CASE("a workspace that cannot be reached is unavailable, then served again", "[provider]") {
  ProviderFixture t;
  t.http.SetReachable("provider", false);

  CHECK(t.Create(ProviderFixture::Spec()).failure.error == CallError::kUnavailable);
  CHECK(t.Preflight(ProviderFixture::Spec()).failure.error == CallError::kUnavailable);

  t.http.SetReachable("provider", true);
  CHECK(t.Create(ProviderFixture::Spec()).ok());
}

TEST_CASE("a shard that is not configured is said so", "[provider]") {
  ProviderFixture t;
  const auto result = t.Wait<ObservedRoom>([&](auto done) {
    t.provider.CreateRoom({.shard = ShardId("old")}, ProviderFixture::Spec(), std::move(done));
  });

  CHECK(result.failure.error == CallError::kInvalid);
  CHECK(absl::StrContains(result.failure.message, "shard old"));
}

TEST_CASE("preflight is asked once per package and shard, unless afresh", "[provider]") {
  ProviderFixture t;
  const RoomSpec spec = ProviderFixture::Spec();
  int answered = 0;
  for (int i = 0; i < 10; ++i) {
    t.provider.Preflight(t.scope, spec, false, [&](const CallResult<PreflightReport>& report) {
      CHECK(report.ok());
      CHECK(report.value.problems.empty());
      ++answered;
    });
  }
  REQUIRE(t.loop.RunUntil([&] { return answered == 10; }));
  const std::string route = "GET /api/2.1/unity-catalog/metastore_summary";
  CHECK(t.Count(route) == 1);

  t.loop.Advance(absl::Minutes(4));
  CHECK(t.Preflight(spec).value.problems.empty());
  CHECK(t.Count(route) == 1);
  CHECK(t.Preflight(spec, /*fresh=*/true).ok());
  CHECK(t.Count(route) == 2);
  t.loop.Advance(absl::Minutes(6));
  CHECK(t.Preflight(spec).ok());
  CHECK(t.Count(route) == 3);
}

TEST_CASE("a wave of preflights shares one count of rooms, paid by the first", "[provider]") {
  ProviderFixture t;
  const RoomSpec spec = ProviderFixture::Spec();
  REQUIRE(t.Preflight(spec).ok());
  t.loop.Advance(absl::Seconds(31));
  const long before = t.Count(kListRooms);
  const bool fails = GENERATE(false, true);
  if (fails) {
    t.simulator->AddFault({.pattern = kListRooms, .status = 403, .times = -1});
  }
  int answered = 0;
  int calls = 0;
  for (int i = 0; i < 200; ++i) {
    t.provider.Preflight(t.scope, spec, false, [&](const CallResult<PreflightReport>& report) {
      CHECK(report.ok() != fails);
      calls += report.calls;
      ++answered;
    });
  }
  REQUIRE(t.loop.RunUntil([&] { return answered == 200; }));

  CHECK(t.Count(kListRooms) == before + 1);
  CHECK(calls == 1);
}

TEST_CASE("jobs that wait and ask afresh share the answers of 30 seconds", "[provider]") {
  ProviderFixture t;
  const RoomSpec spec = ProviderFixture::Spec();
  REQUIRE(t.Preflight(spec, /*fresh=*/true).ok());
  const std::size_t before = t.simulator->RequestLog().size();
  t.loop.Advance(absl::Seconds(25));

  REQUIRE(t.Preflight(spec, /*fresh=*/true).ok());
  CHECK(t.simulator->RequestLog().size() == before);

  t.loop.Advance(absl::Seconds(6));
  REQUIRE(t.Preflight(spec, /*fresh=*/true).ok());
  CHECK(t.simulator->RequestLog().size() > before);
}

TEST_CASE("creates refused by rate share one count of rooms", "[provider]") {
  ProviderFixture t;
  t.simulator->AddFault(
      {.pattern = kRooms, .status = 429, .headers = {{"Retry-After", "1"}}, .times = 20});
  int answered = 0;
  for (int i = 0; i < 20; ++i) {
    t.provider.CreateRoom(t.scope, ProviderFixture::Spec(absl::StrCat("acme_room_", i)),
                          [&](const CallResult<ObservedRoom>& created) {
                            CHECK(created.failure.error == CallError::kRateLimited);
                            ++answered;
                          });
  }
  REQUIRE(t.loop.RunUntil([&] { return answered == 20; }));

  CHECK(t.Count(kListRooms) == 1);
}

TEST_CASE("a create that our own budget held back asks nothing more", "[provider]") {
  ProviderFixture t;
  REQUIRE(t.Preflight(ProviderFixture::Spec()).ok());
  t.simulator->AddFault(
      {.pattern = kRooms, .status = 429, .headers = {{"Retry-After", "60"}}, .times = 1});
  REQUIRE(t.Create(ProviderFixture::Spec()).failure.error == CallError::kRateLimited);
  const std::size_t before = t.simulator->RequestLog().size();

  const auto held_back = t.Create(ProviderFixture::Spec());

  CHECK(held_back.failure.error == CallError::kRateLimited);
  CHECK(held_back.failure.error_code == "NOT_SENT_BUDGET");
  CHECK(held_back.calls == 0);
  CHECK(t.simulator->RequestLog().size() == before);
}

TEST_CASE("preflight names what is missing, and how many rooms there are", "[provider]") {
  sim::SimConfig config = ProviderFixture::DefaultConfig();
  config.metastores[0].create_clean_room = {};
  ProviderFixture t(config);
  RoomSpec spec = ProviderFixture::Spec();
  spec.assets = {{.name = "acme.identity.none", .local_name = "prod.identity.none"},
                 {.name = "acme.identity.secret", .local_name = "prod.identity.secret"},
                 {.type = AssetType::kVolume,
                  .name = "acme.identity.jars",
                  .local_name = "prod.identity.jars"}};

  const auto report = t.Preflight(spec);

  REQUIRE(report.ok());
  std::vector<std::string> reasons;
  for (const Problem& problem : report.value.problems) {
    reasons.push_back(problem.reason);
  }
  CHECK(reasons ==
        std::vector<std::string>{"MISSING_PRIVILEGE", "ASSET_NOT_FOUND", "MISSING_PRIVILEGE"});
  CHECK(report.value.rooms_listed == 0);
}

TEST_CASE("preflight counts the rooms that it made since it last looked", "[provider]") {
  ProviderFixture t;
  for (int i = 0; i < 5; ++i) {
    const RoomSpec spec = ProviderFixture::Spec(absl::StrCat("acme_room_", i));
    REQUIRE(t.Preflight(spec).value.problems.empty());
    REQUIRE(t.Create(spec).ok());
  }

  const auto report = t.Preflight(ProviderFixture::Spec("acme_room_9"));

  CHECK(report.value.rooms_listed == 5);
  REQUIRE(report.value.problems.size() == 1);
  CHECK(report.value.problems[0].reason == "ROOM_LIMIT_REACHED");
  CHECK(t.metrics.Value(metric::kRoomLimit, {"s1"}) == 5);
}

TEST_CASE("dead credentials fail preflight as a call, and the doctor says what to do",
          "[provider]") {
  ProviderFixture t;
  ShardOptions options = t.Options();
  options.credentials[0].read = [] { return Secret("wrong"); };
  DatabricksProvider provider({t.loop, t.http, t.log, t.metrics, t.random}, {options}, "u");
  std::vector<ShardCheck> checks;
  provider.ProbeShard(t.shard, {}, [&](std::vector<ShardCheck> got) { checks = std::move(got); });
  REQUIRE(t.loop.RunUntil([&] { return !checks.empty(); }));

  CHECK_FALSE(checks[0].ok);
  CHECK(checks[0].name == "credentials");
  const auto report = t.Wait<PreflightReport>([&](auto done) {
    provider.Preflight(t.scope, ProviderFixture::Spec(), false, std::move(done));
  });
  CHECK(report.failure.error == CallError::kUnauthenticated);
}

TEST_CASE("the doctor checks everything of a shard", "[provider]") {
  ProviderFixture t;
  std::vector<ShardCheck> checks;
  t.provider.ProbeShard(t.shard, ProviderFixture::Spec().assets,
                        [&](std::vector<ShardCheck> got) { checks = std::move(got); });
  REQUIRE(t.loop.RunUntil([&] { return !checks.empty(); }));

  for (const ShardCheck& check : checks) {
    CAPTURE(check.name, check.message);
    CHECK(check.ok);
  }
  CHECK(checks.size() >= 6);
}

TEST_CASE("a notebook is exported as HTML from a path with spaces", "[provider]") {
  ProviderFixture t;
  const auto exported = t.Wait<std::string>([&](auto done) {
    t.provider.ExportNotebook(t.shard, "/Shared/measure ment", std::move(done));
  });

  REQUIRE(exported.ok());
  CHECK(exported.value == absl::Base64Escape("<html>x</html>"));
}

TEST_CASE("every call names the partner", "[provider]") {
  ProviderFixture t;
  REQUIRE(t.Create(ProviderFixture::Spec()).ok());

  for (const sim::LoggedRequest& request : t.simulator->RequestLog()) {
    CHECK(request.user_agent == "acme_roomkeeper/0.1.0");
  }
  CHECK(MakeUserAgent("Acme, Inc (EU)", "1.0.0-rc.1+x") == "AcmeIncEU_roomkeeper/1.0.0-rc.1+x");
}

TEST_CASE("callers' reads of a shard do not hold up the engine's", "[provider]") {
  ProviderFixture t;
  const RoomSpec spec = ProviderFixture::Spec();
  REQUIRE(t.Create(spec).ok());
  int refused = 0;
  for (int i = 0; i < 1000; ++i) {
    t.provider.for_callers().ListTaskRuns(
        t.scope, spec.room_name, 10, [&](const CallResult<std::vector<TaskRun>>& runs) {
          refused += runs.failure.error_code == kNotSentBudget ? 1 : 0;
        });
  }
  t.loop.Advance(absl::Seconds(1.5));
  const absl::Duration start = t.loop.clock().Monotonic();

  CHECK(t.Observe(spec.room_name, Provider::Depth::kRoom).ok());

  CHECK(t.loop.clock().Monotonic() - start < absl::Milliseconds(200));
  CHECK(refused == 1000 - 256);
}

}  // namespace
}  // namespace roomkeeper::testing
