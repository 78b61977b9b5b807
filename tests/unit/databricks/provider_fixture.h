#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "lib/databricks/databricks_provider.h"
#include "lib/databricks_sim/simulator.h"
#include "tests/support/fake_loop.h"
#include "tests/support/matchers.h"
#include "tests/support/sim_http_client.h"
#include "tests/unit/databricks/client_fixture.h"

namespace roomkeeper::testing {

// The provider over the simulator, in process and in virtual time.
struct ProviderFixture {
  static constexpr char kProviderMetastore[] = "aws:us-west-2:11111111-1111-4111-8111-111111111111";
  static constexpr char kBrandMetastore[] = "azure:eastus2:22222222-2222-4222-8222-222222222222";

  static sim::SimConfig DefaultConfig() {
    sim::SimConfig config;
    sim::MetastoreConfig provider;
    provider.global_metastore_id = kProviderMetastore;
    provider.organization_name = "ACME";
    provider.clean_rooms_max = 5;
    provider.create_clean_room = {"roomkeeper"};
    provider.securables = {
        {.type = "TABLE", .full_name = "prod.identity.graph", .select_principals = {"roomkeeper"}},
        {.type = "TABLE", .full_name = "prod.identity.secret"},
        {.type = "VOLUME", .full_name = "prod.identity.jars", .select_principals = {"roomkeeper"}}};
    sim::MetastoreConfig brand;
    brand.global_metastore_id = kBrandMetastore;
    config.metastores = {provider, brand};
    config.workspaces = {{.name = "provider",
                          .workspace_id = 9123456789012345,
                          .global_metastore_id = kProviderMetastore,
                          .principals = {{.name = "roomkeeper"}},
                          .files = {{.path = "/Shared/measure ment", .html = "<html>x</html>"}}},
                         {.name = "brand",
                          .workspace_id = 2222,
                          .global_metastore_id = kBrandMetastore,
                          .principals = {{.name = "app"}}}};
    config.provisioning = {absl::Seconds(10), absl::ZeroDuration()};
    config.latency = {absl::Milliseconds(20), absl::ZeroDuration()};
    return config;
  }

  explicit ProviderFixture(const sim::SimConfig& config = DefaultConfig())
      : simulator(*sim::Simulator::Make(config, loop.clock())) {}

  ShardOptions Options() {
    const sim::Principal& principal = simulator->config().workspaces[0].principals[0];
    return {.id = ShardId("s1"),
            .host = SimHttpClient::UrlOf("provider"),
            .client_id = principal.client_id,
            .credentials = {{.name = "client_secret",
                             .read = [principal] { return Secret(principal.client_secret); }}},
            .global_metastore_id = kProviderMetastore,
            .requests_per_second = 100,
            .room_limit = 5};
  }

  // Calls the provider and runs the loop until it has answered.
  template <typename T>
  CallResult<T> Wait(const std::function<void(CallDone<T>)>& call) {
    std::optional<CallResult<T>> got;
    call([&](CallResult<T> result) { got = std::move(result); });
    CHECK_FALSE(got.has_value());  // never inside the call
    REQUIRE(loop.RunUntil([&] { return got.has_value(); }));
    return *std::move(got);
  }
  CallResult<ObservedRoom> Create(const RoomSpec& spec) {
    return Wait<ObservedRoom>(
        [&](auto done) { provider.CreateRoom(scope, spec, std::move(done)); });
  }
  CallResult<ObservedRoom> Observe(const std::string& room, Provider::Depth depth) {
    return Wait<ObservedRoom>(
        [&](auto done) { provider.ObserveRoom(scope, room, depth, std::move(done)); });
  }
  CallResult<ObservedRoom> AwaitActive(const std::string& room) {
    return Wait<ObservedRoom>([&](auto done) {
      provider.AwaitProvisioned(scope, room, loop.clock().Now(), absl::Minutes(5), std::move(done));
    });
  }
  CallResult<PreflightReport> Preflight(const RoomSpec& spec, bool fresh = false) {
    return Wait<PreflightReport>(
        [&](auto done) { provider.Preflight(scope, spec, fresh, std::move(done)); });
  }
  CallResult<ObservedAsset> AddTable(const RoomSpec& spec) {
    return Wait<ObservedAsset>(
        [&](auto done) { provider.AddAsset(scope, spec, spec.assets[0], std::move(done)); });
  }
  CallResult<ObservedAsset> AddNotebook(const RoomSpec& spec, const std::string& base64) {
    return Wait<ObservedAsset>([&](auto done) {
      provider.AddNotebook(scope, spec, spec.notebooks[0], base64, std::move(done));
    });
  }

  static RoomSpec Spec(const std::string& name = "acme_room_1") {
    RoomSpec spec;
    spec.room_name = name;
    spec.comment = "mark";
    spec.cloud_vendor = "aws";
    spec.region = "us-west-2";
    spec.provider = {.collaborator_alias = "acme", .global_metastore_id = kProviderMetastore};
    spec.brand = {.collaborator_alias = "brand42",
                  .global_metastore_id = kBrandMetastore,
                  .invite_recipient_email = "data@brand42.example",
                  .invite_recipient_workspace_id = 2222};
    spec.package_digest = "sha256:1";
    spec.assets = {{.name = "acme.identity.graph", .local_name = "prod.identity.graph"}};
    spec.notebooks = {{.name = "measure ment #1.py",
                       .description = "what it does",
                       .environment_version = "2",
                       .runner_collaborator_aliases = {"brand42"}}};
    return spec;
  }
  // Requests that reached the simulator, by the pattern of their route.
  long Count(const std::string& route) const {
    const std::vector<sim::LoggedRequest> requests = simulator->RequestLog();
    return std::count_if(requests.begin(), requests.end(),
                         [&](const auto& it) { return it.route == route; });
  }

  FakeLoop loop;
  std::unique_ptr<sim::Simulator> simulator;
  SimHttpClient http{*simulator, loop};
  CapturedLog log;
  Metrics metrics;
  std::mt19937_64 random{42};
  const ShardId shard{"s1"};
  const CallScope scope = {.shard = shard,
                           .origin = {.job = JobId("job1"),
                                      .brand = BrandId("brand42"),
                                      .trace_id = "0af7651916cd43dd8448eb211c80319c"}};
  DatabricksProvider provider{
      {loop, http, log, metrics, random}, {Options()}, MakeUserAgent("acme", "0.1.0")};
};

}  // namespace roomkeeper::testing
