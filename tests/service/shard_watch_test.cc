#include "services/roomkeeperd/shard_watch.h"

#include <string>

#include "absl/strings/match.h"

#include "tests/support/matchers.h"
#include "tests/unit/databricks/client_fixture.h"

namespace roomkeeper::testing {
namespace {

Config ConfigOfOneShard() {
  Config config;
  config.provider.collaborator_alias = "provider";
  config.shards = {{.id = "s1",
                    .host = ClientFixture::kHost,
                    .global_metastore_id = "aws:us-west-2:11111111-1111-4111-8111-111111111111"}};
  return config;
}

struct WatchTest : ClientFixture {
  WatchTest() {
    on_api = [this](const HttpRequest& request) {
      if (status != 200) {
        return FakeHttp::Answer(status, R"({"message":"m"})");
      }
      return absl::EndsWith(request.url, "/Me")
                 ? FakeHttp::Answer(200, R"({"userName":"roomkeeper"})")
                 : FakeHttp::Answer(404, R"({"message":"not asked for"})");
    };
    watch.Start();
    loop.Advance(absl::Seconds(1));
  }
  bool ready() const { return watch.Ready().ok(); }

  int status = 200;
  DatabricksProvider provider{
      ports,
      {{.id = ShardId("s1"),
        .host = kHost,
        .client_id = "the-client",
        .credentials = {{.name = "client_secret", .read = [this] { return on_secret(); }}}}},
      "acme_roomkeeper/0.1.0"};
  ShardWatch watch{ConfigOfOneShard(), provider, loop, metrics, log};
};

TEST_CASE("a workspace that is busy or away for a moment does not end readiness", "[shard_watch]") {
  WatchTest t;
  REQUIRE(t.ready());
  t.status = GENERATE(429, 503);
  t.loop.Advance(ShardWatch::kAskWhenWell + absl::Seconds(22));  // one question, with its retries
  CHECK(t.ready());

  t.status = 200;
  t.loop.Advance(absl::Minutes(1));

  CHECK(t.ready());
}

TEST_CASE("a workspace that stays away ends readiness, and readiness comes back", "[shard_watch]") {
  WatchTest t;
  t.status = 503;
  t.loop.Advance(ShardWatch::kAskWhenWell + absl::Minutes(2));
  CHECK_FALSE(t.ready());
  CHECK(absl::StrContains(t.watch.Ready().message(), "shard s1: cannot sign in"));

  t.status = 200;
  t.loop.Advance(absl::Minutes(1));

  CHECK(t.ready());
}

TEST_CASE("failures count only in a row", "[shard_watch]") {
  WatchTest t;
  for (int i = 0; i < 2 * ShardWatch::kFailuresMax; ++i) {
    t.status = 503;
    t.loop.Advance(ShardWatch::kAskWhenWell + absl::Seconds(22));
    t.status = 200;
    t.loop.Advance(absl::Seconds(30));
    CAPTURE(i);
    CHECK(t.ready());
  }
}

TEST_CASE("refused credentials end readiness at once", "[shard_watch]") {
  WatchTest t;
  t.on_token = [] { return FakeHttp::Answer(401, R"({"error":"invalid_client"})"); };
  t.status = 401;

  t.loop.Advance(ShardWatch::kAskWhenWell);

  CHECK_FALSE(t.ready());
  CHECK(absl::StrContains(t.watch.Ready().message(), "client_id"));
}

TEST_CASE("nothing is ready before a workspace has answered", "[shard_watch]") {
  ClientFixture t;
  DatabricksProvider provider(t.ports, {}, "acme_roomkeeper/0.1.0");
  ShardWatch watch(ConfigOfOneShard(), provider, t.loop, t.metrics, t.log);

  CHECK_FALSE(watch.Ready().ok());
}

}  // namespace
}  // namespace roomkeeper::testing
