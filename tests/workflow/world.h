#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "lib/engine/engine.h"
#include "lib/store/inline_store.h"
#include "lib/store/memory/memory_engine.h"
#include "tests/support/fake_loop.h"
#include "tests/support/fake_provider.h"
#include "tests/support/room_samples.h"

namespace roomkeeper::testing {

// Shows its lines to whoever asks.
class ShownLog final : public Log {
 public:
  using Fields = std::map<std::string, std::string>;  // of text only

  void Write(LogLevel level, absl::string_view message,
             std::initializer_list<LogField> fields) override {
    if (!on_line) {
      return;
    }
    Fields shown;
    for (const LogField& field : fields) {
      if (const auto* text = std::get_if<std::string>(&field.value); text != nullptr) {
        shown.emplace(field.key, *text);
      }
    }
    on_line(level, std::string(message), shown);
  }

  std::function<void(LogLevel, const std::string&, const Fields&)> on_line = {};
};

class SampleCatalog final : public PackageCatalog {
 public:
  absl::StatusOr<std::shared_ptr<const PackageVersion>> Get(
      const PackageName& name, const std::string& version) const override {
    for (const auto& candidate : List()) {
      if (!empty && name == candidate->name && version == candidate->version) {
        return candidate;
      }
    }
    return absl::NotFoundError("no such package");
  }
  std::vector<std::shared_ptr<const PackageVersion>> List() const override {
    std::vector<std::shared_ptr<const PackageVersion>> all = others;
    all.push_back(package);
    return all;
  }

  bool empty = false;
  std::shared_ptr<const PackageVersion> package =
      std::make_shared<const PackageVersion>(SamplePackage());
  std::vector<std::shared_ptr<const PackageVersion>> others = {};
};

// SamplePackage and this one differ in everything that can differ between two versions of it.
PackageVersion OtherPackage();

// A storage engine whose n-th commit fails, once, and changes nothing; and its n-th read.
class FlakyEngine final : public StorageEngine {
 public:
  explicit FlakyEngine(StorageEngine& under) : under_(under) {}
  std::vector<absl::StatusOr<WriteResult>> Apply(std::vector<WriteOp> ops,
                                                 CommitNotice& notice) override;
  absl::StatusOr<std::unique_ptr<Reader>> NewReader() override;

  int fail_at = 0;
  int fail_read_at = 0;
  absl::Status failure = absl::UnavailableError("injected");
  JobId corrupt = {};  // claims find its rows unreadable
  int commits = 0;
  int reads = 0;
  std::function<void(int)> after_commit = {};  // with its number, before anybody hears of it
  std::function<void()> on_failure = {};

 private:
  const absl::Status& Fail() const;

  StorageEngine& under_;
};

// The whole product below the API in one thread under virtual time: store, engine, platform.
class World {
 public:
  // `other`: in place of the store in memory; outlives it.
  explicit World(EngineOptions with = {}, StorageEngine* other = nullptr);
  ~World();

  // A new process: another owner over the same store and the same platform.
  void Boot();
  // The process dies: what is not committed is lost, what was sent still happens.
  void Crash();
  // Crashes once the loop turns, and boots again after `down`.
  void CrashSoon(absl::Duration down);

  // What CreateCleanRoom, DeleteCleanRoom and RetryJob submit; the engine hears of it.
  JobId Provision(const std::string& clean_room_id = "match", const std::string& brand = "acme");
  JobId Teardown(const std::string& clean_room_id = "match", const std::string& brand = "acme");
  // A removal that waits so long before it begins.
  JobId TeardownAfter(absl::Duration grace);
  JobId Retry(const JobId& failed);
  // What AdoptCleanRoom and store rebuild submit.
  JobId TakeIn();
  // What UpdateCleanRoom submits: the room "match" is to have this version.
  JobId MoveTo(const PackageVersion& package);
  void Cancel(const JobId& id);

  // False: the job is not final after `limit` of virtual time.
  bool RunToEnd(const JobId& id, absl::Duration limit = absl::Hours(60));

  Job GetJob(const JobId& id);
  CleanRoom GetRoom(const JobId& id);
  std::vector<JobEvent> Events(const JobId& id);
  std::string EventTypes(const JobId& id);  // "job.queued step.started …"

  // What the platform holds that `job`'s room is not to have, and what it lacks, down to what only
  // the fake platform can tell; empty: the room is exactly as its row wants it.
  std::string Differences(const JobId& id);

  // What docs/reliability.md promises of a job that ended, as far as one job can show it; empty if
  // it all holds.
  std::string Violations(const JobId& id);

  FakeLoop loop;
  MemoryEngine memory;
  StorageEngine& stored;  // `memory`, or the other
  FlakyEngine flaky{stored};
  FakeProvider platform{loop};
  Provider* provider = &platform;  // of the next Boot
  Metrics metrics;
  ShownLog log;
  SampleCatalog packages;
  Provenance provenance = SampleProvenance();
  EngineOptions options = {};
  std::optional<absl::Duration> room_ttl = {};  // of rooms made from now on
  std::unique_ptr<InlineStore> store;
  std::unique_ptr<Engine> engine;

 private:
  JobId Submit(SubmitJob op);
  CleanRoom MakeRoom(const std::string& clean_room_id, const std::string& brand, const JobId& job);

  std::mt19937_64 chance_{42};
  int boots_ = 0;
  int jobs_ = 0;
};

}  // namespace roomkeeper::testing
