// Everything at once, from a seed: failures of every kind, late effects, crashes, failed commits,
// hand-made damage, cancels and teardowns, over several brands. Then the faults stop, and
// everything must come to a true end.

#include <random>
#include <utility>

#include "absl/strings/str_cat.h"

#include "tests/support/matchers.h"
#include "tests/workflow/world.h"

namespace roomkeeper::testing {
namespace {

using Effect = FakeProvider::Effect;

constexpr CallError kErrors[] = {
    CallError::kInvalidState,   CallError::kUnauthenticated, CallError::kDenied,
    CallError::kNotFound,       CallError::kAlreadyExists,   CallError::kConflict,
    CallError::kLimitReached,   CallError::kRateLimited,     CallError::kUnavailable,
    CallError::kUnknownOutcome, CallError::kUnknownOutcome,  CallError::kUnknownOutcome,
};

class Chaos {
 public:
  explicit Chaos(unsigned seed) : random_(seed) {
    world_.platform.options.provisionings_to_fail = Below(2);
    world_.platform.options.provisionings_to_hang = Below(2);
    world_.platform.options.asset_pending = absl::Seconds(Below(20));
    world_.options.limits.writers_per_room = 1 + Below(3);
    world_.options.active_jobs_max = 1 + Below(4);
    world_.Crash();
    world_.Boot();
    for (int call = 1; call < 400; ++call) {
      if (Below(6) == 0) {
        world_.platform.faults.push_back(
            {.at_call = call,
             .error = kErrors[Below(static_cast<int>(std::size(kErrors)))],
             .effect = static_cast<Effect>(Below(3)),
             .late_by = absl::Seconds(1 + Below(70))});
        FakeProvider::Fault& fault = world_.platform.faults.back();
        if (fault.error != CallError::kUnknownOutcome) {
          fault.effect = Effect::kNone;  // the platform says that it did not act, and it did not
        }
        if (fault.error == CallError::kNotFound && std::exchange(lied_, true)) {
          world_.platform.faults.pop_back();  // a look that lags lies once, not twice in a row
        }
      }
    }
  }

  std::string Run() {
    for (int i = 0; i < 4; ++i) {
      jobs_.push_back(world_.Provision(absl::StrCat("room-", i), i % 2 == 0 ? "a" : "b"));
    }
    for (int i = 0; i < 40; ++i) {
      world_.loop.Advance(absl::Milliseconds(Below(30'000)));
      Disturb();
    }
    world_.platform.faults.clear();
    std::string found;
    for (const JobId& id : jobs_) {
      if (!world_.RunToEnd(id)) {
        return absl::StrCat("job ", id.value(), " does not end: ", world_.EventTypes(id));
      }
      found += world_.Violations(id);
    }
    world_.loop.Advance(absl::Minutes(5));
    return found + Leftovers();
  }

 private:
  int Below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

  void Disturb() {
    switch (Below(8)) {
      case 0:
        world_.CrashSoon(absl::Milliseconds(Below(20'000)));
        world_.loop.Advance(absl::Seconds(20));
        return;
      case 1:
        world_.flaky.fail_at = world_.flaky.commits + 1 + Below(3);
        return;
      case 2:
        if (Below(4) == 0) {
          world_.Cancel(jobs_[static_cast<std::size_t>(Below(4))]);
        }
        return;
      case 3:
        Damage(jobs_[static_cast<std::size_t>(Below(4))]);
        return;
      default:
        return;
    }
  }

  // By hand, and before the look that decides: what is spoiled later is drift, not a lie.
  void Damage(const JobId& id) {
    const Job job = world_.GetJob(id);
    const auto room = world_.platform.rooms.find(world_.GetRoom(id).spec.room_name);
    if (IsFinal(job.state) || job.step == Step::kVerify || room == world_.platform.rooms.end()) {
      return;
    }
    if (Below(2) == 0) {
      room->second.assets.clear();
    } else {
      world_.platform.rooms.erase(room);
    }
  }

  // Rooms of ours that no row accounts for.
  std::string Leftovers() {
    std::string found;
    for (const JobId& id : jobs_) {
      const CleanRoom room = world_.GetRoom(id);
      const bool there = world_.platform.rooms.contains(room.spec.room_name);
      if (there && (room.state == RoomState::kDeleted)) {
        absl::StrAppend(&found, "R11: ", room.spec.room_name, " is back; ");
      }
      if (!there && room.state == RoomState::kReady) {
        absl::StrAppend(&found, "R4: ", room.spec.room_name, " is not there; ");
      }
    }
    return found;
  }

  std::mt19937 random_;
  bool lied_ = false;
  World world_;
  std::vector<JobId> jobs_;
};

TEST_CASE("whatever happens, every job comes to a true end", "[workflow]") {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    REQUIRE(Chaos(seed).Run() == "");
  }
}

}  // namespace
}  // namespace roomkeeper::testing
