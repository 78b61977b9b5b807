#include "lib/databricks/databricks_provider.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "lib/databricks/api/assets_api.h"
#include "lib/databricks/api/clean_rooms_api.h"
#include "lib/databricks/api/workspace_api.h"
#include "lib/databricks/preflight/preflight_cache.h"
#include "lib/databricks/rest_client.h"
#include "lib/databricks/room_observer.h"
#include "lib/databricks/room_reading.h"
#include "lib/databricks/wire/assets_json.h"
#include "lib/databricks/wire/rooms_json.h"
#include "lib/obs/metric_table.h"

namespace roomkeeper {
namespace {

std::string UserAgentToken(absl::string_view text) {
  std::string token;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '+' ||
        c == '-') {
      token += c;
    }
  }
  return token;
}

AssetRef RefOf(const RoomSpec& room, AssetType type, const std::string& name) {
  return {.room = room.room_name, .asset_type = std::string(Name(type)), .name = name};
}

}  // namespace

std::string MakeUserAgent(absl::string_view isv_name, absl::string_view version) {
  return absl::StrCat(UserAgentToken(isv_name), "_roomkeeper/", UserAgentToken(version));
}

// What one class of calls goes through.
struct DatabricksProvider::Lane {
  Lane(Shard& shard, RestOptions rest_options);

  RestClient rest;
  // One for each class: who asks shares an answer that is on its way.
  PreflightCache preflight;
};

struct DatabricksProvider::Shard {
  Shard(TokenSource::Ports shard_ports, ShardOptions shard_options, const std::string& user_agent)
      : ports(shard_ports),
        options(std::move(shard_options)),
        tokens(ports, {.shard = options.id.value(),
                       .host = options.host,
                       .client_id = options.client_id,
                       .credentials = options.credentials,
                       .ca_file = options.ca_file,
                       .user_agent = user_agent,
                       .outage = [this] { return breaker.open(); }}),
        budget(ports.loop, {.requests_per_second = options.requests_per_second}),
        breaker(ports.loop, ports.random,
                {.probe = [this](auto done) { ProbeRooms(engine.rest, std::move(done)); },
                 .changed = [this](bool open) { BreakerChanged(open); }}),
        engine(*this, ClientOptions(user_agent, CallClass::kEngine)),
        callers(*this, ClientOptions(user_agent, CallClass::kInteractive)),
        background(*this, ClientOptions(user_agent, CallClass::kBackground)),
        observer(ports.loop, engine.rest, ports.metrics) {
    ports.metrics.Set(metric::kRoomLimit, {options.id.value()},
                      static_cast<double>(options.room_limit));
    ports.metrics.Set(metric::kBreakerOpen, {options.id.value()}, 0);
  }

  RestOptions ClientOptions(const std::string& user_agent, CallClass call_class) const {
    return {.shard = options.id.value(),
            .host = options.host,
            .user_agent = user_agent,
            .ca_file = options.ca_file,
            .call_class = call_class,
            .read_timeout = std::min(options.write_timeout, absl::Seconds(30)),
            .write_timeout = options.write_timeout};
  }
  void BreakerChanged(bool open) {
    const std::string& shard = options.id.value();
    ports.metrics.Set(metric::kBreakerOpen, {shard}, open ? 1 : 0);
    if (open) {
      budget.TurnAway();
      ports.log.Warning("the platform does not answer: only probes are sent", {{"shard", shard}});
    } else {
      budget.StartSlowly();
      ports.log.Info("the platform answers again", {{"shard", shard}});
    }
  }
  Lane& lane(CallClass of) {
    switch (of) {
      case CallClass::kEngine:
        return engine;
      case CallClass::kInteractive:
        return callers;
      case CallClass::kBackground:
        return background;
    }
    return engine;
  }
  void RoomsChanged(std::int64_t by) {
    engine.preflight.RoomsChanged(by);
    callers.preflight.RoomsChanged(by);
    background.preflight.RoomsChanged(by);
  }

  const TokenSource::Ports ports;
  const ShardOptions options;
  TokenSource tokens;
  RequestBudget budget;
  CircuitBreaker breaker;
  Lane engine;
  Lane callers;
  Lane background;
  RoomObserver observer;
};

