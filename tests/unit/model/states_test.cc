#include "lib/model/states.h"

#include <algorithm>
#include <set>
#include <string>

#include "tests/support/matchers.h"

namespace roomkeeper::testing {
namespace {

// All states from which `to` can be reached, itself included.
template <typename All, typename State>
std::set<State> ReachingStates(const All& all, State to) {
  std::set<State> reaching = {to};
  for (bool grown = true; grown;) {
    grown = false;
    for (const State from : all) {
      for (const State next : all) {
        if (reaching.count(next) != 0 && IsLegal(from, next)) {
          grown = reaching.insert(from).second || grown;
        }
      }
    }
  }
  return reaching;
}

TEST_CASE("a state may always stay as it is", "[states]") {
  for (const JobState state : kAllJobStates) {
    CHECK(IsLegal(state, state));
  }
  for (const RoomState state : kAllRoomStates) {
    CHECK(IsLegal(state, state));
  }
}

TEST_CASE("nothing leaves a final job state", "[states]") {
  for (const JobState from : kAllJobStates) {
    const bool leaves = std::any_of(kAllJobStates.begin(), kAllJobStates.end(),
                                    [&](JobState to) { return to != from && IsLegal(from, to); });
    CAPTURE(Name(from));
    CHECK(leaves == !IsFinal(from));
  }
}

TEST_CASE("every job can end, and only from RUNNING or WAITING with success", "[states]") {
  for (const JobState state : kAllJobStates) {
    CAPTURE(Name(state));
    const bool succeeds = IsLegal(state, JobState::kSucceeded) && state != JobState::kSucceeded;
    CHECK(succeeds == (state == JobState::kRunning || state == JobState::kWaiting));
  }
  for (const JobState final : {JobState::kSucceeded, JobState::kFailed, JobState::kCancelled}) {
    CHECK(ReachingStates(kAllJobStates, final).count(JobState::kQueued) == 1);
  }
}

TEST_CASE("a job that compensates never goes back to work", "[states]") {
  for (const JobState to :
       {JobState::kQueued, JobState::kRunning, JobState::kWaiting, JobState::kSucceeded}) {
    CHECK_FALSE(IsLegal(JobState::kCancelling, to));
  }
}

TEST_CASE("every room state is reached from PENDING and leads to DELETED", "[states]") {
  for (const RoomState state : kAllRoomStates) {
    CAPTURE(Name(state));
    CHECK(ReachingStates(kAllRoomStates, state).count(RoomState::kPending) == 1);
    CHECK(ReachingStates(kAllRoomStates, RoomState::kDeleted).count(state) == 1);
  }
}

TEST_CASE("READY is entered only after configuring or a repair", "[states]") {
  for (const RoomState from : kAllRoomStates) {
    CAPTURE(Name(from));
    const bool legal = IsLegal(from, RoomState::kReady);
    CHECK(legal == (from == RoomState::kConfiguring || from == RoomState::kDegraded ||
                    from == RoomState::kReady));
  }
}

TEST_CASE("a room that waits for the brand's delete can only become DELETED", "[states]") {
  for (const RoomState to : kAllRoomStates) {
    CAPTURE(Name(to));
    CHECK(IsLegal(RoomState::kAwaitingBrandDelete, to) ==
          (to == RoomState::kDeleted || to == RoomState::kAwaitingBrandDelete));
  }
}

TEST_CASE("a room that is going can not be READY again, but for a new one of its name",
          "[states]") {
  for (const RoomState state : kAllRoomStates) {
    CAPTURE(Name(state));
    CHECK_FALSE((IsRunnable(state) && IsGoing(state)));
    CHECK(IsRunnable(state) == (state == RoomState::kReady || state == RoomState::kDegraded));
    if (IsGoing(state)) {
      for (const RoomState to : kAllRoomStates) {
        CHECK_FALSE((IsLegal(state, to) && IsRunnable(to)));
      }
    }
  }
}

TEST_CASE("names are unique and read back to the state they name", "[states]") {
  std::set<std::string> names;
  for (const JobState state : kAllJobStates) {
    CHECK(names.insert(std::string(Name(state))).second);
    CHECK(ParseJobState(Name(state)) == state);
  }
  names.clear();
  for (const RoomState state : kAllRoomStates) {
    CHECK(names.insert(std::string(Name(state))).second);
    CHECK(ParseRoomState(Name(state)) == state);
  }
  for (int step = 1; step <= 9; ++step) {
    CHECK(ParseStep(Name(static_cast<Step>(step))) == static_cast<Step>(step));
  }
  for (int move = 0; move <= 4; ++move) {
    CHECK(ParseMove(Name(static_cast<Move>(move))) == static_cast<Move>(move));
  }
  CHECK(ParseJobState("queued") == std::nullopt);
  CHECK(ParseRoomState("") == std::nullopt);
  CHECK(ParseJobKind("PROVISION") == JobKind::kProvision);
}

}  // namespace
}  // namespace roomkeeper::testing
