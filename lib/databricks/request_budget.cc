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

void RequestBudget::Enter(CallClass of, absl::Duration leave_by, Turn turn) {
  LineOf(of).queue.push_back({leave_by, std::move(turn)});
  PumpSoon();
}

void RequestBudget::EnterFirst(CallClass of, absl::Duration leave_by, Turn turn) {
  LineOf(of).queue.push_front({leave_by, std::move(turn)});
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
    for (Waiting& waiting : line.queue) {
      waiting.leave_by = -absl::InfiniteDuration();
    }
  }
  PumpSoon();
}

void RequestBudget::StartSlowly() {
  limiter_.StartSlowly(loop_.clock().Monotonic());
}

double RequestBudget::per_second() {
  return limiter_.per_second(loop_.clock().Monotonic());
}

absl::Duration RequestBudget::Delay(CallClass of) {
  const absl::Duration now = loop_.clock().Monotonic();
  const double share = of == CallClass::kEngine ? 1.0 : 1.0 / limits_.interactive_one_in;
  const absl::Duration queue =
      absl::Seconds(static_cast<double>(LineOf(of).queue.size()) / (per_second() * share));
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
    if (EndOverdue()) {
      continue;
    }
    Line* line = Next();
    if (line == nullptr || !limiter_.TryTake(loop_.clock().Monotonic())) {
      break;
    }
    const bool engine = line == &LineOf(CallClass::kEngine);
    const bool contended = !LineOf(CallClass::kInteractive).queue.empty();
    engine_turns_ = engine && contended ? engine_turns_ + 1 : 0;
    const Turn turn = std::move(line->queue.front().turn);
    line->queue.pop_front();
    ++line->in_flight;
    turn(true);
  }
  pumping_ = false;
  ArmTimer();
}

// Ends the first that has waited too long at the head of its queue. False: none has.
bool RequestBudget::EndOverdue() {
  for (Line& line : lines_) {
    if (!line.queue.empty() && loop_.clock().Monotonic() >= line.queue.front().leave_by) {
      const Turn turn = std::move(line.queue.front().turn);
      line.queue.pop_front();
      turn(false);
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
    if (!line.queue.empty()) {
      at = std::min(at, line.queue.front().leave_by);
    }
  }
  if (at != absl::InfiniteDuration()) {
    timer_ = loop_.RunAfter(at - now, [this] { Pump(); });
  }
}

}  // namespace roomkeeper