DatabricksProvider::Lane::Lane(Shard& shard, RestOptions rest_options)
    : rest(shard.ports, shard.tokens, shard.budget, shard.breaker, std::move(rest_options)),
      preflight(shard.ports.loop, rest, shard.ports.metrics, shard.options) {}

class DatabricksProvider::Reads final : public PlatformReads {
 public:
  Reads(DatabricksProvider& provider, CallClass call_class)
      : provider_(provider), class_(call_class) {}

  void Preflight(const CallScope& scope, const RoomSpec& spec, bool fresh,
                 CallDone<PreflightReport> done) override {
    if (Shard* it = provider_.Find(scope.shard, done)) {
      it->lane(class_).preflight.Run(scope.origin, spec, fresh, std::move(done));
    }
  }
  void ObserveRoom(const CallScope& scope, const std::string& room_name, Depth depth,
                   CallDone<ObservedRoom> done) override {
    if (Shard* it = provider_.Find(scope.shard, done)) {
      ReadRoom({it->lane(class_).rest, scope.origin}, room_name, depth, std::move(done));
    }
  }
  void GetAsset(const CallScope& scope, const std::string& room_name, const std::string& asset_type,
                const std::string& asset_name, CallDone<ObservedAsset> done) override {
    if (Shard* it = provider_.Find(scope.shard, done)) {
      roomkeeper::GetAsset({it->lane(class_).rest, scope.origin},
                           {.room = room_name, .asset_type = asset_type, .name = asset_name},
                           std::move(done));
    }
  }
  void ListRooms(const CallScope& scope, CallDone<std::vector<ObservedRoom>> done) override {
    if (Shard* it = provider_.Find(scope.shard, done)) {
      roomkeeper::ListRooms({it->lane(class_).rest, scope.origin}, nullptr, std::move(done));
    }
  }
  void ListTaskRuns(const CallScope& scope, const std::string& room_name, std::int32_t limit,
                    CallDone<std::vector<TaskRun>> done) override {
    if (Shard* it = provider_.Find(scope.shard, done)) {
      roomkeeper::ListTaskRuns({it->lane(class_).rest, scope.origin}, room_name, limit,
                               std::move(done));
    }
  }

 private:
  DatabricksProvider& provider_;
  const CallClass class_;
};

DatabricksProvider::DatabricksProvider(TokenSource::Ports ports, std::vector<ShardOptions> shards,
                                       std::string user_agent)
    : ports_(ports),
      for_engine_(std::make_unique<Reads>(*this, CallClass::kEngine)),
      for_callers_(std::make_unique<Reads>(*this, CallClass::kInteractive)),
      for_background_(std::make_unique<Reads>(*this, CallClass::kBackground)) {
  for (ShardOptions& options : shards) {
    const ShardId id = options.id;
    shards_[id] = std::make_unique<Shard>(ports, std::move(options), user_agent);
  }
}

DatabricksProvider::~DatabricksProvider() = default;

PlatformReads& DatabricksProvider::for_callers() {
  return *for_callers_;
}

PlatformReads& DatabricksProvider::for_background() {
  return *for_background_;
}

template <typename T>
DatabricksProvider::Shard* DatabricksProvider::Find(const ShardId& id, const CallDone<T>& done) {
  const auto it = shards_.find(id);
  if (it != shards_.end()) {
    return it->second.get();
  }
  // Rows outlive configurations.
  ports_.loop.Post([id, done] {
    done({.failure = {.error = CallError::kInvalid,
                      .error_code = "SHARD_NOT_CONFIGURED",
                      .message = absl::StrCat("shard ", id.value(), " is not configured here")}});
  });
  return nullptr;
}

std::int64_t DatabricksProvider::RoomsListed(const ShardId& shard) const {
  const auto it = shards_.find(shard);
  return it == shards_.end() ? 0 : it->second->engine.preflight.rooms_listed();
}

void DatabricksProvider::Preflight(const CallScope& scope, const RoomSpec& spec, bool fresh,
                                   CallDone<PreflightReport> done) {
  for_engine_->Preflight(scope, spec, fresh, std::move(done));
}

