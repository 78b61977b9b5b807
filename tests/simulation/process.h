#pragma once

#include <memory>
#include <string>

#include "lib/auth/key_verifier.h"
#include "lib/commands/command_context.h"
#include "lib/databricks/databricks_provider.h"
#include "lib/engine/engine.h"
#include "lib/events/event_hub.h"
#include "lib/obs/metrics.h"
#include "tests/simulation/network.h"
#include "tests/simulation/store/sim_store.h"

namespace roomkeeper::testing {

// What every process of a world stands on.
struct Ground {
  Scheduler& scheduler;
  Platform& platform;
  Network& network;
  StorageEngine& engine;
  const PackageCatalog& packages;
  const ShardDirectory& shards;
  const Provenance& provenance;
  Metrics& metrics;
  SimStore::Witness witness;
  DiskTrouble disk = {};
  EngineOptions options = {};
  absl::Duration job_deadline = absl::Hours(24);
  absl::Duration delete_grace = absl::ZeroDuration();
};

// Looks through everything that is logged for what must not be in it.
class WatchedLog final : public Log {
 public:
  explicit WatchedLog(const Platform& platform) : platform_(platform) {}
  void Write(LogLevel level, absl::string_view message,
             std::initializer_list<LogField> fields) override;
  const std::string& violations() const { return violations_; }

 private:
  const Platform& platform_;
  std::string violations_;
};

// One Roomkeeper process: everything below the API and the commands, wired as the server wires it.
class Process {
 public:
  Process(Ground& ground, int number);
  // As by kill -9: nothing of it runs again. What it sent still lands.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void Pause() { owner_->paused = true; }
  void Wake() { ground_.scheduler.Wake(owner_); }
  bool paused() const { return owner_->paused; }
  void StepClock(absl::Duration by) { owner_->wall_offset += by; }
  void SetClock(absl::Duration offset) { owner_->wall_offset = offset; }
  // `then` runs between two events of the process, after `events` more of them. It may destroy or
  // pause the process.
  void Interrupt(std::int64_t events, Scheduler::Task then);

  CommandContext& context() { return context_; }
  EventHub& hub() { return hub_; }
  std::string violations() const { return http_.violations() + log_.violations(); }
  const Scheduler::OwnerPtr& owner() const { return owner_; }

 private:
  Ground& ground_;
  Scheduler::OwnerPtr owner_ = std::make_shared<Scheduler::Owner>();
  ProcessLoop loop_;
  WatchedLog log_;
  SimStore store_;
  ProcessHttp http_;
  DatabricksProvider provider_;
  EventHub hub_{1000};
  KeyVerifier keys_;
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<CallAudit> call_audit_;  // not started: nothing here is refused a caller
  CommandContext context_;
};

}  // namespace roomkeeper::testing
