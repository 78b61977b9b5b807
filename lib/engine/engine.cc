#include "lib/engine/engine.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/engine/engine_impl.h"
#include "lib/model/states.h"
#include "lib/obs/metric_table.h"

namespace roomkeeper {
namespace {

// The wall clock may step while a timer runs on the monotonic one: look again at least this often.
constexpr absl::Duration kWakeTimerMax = absl::Minutes(1);
constexpr std::size_t kWakeBatch = 256;

}  // namespace

Engine::Engine(EngineDeps deps, EngineOptions options)
    : impl_(std::make_shared<Impl>(deps, std::move(options))) {}
Engine::~Engine() = default;

void Engine::Start() {
  impl_->Start();
}

void Engine::Stop(absl::Duration patience, std::function<void()> stopped) {
  impl_->Stop(patience, std::move(stopped));
}

Engine::Counts Engine::counts() const {
  return impl_->counts();
}

void Engine::OnCommit(const CommitNotice& notice) {
  std::vector<std::pair<BrandId, JobId>> cancels;
  for (const CommitNotice::JobChange& change : notice.jobs) {
    if (change.cancel_requested) {
      cancels.emplace_back(change.brand, change.id);
    }
  }
  if (cancels.empty() && notice.submitted.empty() && !notice.unclaimed_submitted &&
      !notice.freezes.has_value()) {
    return;
  }
  impl_->loop().Post([weak = std::weak_ptr<Impl>(impl_), cancels = std::move(cancels),
                      submitted = notice.submitted, claim = notice.unclaimed_submitted,
                      freezes = notice.freezes]() mutable {
    const std::shared_ptr<Impl> impl = weak.lock();
    if (impl == nullptr) {
      return;
    }
    if (freezes.has_value()) {
      impl->TakeFreezes(*std::move(freezes));
    }
    impl->TakeSubmitted(std::move(submitted));
    for (const auto& [brand, id] : cancels) {
      impl->TakeCancel(brand, id);
    }
    if (claim) {
      impl->Claim();
    }
  });
}

Engine::Impl::Impl(EngineDeps deps, EngineOptions options)
    : deps_(deps),
      options_(std::move(options)),
      sender_(deps.loop, deps.provider, deps.packages),
      expiry_(std::make_shared<ExpirySweep>(
          deps.loop, deps.store, deps.metrics, deps.log,
          ExpirySweepOptions{.owner = options_.owner,
                             .interval = options_.expiry_sweep_interval,
                             .teardown_deadline = options_.teardown_deadline})),
      drift_(std::make_shared<DriftScan>(
          deps, DriftScanOptions{.owner = options_.owner,
                                 .limits = options_.limits,
                                 .repairs_per_day_max = options_.repairs_per_day_max})),
      causes_(std::make_shared<DriftCauses>(deps.loop, deps.store, deps.metrics, deps.log)) {}

Engine::Counts Engine::Impl::counts() const {
  return {
      .live = live_.size(), .active = active_, .ready = ready_.size(), .parked = parked_.size()};
}

void Engine::Impl::After(absl::Duration delay, void (Impl::*task)()) {
  deps_.loop.RunAfter(delay, [weak = weak_from_this(), task] {
    if (const std::shared_ptr<Impl> self = weak.lock(); self != nullptr) {
      (self.get()->*task)();
    }
  });
}

void Engine::Impl::Start() {
  LoadFreezes();
  Claim();
  PollLater();
  StatsLater();
  expiry_->Start();
  if (options_.limits.look_interval > absl::ZeroDuration()) {
    drift_->Start();
    causes_->Start();
  }
}

void Engine::Impl::LoadFreezes() {
  deps_.store.ListFreezes(OnLoop([](Impl& self, absl::StatusOr<std::vector<Freeze>> freezes) {
    if (!freezes.ok()) {
      self.deps_.log.Warning("freezes could not be read", {{"error", freezes.status().ToString()}});
    } else if (!self.freezes_known_) {  // else a commit since then has said what there are
      self.TakeFreezes(*std::move(freezes));
    }
  }));
}

void Engine::Impl::TakeFreezes(std::vector<Freeze> freezes) {
  freezes_ = std::move(freezes);
  freezes_known_ = true;
  double brands = 0;
  double shards = 0;
  for (const Freeze& freeze : freezes_) {
    brands += FrozenBrand(freeze.scope).empty() ? 0 : 1;
    shards += FrozenShard(freeze.scope).empty() ? 0 : 1;
  }
  const double everything = static_cast<double>(freezes_.size()) - brands - shards;
  deps_.metrics.Set(metric::kFreezes, {"brand"}, brands);
  deps_.metrics.Set(metric::kFreezes, {"shard"}, shards);
  deps_.metrics.Set(metric::kFreezes, {"everything"}, everything);
  Pump();
}

void Engine::Impl::PollLater() {
  if (stopping_) {
    return;
  }
  deps_.loop.RunAfter(options_.poll_interval, [weak = weak_from_this()] {
    if (const std::shared_ptr<Impl> self = weak.lock(); self != nullptr) {
      if (!self->freezes_known_) {
        self->LoadFreezes();
      }
      self->Claim();
      self->PollLater();
    }
  });
}

void Engine::Impl::Claim() {
  if (stopping_ || claiming_) {
    return;
  }
  claiming_ = true;
  const auto rows_max = static_cast<std::size_t>(options_.ready_jobs_max);
  deps_.store.Claim(
      {.owner = options_.owner,
       .now = Now(),
       .n = options_.claim_batch,
       .rows_max = static_cast<std::int32_t>(rows_max - std::min(rows_max, ready_.size()))},
      OnLoop([](Impl& self, absl::StatusOr<ClaimJobs::Result> result) {
        self.Claimed(std::move(result));
      }));
}

void Engine::Impl::Claimed(absl::StatusOr<ClaimJobs::Result> result) {
  claiming_ = false;
  if (!result.ok()) {
    deps_.log.Warning("claim failed", {{"error", result.status().ToString()}});
    return;  // the poll tries again
  }
  for (const ClaimJobs::Result::Parked& parked : result->parked) {
    Park(
        {.id = parked.id, .brand = parked.brand, .epoch = parked.epoch, .signal = Signal::kClaimed},
        parked.wake_at);
  }
  for (const ClaimJobs::Result::Corrupt& corrupt : result->corrupt) {
    deps_.metrics.Add(metric::kBugs, {"corrupt_row"});
    deps_.log.Error("job is corrupt", {{"job", corrupt.id.value()},
                                       {"brand", corrupt.brand.value()},
                                       {"shard", corrupt.shard.value()},
                                       {"error", corrupt.error}});
  }
  TakeSubmitted(std::move(result->due));
  if (result->more) {
    Claim();
  }
}

void Engine::Impl::TakeSubmitted(std::vector<ClaimJobs::Result::Claimed> submitted) {
  const auto rows_max = static_cast<std::size_t>(options_.ready_jobs_max);
  for (ClaimJobs::Result::Claimed& claimed : submitted) {
    ReadyJob ready = {
        .id = claimed.job.id, .brand = claimed.job.room.brand, .epoch = claimed.job.epoch};
    if (ready_.size() < rows_max) {
      ready.rows = std::make_unique<ClaimJobs::Result::Claimed>(std::move(claimed));
    }
    ready_.Push(std::move(ready));
  }
  Pump();
}

bool Engine::Impl::HasPlace() const {
  return active_ < static_cast<std::size_t>(options_.active_jobs_max);
}

bool Engine::Impl::MayStart(const BrandId& brand) const {
  const auto found = active_of_brand_.find(brand);
  // Jobs that came back from the wait for ACTIVE may fill every place, for as long as a brand has
  // rooms coming up: that is no other brand's burden.
  return found == active_of_brand_.end() ||
         (HasPlace() && found->second < options_.active_jobs_per_brand_max);
}

void Engine::Impl::Pump() {
  if (pumping_) {
    return;  // called from inside: the loop below goes on
  }
  pumping_ = true;
  const auto brands_max = static_cast<std::size_t>(options_.active_jobs_max);
  while (!stopping_ && freezes_known_ && (HasPlace() || active_of_brand_.size() < brands_max)) {
    std::optional<ReadyJob> ready =
        ready_.Pop([this](const BrandId& brand) { return MayStart(brand); });
    if (!ready.has_value()) {
      break;
    }
    StartJob(*std::move(ready));
  }
  pumping_ = false;
}

void Engine::Impl::StartJob(ReadyJob ready) {
  if (const auto found = serials_.find(ready.id); found != serials_.end()) {
    if (Find(found->second)->epoch >= ready.epoch) {
      return;  // it is here already
    }
    Drop(found->second);  // another process had it meanwhile: what is here is of a lost lease
  }
  const Serial serial = ++last_serial_;
  auto live = std::make_unique<Live>();
  live->id = ready.id;
  live->brand = ready.brand;
  live->epoch = ready.epoch;
  live->active = false;
  SetActive(*live, true);
  serials_.emplace(ready.id, serial);
  Live& here = *live;
  live_.emplace(serial, std::move(live));
  if (ready.rows == nullptr) {
    here.busy = true;
    LoadRows(serial, std::move(ready));
    return;
  }
  here.state.job = std::move(ready.rows->job);
  here.state.room = std::move(ready.rows->room);
  Feed(serial, ready.signal);
}

void Engine::Impl::LoadRows(Serial serial, ReadyJob ready) {
  const auto shared = std::make_shared<const ReadyJob>(std::move(ready));
  deps_.store.GetJob(
      shared->id, OnLoop([serial, shared](Impl& self, absl::StatusOr<Job> job) {
        if (!job.ok()) {
          self.ReadFailed(serial, *shared, job.status());
          return;
        }
        if (job->epoch != shared->epoch || IsFinal(job->state)) {
          self.Drop(serial);  // somebody else's by now, or done
          return;
        }
        const RoomKey key = job->room;
        self.deps_.store.GetRoom(
            key, self.OnLoop([serial, shared, job = *std::move(job)](
                                 Impl& inner, absl::StatusOr<CleanRoom> room) mutable {
              if (room.ok()) {
                inner.Loaded(serial, shared->signal, std::move(job), *std::move(room));
              } else {
                inner.ReadFailed(serial, *shared, room.status());
              }
            }));
      }));
}

void Engine::Impl::ReadFailed(Serial serial, const ReadyJob& ready, const absl::Status& status) {
  if (absl::IsDataLoss(status)) {
    deps_.metrics.Add(metric::kBugs, {"corrupt_row"});
    deps_.log.Error("job is corrupt", {{"job", ready.id.value()},
                                       {"brand", ready.brand.value()},
                                       {"error", std::string(status.message())}});
  } else {
    deps_.log.Warning("job could not be read",
                      {{"job", ready.id.value()}, {"error", status.ToString()}});
  }
  Drop(serial);
  if (status.code() == absl::StatusCode::kUnavailable ||
      status.code() == absl::StatusCode::kResourceExhausted) {
    Park({.id = ready.id, .brand = ready.brand, .epoch = ready.epoch, .signal = ready.signal},
         Now() + options_.poll_interval);
  }
}

void Engine::Impl::Loaded(Serial serial, Signal signal, Job job, CleanRoom room) {
  Live* live = Find(serial);
  if (live == nullptr) {
    return;
  }
  live->state.job = std::move(job);
  live->state.room = std::move(room);
  live->busy = false;
  Feed(serial, signal);
}

void Engine::Impl::TakeCancel(const BrandId& brand, const JobId& id) {
  if (stopping_) {
    return;
  }
  if (const auto found = serials_.find(id); found != serials_.end()) {
    Feed(found->second, Signal::kCancel);
    return;
  }
  std::optional<ReadyJob> ready = ready_.Take(brand, id);
  if (!ready.has_value()) {
    const std::optional<ParkedJobs::Entry> parked = parked_.Take(id);
    if (!parked.has_value()) {
      return;  // not ours
    }
    ready = ReadyJob{
        .id = parked->id, .brand = parked->brand, .epoch = parked->epoch, .signal = parked->signal};
  }
  ready->rows.reset();  // they do not know of the cancel
  StartJob(*std::move(ready));
}

void Engine::Impl::Park(const ParkedJobs::Entry& entry, absl::Time wake_at) {
  parked_.Park(entry, wake_at);
  ArmWakeTimer();
}

void Engine::Impl::ArmWakeTimer() {
  const std::optional<absl::Time> next = parked_.next_wake();
  if (!next.has_value() || (wake_timer_.has_value() && wake_timer_->second <= *next)) {
    return;
  }
  if (wake_timer_.has_value()) {
    deps_.loop.Cancel(wake_timer_->first);
  }
  const absl::Duration delay = std::clamp(*next - Now(), absl::ZeroDuration(), kWakeTimerMax);
  const Loop::TimerId timer = deps_.loop.RunAfter(delay, [weak = weak_from_this()] {
    if (const std::shared_ptr<Impl> self = weak.lock(); self != nullptr) {
      self->wake_timer_.reset();
      self->WakeDue();
    }
  });
  wake_timer_ = std::pair(timer, *next);
}

void Engine::Impl::WakeDue() {
  for (ParkedJobs::Entry& due : parked_.TakeDue(Now(), kWakeBatch)) {
    ready_.Push({.id = std::move(due.id),
                 .brand = std::move(due.brand),
                 .epoch = due.epoch,
                 .signal = due.signal});
  }
  ArmWakeTimer();
  Pump();
}

void Engine::Impl::Stop(absl::Duration patience, std::function<void()> stopped) {
  if (stopping_) {
    return;
  }
  const std::shared_ptr<Impl> self = shared_from_this();  // `stopped` may destroy the engine
  stopping_ = true;
  expiry_->Stop();
  drift_->Stop();
  causes_->Stop();
  stopped_ = std::move(stopped);
  std::vector<Serial> idle;
  for (const auto& [serial, live] : live_) {
    if (!live->busy && !WritesInFlight(*live)) {
      idle.push_back(serial);
    }
  }
  for (const Serial serial : idle) {
    Drop(serial);
  }
  deps_.loop.RunAfter(patience, [weak = weak_from_this()] {
    if (const std::shared_ptr<Impl> impl = weak.lock(); impl != nullptr) {
      impl->live_.clear();
      impl->serials_.clear();
      impl->CheckStopped();
    }
  });
  CheckStopped();
}

void Engine::Impl::CheckStopped() {
  if (stopping_ && live_.empty() && stopped_) {
    std::exchange(stopped_, nullptr)();
  }
}

void Engine::Impl::StatsLater() {
  if (stopping_) {
    return;
  }
  deps_.store.GetStats(OnLoop([](Impl& self, const absl::StatusOr<StoreStats>& stats) {
    if (stats.ok()) {
      self.PublishStats(*stats);
    }
    self.After(self.options_.stats_interval, &Impl::StatsLater);
  }));
}

void Engine::Impl::PublishStats(const StoreStats& stats) {
  for (const JobState state : kAllJobStates) {
    if (IsFinal(state)) {
      continue;
    }
    const auto found = std::find_if(stats.jobs.begin(), stats.jobs.end(),
                                    [&](const auto& row) { return row.first == state; });
    deps_.metrics.Set(metric::kJobs, {Name(state)},
                      found == stats.jobs.end() ? 0 : static_cast<double>(found->second));
  }
  deps_.metrics.Set(
      metric::kQueueAge, {},
      stats.oldest_queued_at.has_value()
          ? absl::ToDoubleSeconds(std::max(Now() - *stats.oldest_queued_at, absl::ZeroDuration()))
          : 0);
  std::set<std::pair<std::string, std::string>> gone = std::exchange(room_gauges_, {});
  for (const StoreStats::ShardRooms& rooms : stats.rooms) {
    const std::pair<std::string, std::string> key = {rooms.shard.value(),
                                                     std::string(Name(rooms.state))};
    deps_.metrics.Set(metric::kRooms, {key.first, key.second}, static_cast<double>(rooms.count));
    gone.erase(key);
    room_gauges_.insert(key);
  }
  for (const auto& [shard, state] : gone) {
    deps_.metrics.Set(metric::kRooms, {shard, state}, 0);
  }
  PublishAwaiting(stats);
}

void Engine::Impl::PublishAwaiting(const StoreStats& stats) {
  std::set<std::string> gone = std::exchange(awaiting_gauges_, {});
  for (const auto& [shard, since] : stats.awaiting_brand_delete) {
    const absl::Duration waited = std::max(Now() - since, absl::ZeroDuration());
    deps_.metrics.Set(metric::kAwaitingBrandDelete, {shard.value()}, absl::ToDoubleSeconds(waited));
    gone.erase(shard.value());
    awaiting_gauges_.insert(shard.value());
  }
  for (const std::string& shard : gone) {
    deps_.metrics.Set(metric::kAwaitingBrandDelete, {shard}, 0);
  }
}

}  // namespace roomkeeper