void DatabricksProvider::ObserveRoom(const CallScope& scope, const std::string& room_name,
                                     Depth depth, CallDone<ObservedRoom> done) {
  for_engine_->ObserveRoom(scope, room_name, depth, std::move(done));
}

void DatabricksProvider::AwaitProvisioned(const CallScope& scope, const std::string& room_name,
                                          absl::Time created_at, absl::Duration patience,
                                          CallDone<ObservedRoom> done) {
  if (Shard* it = Find(scope.shard, done)) {
    it->observer.Await(scope.origin, room_name, created_at, patience, std::move(done));
  }
}

void DatabricksProvider::CreateRoom(const CallScope& scope, const RoomSpec& spec,
                                    CallDone<ObservedRoom> done) {
  Shard* it = Find(scope.shard, done);
  if (it == nullptr) {
    return;
  }
  roomkeeper::CreateRoom(
      {it->engine.rest, scope.origin}, spec,
      [it, done, origin = scope.origin](CallResult<ObservedRoom> created) {
        if (created.ok()) {
          it->RoomsChanged(+1);
        }
        // Without a status our own budget held it back: that says nothing of the metastore.
        if (created.failure.error != CallError::kRateLimited || created.failure.http_status == 0) {
          done(std::move(created));
          return;
        }
        // 429 stands for "too fast" and for "too many": only the number of rooms tells them apart.
        it->engine.preflight.Count(
            origin, [it, done, created](const CallResult<std::int64_t>& rooms) mutable {
              created.calls += rooms.calls;
              created.waited += rooms.waited;
              if (rooms.ok() && rooms.value >= it->options.room_limit) {
                created.failure.error = CallError::kLimitReached;
              }
              done(std::move(created));
            });
      });
}

void DatabricksProvider::DeleteRoom(const CallScope& scope, const std::string& room_name,
                                    CallDone<Empty> done) {
  if (Shard* it = Find(scope.shard, done)) {
    roomkeeper::DeleteRoom({it->engine.rest, scope.origin}, room_name,
                           [it, done = std::move(done)](CallResult<Empty> gone) {
                             if (gone.ok()) {
                               it->RoomsChanged(-1);
                             }
                             done(std::move(gone));
                           });
  }
}

void DatabricksProvider::AddAsset(const CallScope& scope, const RoomSpec& room,
                                  const AssetSpec& asset, CallDone<ObservedAsset> done) {
  if (Shard* it = Find(scope.shard, done)) {
    roomkeeper::AddAsset({it->engine.rest, scope.origin}, room.room_name, wire::AssetBody(asset),
                         std::move(done));
  }
}

void DatabricksProvider::UpdateAsset(const CallScope& scope, const RoomSpec& room,
                                     const AssetSpec& asset, CallDone<ObservedAsset> done) {
  if (Shard* it = Find(scope.shard, done)) {
    roomkeeper::UpdateAsset({it->engine.rest, scope.origin}, RefOf(room, asset.type, asset.name),
                            wire::AssetBody(asset), std::move(done));
  }
}

void DatabricksProvider::GetAsset(const CallScope& scope, const std::string& room_name,
                                  const std::string& asset_type, const std::string& asset_name,
                                  CallDone<ObservedAsset> done) {
  for_engine_->GetAsset(scope, room_name, asset_type, asset_name, std::move(done));
}

void DatabricksProvider::AddNotebook(const CallScope& scope, const RoomSpec& room,
                                     const NotebookSpec& notebook,
                                     const std::string& content_base64,
                                     CallDone<ObservedAsset> done) {
  if (Shard* it = Find(scope.shard, done)) {
    roomkeeper::AddAsset({it->engine.rest, scope.origin}, room.room_name,
                         wire::NotebookBody(notebook, content_base64), std::move(done));
  }
}

void DatabricksProvider::UpdateNotebook(const CallScope& scope, const RoomSpec& room,
                                        const NotebookSpec& notebook,
                                        const std::string& content_base64,
                                        CallDone<ObservedAsset> done) {
  if (Shard* it = Find(scope.shard, done)) {
    roomkeeper::UpdateAsset({it->engine.rest, scope.origin},
                            RefOf(room, AssetType::kNotebookFile, notebook.name),
                            wire::NotebookBody(notebook, content_base64), std::move(done));
  }
}

