#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/auth/key_verifier.h"
#include "lib/cleanroom/provenance.h"
#include "lib/commands/command_context.h"
#include "lib/commands/rooms/create_clean_room.h"
#include "lib/obs/json_log.h"
#include "lib/store/inline_store.h"
#include "lib/store/memory/memory_engine.h"
#include "tests/support/fake_loop.h"
#include "tests/support/matchers.h"

namespace roomkeeper::testing {

class FixedCatalog final : public PackageCatalog {
 public:
  absl::StatusOr<std::shared_ptr<const PackageVersion>> Get(
      const PackageName& name, const std::string& version) const override {
    std::shared_ptr<const PackageVersion> newest;
    for (const auto& package : packages) {
      if (package->name == name && (version.empty() || package->version == version)) {
        newest = package;
      }
    }
    if (newest == nullptr) {
      return absl::NotFoundError("no such package");
    }
    return newest;
  }
  std::vector<std::shared_ptr<const PackageVersion>> List() const override { return packages; }

  std::vector<std::shared_ptr<const PackageVersion>> packages;  // by name, then version
};

class FixedShards final : public ShardDirectory {
 public:
  std::vector<ShardStatus> List() const override { return shards; }
  std::vector<ShardStatus> shards;
};

// Answers reads with what the test set; counts every call.
class CannedProvider final : public PlatformReads {
 public:
  void Preflight(const CallScope&, const RoomSpec&, bool, CallDone<PreflightReport> done) override {
    Answer(preflight, std::move(done));
  }
  void ObserveRoom(const CallScope& scope, const std::string&, Depth,
                   CallDone<ObservedRoom> done) override {
    const auto found = room_on.find(scope.shard);
    Answer(found == room_on.end() ? room : found->second, std::move(done));
  }
  void GetAsset(const CallScope&, const std::string&, const std::string&, const std::string&,
                CallDone<ObservedAsset> done) override {
    Answer(asset, std::move(done));
  }
  void ListTaskRuns(const CallScope&, const std::string&, std::int32_t,
                    CallDone<std::vector<TaskRun>> done) override {
    Answer(runs, std::move(done));
  }
  void ListRooms(const CallScope&, CallDone<std::vector<ObservedRoom>> done) override {
    Answer(listed, std::move(done));
  }

  CallResult<PreflightReport> preflight = {};
  CallResult<ObservedRoom> room = {};
  std::map<ShardId, CallResult<ObservedRoom>> room_on = {};  // before `room`
  CallResult<ObservedAsset> asset = {};
  CallResult<std::vector<TaskRun>> runs = {};
  CallResult<std::vector<ObservedRoom>> listed = {};
  int calls = 0;

 private:
  template <typename T>
  void Answer(const CallResult<T>& result, CallDone<T> done) {
    ++calls;
    done(result);
  }
};

std::shared_ptr<const PackageVersion> SamplePackage(const std::string& version);

// Two brands, acme (installs main and other) and zeta (install main), one shard, one package of two
// versions; everything on one thread under virtual time.
struct World {
  World();

  FakeLoop loop;
  MemoryEngine engine;
  InlineStore store{engine, loop};
  FixedCatalog packages;
  FixedShards shards;
  CannedProvider provider;
  KeyVerifier keys{store, loop.clock()};
  JsonLog log{loop.clock(), {.level = LogLevel::kError}};
  std::shared_ptr<CallAudit> call_audit =
      std::make_shared<CallAudit>(store, loop, log, CallAuditOptions());
  EventHub hub{100};
  Provenance provenance{"test", Secret("provenance key")};
  CommandContext context{.jobs = store,
                         .brands = store,
                         .enrollments = store,
                         .audit = store,
                         .call_audit = *call_audit,
                         .packages = packages,
                         .shards = shards,
                         .provider = provider,
                         .loop = loop,
                         .keys = keys,
                         .hub = hub,
                         .provenance = provenance,
                         .clock = loop.clock(),
                         .settings = {.page_token_key = Secret("page token key")}};

  Principal acme{.role = Role::kBrand, .brand = BrandId("acme"), .install = InstallId("main")};
  Principal acme_reader{.role = Role::kBrand, .brand = BrandId("acme")};
  Principal acme_other{
      .role = Role::kBrand, .brand = BrandId("acme"), .install = InstallId("other")};
  Principal zeta{.role = Role::kBrand, .brand = BrandId("zeta"), .install = InstallId("main")};
  Principal operators{.role = Role::kAdmin};
  RoomKey room_key{BrandId("acme"), InstallId("main"), CleanRoomId("identity-match")};

  // Runs `call` and answers what it was done with.
  template <typename T, typename Call>
  absl::StatusOr<T> Await(Call call) {
    std::optional<absl::StatusOr<T>> answer;
    call([&answer](absl::StatusOr<T> result) { answer = std::move(result); });
    loop.RunPosted();
    REQUIRE(answer.has_value());
    return *std::move(answer);
  }

  CreateCleanRoomInput Request(const std::string& request_id = "") const;
  absl::StatusOr<Job> Create(CreateCleanRoomInput input) { return Create(acme, std::move(input)); }
  absl::StatusOr<Job> Create(const Principal& who, CreateCleanRoomInput input);
  absl::StatusOr<CleanRoom> Stored(const RoomKey& key);
  // Plays the engine: brings job and room to these states along legal transitions.
  void Bring(const JobId& job, JobState job_state, RoomState room_state);
};

}  // namespace roomkeeper::testing
