#include "tests/simulation/world.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "lib/cleanroom/naming.h"
#include "lib/model/states.h"
#include "lib/store/memory/memory_engine.h"
#include "tests/simulation/shop.h"
#include "tests/simulation/store/disk_store.h"

namespace roomkeeper::testing {
namespace {

constexpr absl::Duration kRestAfter = absl::Hours(6);  // once the faults stop, all ends by then
constexpr char kInstance[] = "simulated";

class World {
 public:
  World(std::uint64_t seed, const RunOptions& options)
      : scheduler_(seed),
        disk_store_(options.on_sqlite ? std::make_unique<DiskStore>(seed) : nullptr),
        engine_(disk_store_ == nullptr ? static_cast<StorageEngine&>(memory_) : *disk_store_),
        ground_{.scheduler = scheduler_,
                .platform = platform_,
                .network = network_,
                .engine = engine_,
                .packages = packages_,
                .shards = shards_,
                .provenance = provenance_,
                .metrics = SharedMetrics(),
                .witness = [this](const WriteOp& op, const absl::StatusOr<WriteResult>& result) {
                  checker_.OnApplied(op, result);
                }} {
    scheduler_.PrintTrace(options.print);
    network_.on_write = [this](const std::string& method, const std::string& target) {
      checker_.OnPlatformWrite(method, target);
    };
  }

  RunResult Run() {
    Enrol(engine_);
    DrawIllness();
    Boot();
    while (scheduler_.now() < trouble_ends_) {
      RunFor(scheduler_.Between(absl::Milliseconds(10), pace_));
      Disturb();
    }
    StopFaults();
    ComeToRest();
    checker_.AtRest();
    clients_.CheckAtRest();
    return Result();
  }

 private:
  // Registering a hundred metrics for each of thousands of runs would cost more than the runs.
  static Metrics& SharedMetrics() {
    static auto* metrics = new Metrics;
    return *metrics;
  }

  void DrawIllness();
  void RunFor(absl::Duration time);
  void Boot();
  void BootLater(absl::Duration after);
  void Kill();
  void Crash();
  void MakeZombie();
  void Disturb();
  void DisturbPlatform();
  void CallSomething(Process& process);
  void StepClock();
  void StopFaults();
  void ComeToRest();
  bool AllFinal() const;
  std::string RoomNameOf(int brand);
  RunResult Result();