void DatabricksProvider::RemoveAsset(const CallScope& scope, const std::string& room_name,
                                     AssetType type, const std::string& asset_name,
                                     CallDone<Empty> done) {
  if (Shard* it = Find(scope.shard, done)) {
    roomkeeper::DeleteAsset(
        {it->engine.rest, scope.origin},
        {.room = room_name, .asset_type = std::string(Name(type)), .name = asset_name},
        std::move(done));
  }
}

void DatabricksProvider::UpdateComment(const CallScope& scope, const RoomSpec& room,
                                       CallDone<ObservedRoom> done) {
  if (Shard* it = Find(scope.shard, done)) {
    roomkeeper::UpdateRoom({it->engine.rest, scope.origin}, room.room_name,
                           wire::UpdateRoomBody(room), std::move(done));
  }
}

void DatabricksProvider::ListRooms(const CallScope& scope,
                                   CallDone<std::vector<ObservedRoom>> done) {
  for_engine_->ListRooms(scope, std::move(done));
}

void DatabricksProvider::ListTaskRuns(const CallScope& scope, const std::string& room_name,
                                      std::int32_t limit, CallDone<std::vector<TaskRun>> done) {
  for_engine_->ListTaskRuns(scope, room_name, limit, std::move(done));
}

void DatabricksProvider::ProbeShard(const ShardId& shard, std::vector<AssetSpec> assets,
                                    std::function<void(std::vector<ShardCheck>)> done) {
  const auto it = shards_.find(shard);
  if (it == shards_.end()) {
    ports_.loop.Post([shard, done = std::move(done)] {
      done({{.name = "configuration",
             .ok = false,
             .message = absl::StrCat("shard ", shard.value(), " is not configured here"),
             .fix = "add it to shards in the server's configuration"}});
    });
    return;
  }
  Shard& found = *it->second;
  GatherFindings(found.engine.rest, std::move(assets),
                 [&found, done = std::move(done)](const ShardFindings& findings) {
                   done(CheckShard(found.options, findings));
                 });
}

void DatabricksProvider::ProveCredentials(
    const ShardId& shard,
    std::function<void(const std::string&, const std::vector<CredentialStatus>&)> done) {
  const auto it = shards_.find(shard);
  if (it == shards_.end()) {
    ports_.loop.Post([done = std::move(done)] { done("", {}); });
    return;
  }
  Shard& found = *it->second;
  found.tokens.Prove([&found, done = std::move(done)](const std::vector<CredentialStatus>& all) {
    done(found.options.client_id, all);
  });
}

void DatabricksProvider::RotateSecrets(const ShardId& shard, bool plan, SecretRotation::Done done) {
  const auto it = shards_.find(shard);
  // Shards may share a principal, and so its secrets.
  if (it == shards_.end() || !rotating_.insert(it->second->options.client_id).second) {
    const absl::Status why =
        it == shards_.end()
            ? absl::NotFoundError(absl::StrCat("shard ", shard.value(), " is not configured here"))
            : absl::AbortedError(absl::StrCat("a rotation of the secrets of ",
                                              it->second->options.client_id,
                                              " runs already: wait for its end"));
    ports_.loop.Post([why, done = std::move(done)] { done({.status = why}); });
    return;
  }
  Shard& found = *it->second;
  SecretRotation::Run({found.callers.rest, found.tokens, ports_.loop, ports_.log, ports_.random},
                      {.shard = shard.value(),
                       .client_id = found.options.client_id,
                       .credentials = found.options.credentials,
                       .record = found.options.rotation_record,
                       .plan = plan},
                      [this, &found, done = std::move(done)](RotationReport report) {
                        rotating_.erase(found.options.client_id);
                        done(std::move(report));
                      });
}

void DatabricksProvider::ExportNotebook(const ShardId& shard, const std::string& path,
                                        CallDone<std::string> done) {
  if (Shard* it = Find(shard, done)) {
    roomkeeper::ExportNotebook(it->engine.rest, path, std::move(done));
  }
}

}  // namespace roomkeeper
