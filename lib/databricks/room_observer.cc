#include "lib/databricks/room_observer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"

#include "lib/databricks/api/clean_rooms_api.h"
#include "lib/obs/metric_table.h"

namespace roomkeeper {
namespace {

// GET just after POST may not find the room yet; how long is not documented.
constexpr absl::Duration kAbsenceGrace = absl::Seconds(30);

bool IsTransient(CallError error) {
  return error == CallError::kUnavailable || error == CallError::kRateLimited;
}

// A look at a room of this age is a first look; one of a job that was picked up again is not.
constexpr absl::Duration kJustCreated = absl::Seconds(1);

// Looks at moments that are close together are one look.
constexpr double kTogether = 0.25;

}  // namespace

RoomObserver::RoomObserver(Loop& loop, RestClient& rest, Metrics& metrics, PollLimits limits)
    : loop_(loop), rest_(rest), metrics_(metrics), limits_(limits) {}

RoomObserver::~RoomObserver() {
  loop_.Cancel(timer_);
}

absl::Duration RoomObserver::Now() const {
  return loop_.clock().Monotonic();
}

void RoomObserver::Await(const CallOrigin& origin, const std::string& room, absl::Time created_at,
                         absl::Duration patience, CallDone<ObservedRoom> done) {
  const absl::Duration now = Now();
  const absl::Duration age = std::max(loop_.clock().Now() - created_at, absl::ZeroDuration());
  Room& it = rooms_[absl::AsciiStrToLower(room)];
  if (it.waiters.empty()) {
    it.origin = origin;
    it.created_at = now - age;
    it.followed = age < kJustCreated;
    it.look_at =
        std::max(now, std::min(it.created_at + FirstLook(times_, limits_), now + patience));
    it.last.value.name = room;
    it.last.value.status = "PROVISIONING";
  }
  it.waiters.push_back({now + patience, std::move(done)});
  if (it.waiters.size() == 1 && age < kJustCreated && early_.Take()) {
    LookEarly(it);
  }
  Schedule();
}

// Beside the other looks and their limits: the shard's budget is its only one.
void RoomObserver::LookEarly(const Room& room) {
  const std::string& shown = room.last.value.name;
  const std::string name = absl::AsciiStrToLower(shown);
  GetRoom({rest_, room.origin}, shown, [this, name](CallResult<ObservedRoom> result) {
    early_.Seen(result.ok() && result.value.status == "ACTIVE");
    TakeFresh(name, std::move(result));
    Schedule();
  });
}

void RoomObserver::Schedule() {
  loop_.Cancel(timer_);
  timer_ = 0;
  absl::Duration next = absl::InfiniteDuration();
  for (const auto& [name, room] : rooms_) {
    if (looks_open_ == 0) {
      next = std::min(next, std::max(room.look_at, next_look_));
    }
    for (const Waiter& waiter : room.waiters) {
      next = room.looked ? std::min(next, waiter.patience_ends) : next;
    }
  }
  if (next != absl::InfiniteDuration()) {
    timer_ = loop_.RunAfter(next - Now(), [this] { Tick(); });
  }
}

void RoomObserver::Tick() {
  timer_ = 0;
  EndPatience();
  const std::vector<std::string> due = looks_open_ == 0 ? Due() : std::vector<std::string>();
  if (due.empty()) {
    Schedule();
  } else if (UseList(due.size(), list_pages_, limits_)) {
    LookAtList();
  } else {
    LookOneByOne(due);
  }
}

void RoomObserver::EndPatience() {
  const absl::Duration now = Now();
  std::vector<std::pair<CallDone<ObservedRoom>, CallResult<ObservedRoom>>> answers;
  for (auto it = rooms_.begin(); it != rooms_.end();) {
    Room& room = it->second;
    // Who comes late, as after a restart or an outage, is not told what nobody saw.
    const auto over = std::stable_partition(
        room.waiters.begin(), room.waiters.end(),
        [now, &room](const Waiter& waiter) { return !room.looked || waiter.patience_ends > now; });
    for (auto waiter = over; waiter != room.waiters.end(); ++waiter) {
      answers.emplace_back(std::move(waiter->done), room.last);
    }
    room.waiters.erase(over, room.waiters.end());
    it = room.waiters.empty() ? rooms_.erase(it) : std::next(it);
  }
  for (auto& [done, result] : answers) {
    done(std::move(result));
  }
}

std::vector<std::string> RoomObserver::Due() {
  const absl::Duration now = Now();
  std::vector<std::string> due;
  if (now < next_look_) {
    return due;
  }
  for (const auto& [name, room] : rooms_) {
    if (room.look_at <= now) {
      due.push_back(name);
    }
  }
  if (due.empty()) {
    return due;
  }
  for (const auto& [name, room] : rooms_) {
    const absl::Duration ahead = room.look_at - now;
    if (ahead > absl::ZeroDuration() && ahead <= limits_.interval_min * kTogether) {
      due.push_back(name);
    }
  }
  return due;
}

void RoomObserver::LookOneByOne(const std::vector<std::string>& due) {
  BeginLook(static_cast<std::int32_t>(due.size()));
  looks_open_ = requests_of_look_;
  for (const std::string& name : due) {
    const Room& room = rooms_[name];
    GetRoom({rest_, room.origin}, room.last.value.name,
            [this, name](CallResult<ObservedRoom> result) {
              TakeFresh(name, std::move(result));
              EndLook();
            });
  }
  Schedule();
}

void RoomObserver::LookAtList() {
  BeginLook(list_pages_);
  looks_open_ = 1;
  ListRooms(rest_, nullptr, [this](CallResult<std::vector<ObservedRoom>> list) {
    requests_of_look_ = std::max(list.calls, 1);
    OnList(std::move(list));
    EndLook();
  });
  Schedule();
}

void RoomObserver::OnList(CallResult<std::vector<ObservedRoom>> list) {
  std::map<std::string, CallResult<ObservedRoom>> found;
  if (list.ok()) {
    list_pages_ = std::max(list.calls, 1);
    metrics_.Set(metric::kRoomsListed, {rest_.options().shard},
                 static_cast<double>(list.value.size()));
    for (ObservedRoom& room : list.value) {
      const std::string name = absl::AsciiStrToLower(room.name);
      found[name] = {
          .value = std::move(room), .took = list.took, .waited = list.waited, .calls = 0};
    }
  }
  std::vector<std::string> names;
  for (const auto& [name, room] : rooms_) {
    names.push_back(name);
  }
  std::size_t gets = 0;  // of this look: the others wait for the next one
  for (const std::string& name : names) {
    if (!list.ok()) {
      // With sharing disabled the list is refused: that does not mean "no rooms".
      Take(name, {.failure = list.failure, .took = list.took});
    } else if (const auto it = found.find(name); it != found.end()) {
      Take(name, std::move(it->second));
    } else if (const auto room = rooms_.find(name); room != rooms_.end()) {
      // The list shows only what we may see now; GET has the last word.
      if (Now() - room->second.created_at >= kAbsenceGrace && gets < limits_.single_gets_max) {
        ++gets;
        ++looks_open_;
        ++requests_of_look_;
        GetRoom({rest_, room->second.origin}, room->second.last.value.name,
                [this, name](CallResult<ObservedRoom> got) {
                  Take(name, std::move(got));
                  EndLook();
                });
      } else {
        LookLater(room->second, absl::ZeroDuration());
      }
    }
  }
}

void RoomObserver::TakeFresh(const std::string& name, CallResult<ObservedRoom> result) {
  const auto it = rooms_.find(name);
  if (result.failure.error == CallError::kNotFound && it != rooms_.end() &&
      Now() - it->second.created_at < kAbsenceGrace) {
    LookLater(it->second, absl::ZeroDuration());
  } else {
    Take(name, std::move(result));
  }
}

void RoomObserver::Take(const std::string& name, CallResult<ObservedRoom> result) {
  const auto it = rooms_.find(name);
  if (it == rooms_.end()) {
    return;  // its waiters' patience ended meanwhile
  }
  Room& room = it->second;
  room.calls += result.calls;
  result.calls = room.calls;
  if (!result.ok() && IsTransient(result.failure.error)) {
    room.looked = true;
    room.followed = false;
    room.last.failure = result.failure;
    LookLater(room, result.failure.retry_after);
    return;
  }
  if (result.ok() && result.value.status == "PROVISIONING") {
    room.seen = true;
    room.looked = true;
    room.followed = true;
    room.last = std::move(result);
    LookLater(room, absl::ZeroDuration());
    return;
  }
  if (result.ok() && result.value.status == "ACTIVE") {
    const absl::Duration took = Now() - room.created_at;
    if (room.followed) {  // else an outage or a restart would pass for provisioning
      times_.Add(took);
    }
    if (!room.seen && took < kJustCreated * 2) {
      early_.Revive();
    }
  }
  Answer(name, result);
}

void RoomObserver::LookLater(Room& room, absl::Duration not_before) {
  const absl::Duration now = Now();
  const absl::Duration age = now - room.created_at;
  room.look_at = std::max(now + std::max(NextLook(age, times_, Cost(), limits_), not_before),
                          room.created_at + FirstLook(times_, limits_));
}

PollCost RoomObserver::Cost() {
  return {.waiters = rooms_.size(),
          .requests = requests_of_look_,
          .budget_per_second = rest_.per_second()};
}

void RoomObserver::Answer(const std::string& name, const CallResult<ObservedRoom>& result) {
  const auto node = rooms_.extract(name);
  for (const Waiter& waiter : node.mapped().waiters) {
    waiter.done(result);
  }
}

void RoomObserver::BeginLook(std::int32_t requests) {
  requests_of_look_ = requests;
  look_began_ = Now();
}

void RoomObserver::EndLook() {
  if (--looks_open_ == 0) {
    next_look_ = look_began_ + ShortestWait(Cost(), limits_);
  }
  Schedule();
}

}  // namespace roomkeeper
