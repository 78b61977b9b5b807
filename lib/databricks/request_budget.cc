#include "lib/databricks/request_budget.h"

#include <algorithm>
#include <utility>

namespace roomkeeper {
namespace {

constexpr absl::Duration kDelayMax = absl::Minutes(1);
constexpr double kServedWithinSeconds = 15;

}  // namespace

std::int32_t CallersServed(double requests_per_second) {
  constexpr double kMost = 1'000'000;
  return static_cast<std::int32_t>(
      std::clamp(requests_per_second * kServedWithinSeconds, 1.0, kMost));
}

RequestBudget::RequestBudget(Loop& loop, BudgetLimits limits)
    : loop_(loop),
      limits_(limits),
      limiter_(limits.requests_per_second),
      lines_{{{.in_flight_max = limits.in_flight_max, .queue_max = limits.queue_max},
              {.in_flight_max = limits.interactive_in_flight_max,
               .queue_max = limits.interactive_queue_max},
              {.in_flight_max = limits.background_in_flight_max,
               .queue_max = limits.background_queue_max}}} {}

bool RequestBudget::HasRoom(CallClass of) const {
  return LineOf(of).queue.size() < LineOf(of).queue_max;
}

RequestBudget::Waiting RequestBudget::NewWaiting(Line& line, const BrandId& brand,
                                                 absl::Duration leave_by, Turn turn) {
  const Ticket ticket(leave_by, ++tickets_);
  if (leave_by != absl::InfiniteDuration()) {
    line.leaving.emplace(ticket, brand);
  }
  return {.ticket = ticket, .turn = std::move(turn)};
}

void RequestBudget::Enter(CallClass of, const BrandId& brand, absl::Duration leave_by, Turn turn) {
  Line& line = LineOf(of);
  line.queue.Push(brand, NewWaiting(line, brand, leave_by, std::move(turn)));
  PumpSoon();
}

void RequestBudget::EnterFirst(CallClass of, const BrandId& brand, absl::Duration leave_by,
                               Turn turn) {
  Line& line = LineOf(of);
  line.queue.PushFirst(brand, NewWaiting(line, brand, leave_by, std::move(turn)));
  PumpSoon();
}

void RequestBudget::Leave(CallClass of) {
  --LineOf(of).in_flight;
  Pump();
}

void RequestBudget::OnRateLimited(absl::Duration retry_after) {
  limiter_.OnRateLimited(loop_.clock().Monotonic(), retry_after);
}

void RequestBudget::TurnAway() {
  for (Line& line : lines_) {
    while (std::optional<Waiting> waiting = line.queue.Pop([](const BrandId&) { return true; })) {
      turned_away_.push_back(std::move(waiting->turn));
    }
    line.leaving.clear();
  }
  std::reverse(turned_away_.begin(), turned_away_.end());
  PumpSoon();
}

void RequestBudget::StartSlowly() {
  limiter_.StartSlowly(loop_.clock().Monotonic());
}

double RequestBudget::per_second() {
  return limiter_.per_second(loop_.clock().Monotonic());
}

absl::Duration RequestBudget::Delay(CallClass of, const BrandId& brand) {
  const absl::Duration now = loop_.clock().Monotonic();
  const double share = of == CallClass::kEngine ? 1.0 : 1.0 / limits_.interactive_one_in;
  const auto& line = LineOf(of).queue;
  const std::size_t before = std::min(line.size(), (line.size_of(brand) + 1) * line.owners());
  const absl::Duration queue = absl::Seconds(static_cast<double>(before) / (per_second() * share));
  return std::min(limiter_.NextAt(now) - now + queue, kDelayMax);
}

void RequestBudget::PumpSoon() {
  if (!std::exchange(pump_posted_, true)) {
    loop_.Post([this] {
      pump_posted_ = false;
      Pump();
    });
  }
}

void RequestBudget::Pump() {
  if (pumping_) {
    return;  // called from a turn: the loop below goes on
  }
  pumping_ = true;
  while (true) {
    if (EndOne()) {
      continue;
    }
    Line* line = Next();
    if (line == nullptr || !limiter_.TryTake(loop_.clock().Monotonic())) {
      break;
    }
    const bool engine = line == &LineOf(CallClass::kEngine);
    const bool contended = !LineOf(CallClass::kInteractive).queue.empty();
    engine_turns_ = engine && contended ? engine_turns_ + 1 : 0;
    const std::optional<Waiting> next = line->queue.Pop([](const BrandId&) { return true; });
    line->leaving.erase(next->ticket);
    ++line->in_flight;
    next->turn(true);
  }
  pumping_ = false;
  ArmTimer();
}

// Ends one that is turned away or has waited too long. False: there is none.
bool RequestBudget::EndOne() {
  if (!turned_away_.empty()) {
    const Turn turn = std::move(turned_away_.back());
    turned_away_.pop_back();
    turn(false);
    return true;
  }
  for (Line& line : lines_) {
    const auto first = line.leaving.begin();
    if (first != line.leaving.end() && loop_.clock().Monotonic() >= first->first.first) {
      const std::optional<Waiting> overdue = line.queue.Take(
          first->second, [&](const Waiting& waiting) { return waiting.ticket == first->first; });
      line.leaving.erase(first);
      overdue->turn(false);
      return true;
    }
  }
  return false;
}

// The class whose turn it is; null if none may send.
RequestBudget::Line* RequestBudget::Next() {
  Line& engine = LineOf(CallClass::kEngine);
  Line& interactive = LineOf(CallClass::kInteractive);
  Line& background = LineOf(CallClass::kBackground);
  const auto may_send = [&](const Line& line) {
    return !line.queue.empty() && line.in_flight < line.in_flight_max &&
           engine.in_flight + interactive.in_flight + background.in_flight < limits_.in_flight_max;
  };
  if (may_send(interactive) &&
      (engine_turns_ + 1 >= limits_.interactive_one_in || !may_send(engine))) {
    return &interactive;
  }
  if (may_send(engine)) {
    return &engine;
  }
  const bool left_over = engine.queue.empty() && interactive.queue.empty();
  return left_over && may_send(background) ? &background : nullptr;
}

void RequestBudget::ArmTimer() {
  loop_.Cancel(timer_);
  timer_ = 0;
  const absl::Duration now = loop_.clock().Monotonic();
  absl::Duration at = Next() == nullptr ? absl::InfiniteDuration() : limiter_.NextAt(now);
  for (const Line& line : lines_) {
    if (!line.leaving.empty()) {
      at = std::min(at, line.leaving.begin()->first.first);
    }
  }
  if (at != absl::InfiniteDuration()) {
    timer_ = loop_.RunAfter(at - now, [this] { Pump(); });
  }
}

}  // namespace roomkeeper