  Scheduler scheduler_;
  MemoryEngine memory_;
  const std::unique_ptr<DiskStore> disk_store_;  // null: the memory engine
  StorageEngine& engine_;
  Platform platform_{scheduler_};
  Network network_{scheduler_, platform_};
  OnePackage packages_;
  OneShard shards_;
  Provenance provenance_{kInstance, Secret("provenance key")};
  Checker checker_{scheduler_, platform_, engine_, provenance_};
  Clients clients_{scheduler_, checker_};
  Ground ground_;
  std::unique_ptr<Process> current_;
  std::unique_ptr<Process> zombie_;
  absl::Duration wall_offset_ = absl::ZeroDuration();
  absl::Duration wall_offset_max_ = absl::ZeroDuration();
  absl::Duration trouble_ends_ = absl::ZeroDuration();
  absl::Duration pace_ = absl::Seconds(5);
  int crash_rate_ = 0;
  int zombie_rate_ = 0;
  int clock_rate_ = 0;
  int platform_rate_ = 0;
  int outage_rate_ = 0;
  int delete_rate_ = 0;
  bool throw_away_ = false;  // apps that need a room for a moment only
  bool expiry_ = false;      // some rooms are asked for with a time to live
  bool booting_ = false;
  bool peace_ = false;
  int boots_ = 0;
  RunResult result_;
};

// Many kinds of trouble are absent from a run, so that each shows what it does alone.
void World::DrawIllness() {
  const auto rate = [this](int often) {
    return scheduler_.OneIn(2) ? 0 : scheduler_.OneIn(5) ? often * 5 : scheduler_.Below(often);
  };
  Weather& weather = network_.weather;
  for (int* field :
       {&weather.not_sent, &weather.lost_before, &weather.lost_after, &weather.lands_late,
        &weather.hang, &weather.slow, &weather.server_error, &weather.rate_limit,
        &weather.token_trouble, &weather.bad_list, &weather.garbage}) {
    *field = rate(60);
  }
  ground_.disk = {.commit_fails = rate(60), .read_fails = rate(40), .slow = rate(60)};
  crash_rate_ = rate(150);
  zombie_rate_ = rate(100);
  clock_rate_ = rate(60);
  platform_rate_ = rate(250);
  outage_rate_ = rate(40);
  throw_away_ = scheduler_.OneIn(4);
  delete_rate_ = 50 + rate(150);
  pace_ = absl::Seconds(1 + scheduler_.Below(20));
  trouble_ends_ =
      scheduler_.now() + scheduler_.Between(absl::Minutes(1), pace_ * (10 + scheduler_.Below(40)));
  EngineOptions& options = ground_.options;
  options.limits.call_horizon = absl::Seconds(100);  // as the server computes it
  options.limits.writers_per_room = 1 + scheduler_.Below(3);
  if (scheduler_.OneIn(3)) {
    options.limits.compensation_budget = absl::Minutes(1 + scheduler_.Below(5));
    options.limits.provisioning_timeout = absl::Minutes(1 + scheduler_.Below(5));
    ground_.job_deadline = absl::Minutes(3 + scheduler_.Below(20));
  }
  if (scheduler_.OneIn(2)) {
    options.limits.look_interval = absl::Minutes(2 + scheduler_.Below(8));
  }
  if (scheduler_.OneIn(2)) {
    ground_.delete_grace = scheduler_.Between(absl::Seconds(5), absl::Minutes(15));
    throw_away_ = throw_away_ || scheduler_.OneIn(2);
    trouble_ends_ += pace_ * scheduler_.Below(60);
  }
  expiry_ = scheduler_.OneIn(2);
  clients_.LetRoomsExpire(expiry_ ? 3 : 0);
  options.active_jobs_max = 1 + scheduler_.Below(6);
  options.poll_interval = absl::Seconds(2 + scheduler_.Below(10));
  options.stats_interval = absl::Minutes(1);
}

void World::RunFor(absl::Duration time) {
  const absl::Duration end = scheduler_.now() + time;
  while (scheduler_.Step(end)) {
  }
}

void World::Boot() {
  booting_ = false;
  scheduler_.Trace("boot");
  current_ = std::make_unique<Process>(ground_, ++boots_);
  current_->SetClock(wall_offset_);
}

void World::BootLater(absl::Duration after) {
  booting_ = true;
  scheduler_.At(after, nullptr, [this] { Boot(); });
}

void World::Kill() {
  scheduler_.Trace("kill");
  if (current_ != nullptr) {
    checker_.Violation(current_->violations());
  }
  clients_.ConnectionsLost();
  current_.reset();
  if (disk_store_ != nullptr && zombie_ == nullptr) {
    disk_store_->LosePower();
  }
}

void World::Crash() {
  if (current_ == nullptr || current_->paused()) {
    return;
  }
  ++result_.crashes;
  current_->Interrupt(scheduler_.Below(40), [this] {
    Kill();
    BootLater(scheduler_.Between(absl::ZeroDuration(), absl::Seconds(30)));
  });
}

// The process stops as if frozen; another one takes its jobs; then it wakes and does not know.
void World::MakeZombie() {
  if (current_ == nullptr || zombie_ != nullptr || booting_) {
    return;
  }
  ++result_.zombies;
  current_->Interrupt(scheduler_.Below(40), [this] {
    if (zombie_ != nullptr || peace_) {
      return;
    }
    scheduler_.Trace("freeze");
    current_->Pause();
    clients_.ConnectionsLost();
    zombie_ = std::move(current_);
    BootLater(scheduler_.Between(absl::ZeroDuration(), absl::Seconds(20)));
    const absl::Duration frozen = scheduler_.Between(absl::Seconds(1), absl::Minutes(6));
    scheduler_.At(frozen, nullptr, [this] {
      scheduler_.Trace("the zombie wakes");
      if (zombie_ != nullptr) {
        zombie_->Wake();
      }
    });
    scheduler_.At(frozen + scheduler_.Between(absl::Seconds(1), absl::Seconds(30)), nullptr,
                  [this] {
                    scheduler_.Trace("the zombie dies");
                    zombie_.reset();
                  });
  });
}

void World::StepClock() {
  // Forward by more than the margin of the call horizon only while nothing that may still land is
  // under way: docs/reliability.md says why.
  const bool far = network_.strays() == 0 && scheduler_.OneIn(2);
  wall_offset_ +=
      scheduler_.OneIn(2)
          ? -scheduler_.Between(absl::ZeroDuration(), absl::Minutes(10))
          : scheduler_.Between(absl::ZeroDuration(), far ? absl::Minutes(30) : absl::Seconds(3));
  wall_offset_max_ = std::max(wall_offset_max_, wall_offset_);
  scheduler_.Trace(absl::StrCat("the clock is ", absl::FormatDuration(wall_offset_), " off"));
  for (const auto& process : {current_.get(), zombie_.get()}) {
    if (process != nullptr) {
      process->SetClock(wall_offset_);
    }
  }
}

std::string World::RoomNameOf(int brand) {
  const RoomKey key = {BrandId(BrandName(brand)), InstallId("main"),
                       CleanRoomId(absl::StrCat("room", scheduler_.Below(kRoomsPerBrand)))};
  const auto row = (*engine_.NewReader())->GetRoom(key);
  return PlatformRoomName(kInstance, key, row.ok() ? row->generation : 1);
}

void World::DisturbPlatform() {
  const int brand = scheduler_.Below(kBrands);
  const std::string room = RoomNameOf(brand);
  const int what = scheduler_.Below(12);
  scheduler_.Trace(absl::StrCat("by hand ", what, " ", room));
  switch (what) {
    case 0:
      platform_.RevokeGrant();
      return;
    case 1:
      platform_.RevokeSecret();
      return;
    case 2:
      platform_.FillMetastore();
      return;
    case 3:
      platform_.CloseSharing();
      return;
    case 4:
      platform_.FailNextRooms(1 + scheduler_.Below(3));
      return;
    case 5: {
      const auto rooms = platform_.Rooms();
      const bool copy = !rooms.empty() && scheduler_.OneIn(2);
      if (checker_.LongNotOurs(room)) {
        platform_.Squat(room, brand, copy ? rooms.begin()->second.comment : "somebody else's");
      }
      return;
    }
    case 6:
    case 7:
      platform_.Heal();
      return;
    default:
      if (!platform_.strangers().contains(room)) {
        platform_.Damage(room);
      }
      return;
  }
}

void World::CallSomething(Process& process) {
  if (scheduler_.PerMille(delete_rate_)) {
    clients_.Delete(process);
    return;
  }
  if (ground_.delete_grace > absl::ZeroDuration() && scheduler_.OneIn(4)) {
    clients_.Undelete(process);
    return;
  }
  switch (scheduler_.Below(11)) {
    case 10:
      clients_.Renew(process);
      return;
    case 0:
      clients_.Cancel(process);
      return;
    case 1:
      clients_.Retry(process);
      return;
    case 2:
      clients_.Confirm(process);
      return;
    case 3:
    case 4:
      clients_.AskAgain(process);
      return;
    case 5:
      clients_.Pry(process);
      return;
    default:
      clients_.Create(process);
      return;
  }
}

void World::Disturb() {
  if (scheduler_.PerMille(crash_rate_)) {
    Crash();
  } else if (scheduler_.PerMille(zombie_rate_)) {
    MakeZombie();
  }
  if (scheduler_.PerMille(clock_rate_)) {
    StepClock();
  }
  if (scheduler_.PerMille(platform_rate_)) {
    DisturbPlatform();
  }
  if (scheduler_.PerMille(outage_rate_)) {
    network_.GoAway(scheduler_.Between(absl::Seconds(10), absl::Minutes(10)));
  }
  Process* process = zombie_ != nullptr && !zombie_->paused() && scheduler_.OneIn(2)
                         ? zombie_.get()
                         : current_.get();
  if (process != nullptr && scheduler_.OneIn(2)) {
    CallSomething(*process);
  }
  if (current_ != nullptr) {
    if (throw_away_) {
      clients_.DeleteReady(*current_);
    }
    clients_.Watch(*current_);
  }
}

void World::StopFaults() {
  scheduler_.Trace("the faults stop");
  peace_ = true;
  network_.weather = {};
  network_.Return();
  ground_.disk = {};
  platform_.Heal();
  zombie_.reset();
  RunFor(absl::Minutes(1));  // a boot or an interrupt may be on its way
  if (current_ != nullptr) {
    current_->Interrupt(-1, {});
  } else if (!booting_) {
    Boot();
  }
}

bool World::AllFinal() const {
  const std::vector<Job> jobs = checker_.Jobs();
  return std::all_of(jobs.begin(), jobs.end(), [](const Job& job) { return IsFinal(job.state); });
}

void World::ComeToRest() {
  // What was put off to a wall time, and the clock was set back since.
  const absl::Duration set_back = wall_offset_max_ - wall_offset_;
  const auto finish = [this, end = scheduler_.now() + kRestAfter + set_back] {
    while (scheduler_.now() < end && !AllFinal()) {
      RunFor(absl::Seconds(20));
    }
  };
  finish();
  if (expiry_) {
    RunFor(kTtlMax + set_back + absl::Minutes(5));
    finish();
    checker_.AllHaveExpired();
  }
  if (const absl::Duration cycle = ground_.options.limits.look_interval;
      cycle > absl::ZeroDuration()) {
    // Somebody changes rooms that are at rest. Then each is looked at, and mended if it can be.
    for (int i = 0; i < kBrands * kRoomsPerBrand; ++i) {
      const std::string room = RoomNameOf(scheduler_.Below(kBrands));
      if (!platform_.strangers().contains(room)) {
        platform_.Damage(room);
      }
    }
    checker_.LookedAtSince(scheduler_.now());
    RunFor(1.25 * cycle + set_back + absl::Minutes(5));
    finish();
  }
  // A process tells its own watchers only; what a zombie committed they see when they come again.
  clients_.ConnectionsLost();
  if (current_ != nullptr) {
    clients_.Watch(*current_);
  }
  RunFor(absl::Minutes(3));  // what strays lands, watchers catch up
  if (current_ != nullptr) {
    checker_.Violation(current_->violations());
  }
}

RunResult World::Result() {
  result_.violations = checker_.violations();
  result_.trace_hash = scheduler_.trace_hash();
  result_.events = scheduler_.events();
  for (const Job& job : checker_.Jobs()) {
    ++result_.jobs;
    result_.succeeded += job.state == JobState::kSucceeded ? 1 : 0;
  }
  result_.virtual_time = scheduler_.now() - absl::Hours(1);
  if (!result_.violations.empty()) {
    absl::StrAppend(&result_.violations, "[knobs:", platform_.KnobsTaken(), "]");
  }
  return result_;
}

}  // namespace

RunResult RunSeed(std::uint64_t seed, const RunOptions& options) {
  return World(seed, options).Run();
}

}  // namespace roomkeeper::testing
