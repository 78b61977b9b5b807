#include "lib/databricks/api/assets_api.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "tests/support/matchers.h"
#include "tests/unit/databricks/provider_fixture.h"

namespace roomkeeper::testing {
namespace {

TEST_CASE("all past versions of a notebook are listed, over pages, newest first", "[provider]") {
  ProviderFixture t;
  const RoomSpec spec = ProviderFixture::Spec();
  REQUIRE(t.Create(spec).ok());
  REQUIRE(t.AwaitActive(spec.room_name).ok());
  const auto first = t.AddNotebook(spec, absl::Base64Escape("<html>first</html>"));
  REQUIRE(first.ok());
  std::optional<std::string> newest;
  for (int i = 0; i < 10; ++i) {  // the platform's page has ten
    const auto updated = t.Wait<ObservedAsset>([&](auto done) {
      t.provider.UpdateNotebook(t.scope, spec, spec.notebooks[0],
                                absl::Base64Escape(absl::StrCat("<html>", i, "</html>")),
                                std::move(done));
    });
    REQUIRE(updated.ok());
    newest = updated.value.notebook_etag;
  }
  const ShardOptions shard = t.Options();
  const TokenSource::Ports ports = {t.loop, t.http, t.log, t.metrics, t.random};
  TokenSource tokens(ports, {.shard = shard.id.value(),
                             .host = shard.host,
                             .client_id = shard.client_id,
                             .credentials = shard.credentials});
  RequestBudget budget(t.loop, {});
  CircuitBreaker breaker(t.loop, t.random, {});
  RestClient rest(ports, tokens, budget, breaker, {.shard = shard.id.value(), .host = shard.host});

  const auto revisions = t.Wait<std::vector<ObservedAsset>>([&](auto done) {
    ListRevisions(
        rest,
        {.room = spec.room_name, .asset_type = "NOTEBOOK_FILE", .name = spec.notebooks[0].name},
        std::move(done));
  });

  REQUIRE(revisions.ok());
  CHECK(revisions.calls == 2);
  REQUIRE(revisions.value.size() == 11);
  CHECK(revisions.value.front().notebook_etag == newest);
  CHECK(revisions.value.back().notebook_etag == first.value.notebook_etag);

  const AssetRef notebook = {
      .room = spec.room_name, .asset_type = "NOTEBOOK_FILE", .name = spec.notebooks[0].name};
  const auto one = t.Wait<ObservedAsset>([&](auto done) {
    GetRevision(rest, notebook, first.value.notebook_etag.value_or(""), std::move(done));
  });
  REQUIRE(one.ok());
  CHECK(one.value.notebook_etag == first.value.notebook_etag);
  CHECK(one.value.notebook_content_digest == first.value.notebook_content_digest);
  CHECK(one.value.notebook_content_digest != revisions.value.front().notebook_content_digest);
  const auto none = t.Wait<ObservedAsset>(
      [&](auto done) { GetRevision(rest, notebook, "a/b c", std::move(done)); });
  CHECK(none.failure.error == CallError::kNotFound);
}

TEST_CASE("each line of a platform call says for which job, brand, shard and trace", "[provider]") {
  ProviderFixture t;
  const RoomSpec spec = ProviderFixture::Spec();
  REQUIRE(t.Create(spec).ok());
  REQUIRE(t.AwaitActive(spec.room_name).ok());
  REQUIRE(t.AddTable(spec).ok());
  REQUIRE(t.AddNotebook(spec, "eA==").ok());
  REQUIRE_FALSE(t.Observe("absent", Provider::Depth::kRoom).ok());

  int lines = 0;
  for (const absl::string_view line : absl::StrSplit(t.log.text, '\n')) {
    if (absl::StartsWith(line, "platform call")) {
      ++lines;
      CHECK(absl::StartsWith(line, absl::StrCat("platform call job=job1 brand=brand42 shard=s1 ",
                                                "trace_id=", t.scope.origin.trace_id, " ")));
    }
  }
  CHECK(lines == 4);
}

}  // namespace
}  // namespace roomkeeper::testing
