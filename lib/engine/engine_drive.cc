#include <algorithm>
#include <utility>

#include "absl/random/distributions.h"

#include "lib/engine/engine_impl.h"
#include "lib/engine/event_types.h"
#include "lib/model/states.h"
#include "lib/obs/metric_table.h"

namespace roomkeeper {
namespace {

LogLevel LevelOf(const std::string& type) {
  if (type == event_type::kStepRetrying) {
    return LogLevel::kWarning;
  }
  if (type == event_type::kStepStarted || type == event_type::kStepFinished) {
    return LogLevel::kDebug;
  }
  return LogLevel::kInfo;
}

}  // namespace

Engine::Impl::Live* Engine::Impl::Find(Serial serial) {
  const auto found = live_.find(serial);
  return found == live_.end() ? nullptr : found->second.get();
}

void Engine::Impl::SetActive(Live& live, bool active) {
  if (live.active == active) {
    return;
  }
  live.active = active;
  std::int32_t& of_brand = active_of_brand_[live.brand];
  if (active) {
    ++active_;
    ++of_brand;
  } else {
    --active_;
    if (--of_brand == 0) {
      active_of_brand_.erase(live.brand);
    }
  }
}

void Engine::Impl::Drop(Serial serial) {
  const auto found = live_.find(serial);
  if (found == live_.end()) {
    return;
  }
  SetActive(*found->second, false);
  serials_.erase(found->second->id);
  live_.erase(found);
  Pump();
  CheckStopped();
}

bool Engine::Impl::WritesInFlight(const Live& live) const {
  return std::any_of(live.state.in_flight.begin(), live.state.in_flight.end(),
                     [](const Call& call) { return IsWrite(call.kind); });
}

bool Engine::Impl::NeedsProof(const Live& live, const Decision& decision) const {
  return deps_.loop.clock().Monotonic() - live.proved_at > options_.lease_proof_lasts &&
         std::any_of(decision.send.begin(), decision.send.end(),
                     [](const Call& call) { return IsWrite(call.kind); });
}

void Engine::Impl::Feed(Serial serial, Input input) {
  Live* live = Find(serial);
  if (live == nullptr) {
    return;
  }
  if (live->busy) {
    live->inbox.push_back(std::move(input));
    return;
  }
  const DecideEnv env = {.limits = options_.limits,
                         .provenance = deps_.provenance,
                         .now = Now(),
                         .chance = absl::Uniform(deps_.chance, 0.0, 1.0),
                         .freeze = FindFreeze(freezes_, live->brand, live->state.room.shard)};
  Decision decision = Decide(std::move(live->state), input, env);
  if (decision.commit || NeedsProof(*live, decision)) {
    live->pending = std::move(decision);
    live->busy = true;
    Commit(serial);
  } else {
    Adopt(serial, std::move(decision));
  }
}

void Engine::Impl::Commit(Serial serial) {
  Live* live = Find(serial);
  if (live == nullptr) {
    return;
  }
  live->asked_at = deps_.loop.clock().Monotonic();
  AdvanceJob op = {.job = live->pending.next.job, .events = live->pending.events};
  if (live->pending.room_changed) {
    op.room = live->pending.next.room;
    op.new_spec = live->pending.spec_changed;
  }
  deps_.store.Advance(
      std::move(op), OnLoop([serial](Impl& self, const absl::StatusOr<AdvanceJob::Result>& result) {
        self.Committed(serial, result);
      }));
}

void Engine::Impl::Committed(Serial serial, const absl::StatusOr<AdvanceJob::Result>& result) {
  Live* live = Find(serial);
  if (live == nullptr) {
    return;
  }
  if (result.ok()) {
    live->store_failures = 0;
    live->proved_at = live->asked_at;
    if (!stopping_ && NeedsProof(*live, live->pending)) {
      LogEvents(live->pending);
      live->pending.events.clear();
      Commit(serial);  // this one took too long to prove anything
      return;
    }
    Decision decision = std::move(live->pending);
    decision.next.job.last_seq = result->last_seq;
    if (result->cancel_requested && !live->cancel_seen) {
      live->inbox.push_front(Signal::kCancel);
    }
    live->busy = false;
    LogEvents(decision);
    Adopt(serial, std::move(decision));
    return;
  }
  switch (result.status().code()) {
    case absl::StatusCode::kAborted:
      LogCommit(LogLevel::kWarning, "lease lost", *live, result.status());
      Drop(serial);
      return;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted: {
      // The answer that led here must not be lost: the same decision is committed later.
      const absl::Duration cap = std::min(
          absl::Seconds(1) * (1 << std::min(live->store_failures, 10)), options_.store_retry_max);
      ++live->store_failures;
      LogCommit(LogLevel::kWarning, "commit postponed", *live, result.status());
      deps_.loop.RunAfter(cap * absl::Uniform(deps_.chance, 0.5, 1.0),
                          [weak = weak_from_this(), serial] {
                            if (const auto self = weak.lock(); self != nullptr) {
                              self->Commit(serial);
                            }
                          });
      return;
    }
    default:
      // Our bug, or corrupt data: going on would do harm. A restart observes and tries again.
      deps_.metrics.Add(metric::kBugs, {"engine_commit"});
      LogCommit(LogLevel::kError, "commit refused", *live, result.status());
      Drop(serial);
      return;
  }
}

void Engine::Impl::LogCommit(LogLevel level, absl::string_view what, const Live& live,
                             const absl::Status& status) const {
  const Job& job = live.pending.next.job;
  deps_.log.Write(level, what,
                  {{"job", job.id.value()},
                   {"brand", job.room.brand.value()},
                   {"shard", job.shard.value()},
                   {"trace_id", job.trace_id},
                   {"error", status.ToString()}});
}

void Engine::Impl::LogEvents(const Decision& decision) const {
  const Job& job = decision.next.job;
  for (const JobEvent& event : decision.events) {
    deps_.log.Write(LevelOf(event.type), "job event",
                    {{"job", job.id.value()},
                     {"brand", job.room.brand.value()},
                     {"clean_room", job.room.id.value()},
                     {"shard", job.shard.value()},
                     {"trace_id", job.trace_id},
                     {"step", std::string(Name(event.step))},
                     {"event", event.type},
                     {"room_state", std::string(Name(event.room_state))},
                     {"detail", event.message}});
  }
}

void Engine::Impl::Adopt(Serial serial, Decision decision) {
  Live* live = Find(serial);
  live->state = std::move(decision.next);
  const Job& job = live->state.job;
  NoteStep(*live);
  if (IsFinal(job.state)) {
    NoteFinished(job);
    Drop(serial);
    return;
  }
  if (stopping_) {
    Drop(serial);  // what is left to do is durable
    return;
  }
  SendCalls(serial, decision.send);
  SetActive(*live, job.step != Step::kAwaitActive || job.state != JobState::kWaiting);
  if (!live->inbox.empty()) {
    Input next = std::move(live->inbox.front());
    live->inbox.pop_front();
    if (const Signal* signal = std::get_if<Signal>(&next); signal != nullptr) {
      live->cancel_seen = live->cancel_seen || *signal == Signal::kCancel;
    }
    Feed(serial, std::move(next));
    return;
  }
  if (decision.parked) {
    const ParkedJobs::Entry entry = {.id = job.id, .brand = live->brand, .epoch = job.epoch};
    const absl::Time wake_at = job.wake_at;
    Drop(serial);
    Park(entry, wake_at);
    return;
  }
  Pump();
}

void Engine::Impl::SendCalls(Serial serial, const std::vector<Call>& calls) {
  const Live* live = Find(serial);
  for (const Call& call : calls) {
    sender_.Send(live->state, call, [weak = weak_from_this(), serial](Answer answer) {
      if (const std::shared_ptr<Impl> self = weak.lock(); self != nullptr) {
        self->Feed(serial, std::move(answer));
      }
    });
  }
}

void Engine::Impl::NoteStep(Live& live) {
  const Job& job = live.state.job;
  if (live.step.has_value() && (live.step->first != job.step || IsFinal(job.state))) {
    deps_.metrics.Observe(
        metric::kStepSeconds, {Name(job.kind), Name(live.step->first)},
        absl::ToDoubleSeconds(std::max(Now() - live.step->second, absl::ZeroDuration())));
  }
  live.step = std::pair(job.step, live.state.step_started_at);
}

void Engine::Impl::NoteFinished(const Job& job) {
  const std::string reason = job.problem.has_value() ? job.problem->reason : "";
  deps_.metrics.Add(metric::kJobsFinished, {Name(job.kind), Name(job.state), reason});
  deps_.log.Info("job finished",
                 {{"job", job.id.value()},
                  {"brand", job.room.brand.value()},
                  {"clean_room", job.room.id.value()},
                  {"shard", job.shard.value()},
                  {"trace_id", job.trace_id},
                  {"state", std::string(Name(job.state))},
                  {"reason", reason},
                  {"took_ms", absl::ToInt64Milliseconds(Now() - job.created_at)},
                  {"platform_ms", absl::ToInt64Milliseconds(job.progress.platform_time)},
                  {"budget_ms", absl::ToInt64Milliseconds(job.progress.budget_time)},
                  {"platform_calls", std::int64_t{job.progress.platform_calls}}});
  const bool makes_room = job.kind == JobKind::kProvision && job.repair == 0;
  if (makes_room && job.moves_from.empty() && job.state == JobState::kSucceeded) {
    const absl::Duration platform = job.progress.platform_time;
    const absl::Duration budget = job.progress.budget_time;
    const absl::Duration ours = job.progress.our_time;
    const auto observe = [this](const char* part, absl::Duration time) {
      deps_.metrics.Observe(metric::kReadySeconds, {part}, absl::ToDoubleSeconds(time));
    };
    observe("total", platform + budget + ours);
    observe("platform", platform);
    observe("budget", budget);
    observe("ours", ours);
  }
}

}  // namespace roomkeeper
