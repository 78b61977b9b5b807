#include "lib/engine/decide.h"

#include <utility>

#include "absl/strings/match.h"

#include "tests/support/matchers.h"
#include "tests/support/room_samples.h"

namespace roomkeeper::testing {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

struct Core {
  DecideLimits limits = {};
  Provenance provenance = SampleProvenance();
  absl::Time now = kNow;
  double chance = 0.5;
  LiveJob live = {};

  explicit Core(JobKind kind = JobKind::kProvision) {
    live.room.spec = SampleSpec();
    live.room.key = {BrandId("acme"), InstallId("prod"), CleanRoomId("identity-match")};
    live.job = {.id = JobId("j1"),
                .room = live.room.key,
                .kind = kind,
                .created_at = kNow,
                .deadline_at = kNow + absl::Hours(24),
                .epoch = 1};
  }

  Decision Feed(const Input& input) {
    Decision decision = Decide(
        live, input, {.limits = limits, .provenance = provenance, .now = now, .chance = chance});
    live = decision.next;
    return decision;
  }
  // The answer to the only call in flight.
  Decision Answer(CallError error, absl::Duration retry_after = absl::ZeroDuration()) {
    return Feed(roomkeeper::Answer{.call = live.in_flight.front().id,
                                   .failure = {.error = error, .retry_after = retry_after},
                                   .calls = 1});
  }
  Decision Ok() { return Answer(CallError::kNone); }
};

TEST_CASE("an intent is in the commit before its write, and closed by the commit of its answer",
          "[engine]") {
  Core core;
  Decision decision = core.Feed(Signal::kClaimed);
  CHECK(decision.commit);
  REQUIRE(decision.send.size() == 1);
  CHECK(decision.send[0].kind == CallKind::kPreflight);
  CHECK_FALSE(decision.next.job.progress.intent_open);

  decision = core.Ok();
  REQUIRE(decision.send.size() == 1);
  CHECK(decision.send[0].kind == CallKind::kCreateRoom);
  CHECK(decision.commit);
  CHECK(decision.next.job.progress.intent_open);

  decision = core.Ok();
  REQUIRE(decision.send.size() == 1);
  CHECK(decision.send[0].kind == CallKind::kAwaitProvisioned);
  CHECK(decision.commit);
  CHECK_FALSE(decision.next.job.progress.intent_open);
  CHECK(decision.next.job.state == JobState::kWaiting);
  CHECK(decision.next.job.wake_at == kNow);  // a crash makes it due at once
}

TEST_CASE("writes inside a step cost no commit of their own", "[engine]") {
  Core core;
  core.live.job.state = JobState::kRunning;
  core.live.job.step = Step::kEnsureAssets;
  core.live.room.state = RoomState::kConfiguring;
  Decision decision = core.Feed(Signal::kWoken);
  CHECK(decision.commit);
  REQUIRE(decision.send.size() == 1);

  decision = core.Ok();

  CHECK_FALSE(decision.commit);
  REQUIRE(decision.send.size() == 1);
  CHECK(decision.send[0].kind == CallKind::kAddAsset);
}

TEST_CASE("an open intent makes a claimed job look before it acts", "[engine]") {
  struct Case {
    Step step;
    Provider::Depth depth;
  };
  const auto c = GENERATE(Case{Step::kEnsureRoom, Provider::Depth::kRoom},
                          Case{Step::kEnsureAssets, Provider::Depth::kAssets},
                          Case{Step::kEnsureNotebooks, Provider::Depth::kFull},
                          Case{Step::kDeleteRoom, Provider::Depth::kRoom});
  Core core;
  core.live.job.state = JobState::kRunning;
  core.live.job.step = c.step;
  core.live.job.progress.intent_open = true;

  const Decision decision = core.Feed(Signal::kClaimed);

  CHECK_FALSE(decision.commit);
  REQUIRE(decision.send.size() == 1);
  CHECK(decision.send[0].kind == CallKind::kObserve);
  CHECK(decision.send[0].depth == c.depth);
}

TEST_CASE("a back-off grows with each attempt, has jitter, and honours the platform's word",
          "[engine]") {
  Core core;
  (void)core.Feed(Signal::kClaimed);
  core.chance = 0.999;
  absl::Duration last = absl::ZeroDuration();
  for (int attempt = 1; attempt <= 12; ++attempt) {
    const Decision decision = core.Answer(CallError::kUnavailable);
    REQUIRE(decision.parked);
    const absl::Duration wait = decision.next.job.wake_at - core.now;
    CHECK(wait >= last);
    CHECK(wait <= core.limits.backoff_max);
    CHECK(decision.next.job.progress.attempt == attempt);
    last = wait;
    core.now = decision.next.job.wake_at;
    (void)core.Feed(Signal::kWoken);
  }
  CHECK(last > absl::Minutes(9));

  core.chance = 0;
  Decision decision = core.Answer(CallError::kUnavailable);
  CHECK(decision.next.job.wake_at - core.now == core.limits.backoff_min);
  core.now = decision.next.job.wake_at;
  (void)core.Feed(Signal::kWoken);
  decision = core.Answer(CallError::kRateLimited, absl::Minutes(42));
  CHECK(decision.next.job.wake_at - core.now == absl::Minutes(42));
}

TEST_CASE("a write that our own budget held back waits its turn and blames nobody", "[engine]") {
  Core core;
  (void)core.Feed(Signal::kClaimed);
  (void)core.Ok();
  int told = 0;
  for (int turn = 0; turn < 20; ++turn) {
    REQUIRE(core.live.in_flight.size() == 1);
    REQUIRE(core.live.in_flight.front().kind == CallKind::kCreateRoom);  // no look: it never left
    core.chance = turn % 2 == 0 ? 0 : 0.999;

    const Decision decision = core.Feed(
        Answer{.call = core.live.in_flight.front().id,
               .failure = {.error = CallError::kRateLimited, .error_code = kNotSentBudget}});

    REQUIRE(decision.parked);
    const Job& job = decision.next.job;
    CHECK(job.state == JobState::kWaiting);
    CHECK(job.waiting_for == "the shard's request budget");
    CHECK(job.move == Move::kRoomkeeper);
    CHECK(decision.next.room.move == Move::kRoomkeeper);
    CHECK_FALSE(job.problem.has_value());
    CHECK_FALSE(decision.next.room.problem.has_value());
    CHECK(job.progress.attempt == 0);
    CHECK_FALSE(job.progress.intent_open);
    CHECK(job.wake_at - core.now >= core.limits.backoff_min);
    CHECK(job.wake_at - core.now <= 2 * core.limits.backoff_min);
    told += static_cast<int>(decision.events.size());
    core.now = job.wake_at;
    told += static_cast<int>(core.Feed(Signal::kWoken).events.size());
  }
  CHECK(told == 1);
  CHECK(core.Ok().next.job.step == Step::kAwaitActive);
}

TEST_CASE("a job sits out an outage without using up attempts, until its deadline", "[engine]") {
  Core core;
  core.live.job.shard = ShardId("s1");
  (void)core.Feed(Signal::kClaimed);
  (void)core.Ok();
  (void)core.Answer(CallError::kUnknownOutcome);  // the create: look first
  REQUIRE(core.live.in_flight.front().kind == CallKind::kObserve);
  const std::int32_t attempt = core.live.job.progress.attempt;
  const absl::Duration next_probe = absl::Seconds(20);
  const absl::Time deadline = core.live.job.deadline_at;
  int told = 0;
  for (int turn = 0; core.now < deadline; ++turn) {
    core.chance = turn % 2 == 0 ? 0 : 0.999;

    const Decision decision = core.Feed(Answer{.call = core.live.in_flight.front().id,
                                               .failure = {.error = CallError::kUnavailable,
                                                           .error_code = kNotSentOutage,
                                                           .retry_after = next_probe}});

    REQUIRE(decision.parked);
    const Job& job = decision.next.job;
    CHECK(job.state == JobState::kWaiting);
    CHECK(job.waiting_for == "the platform to answer again");
    CHECK(job.move == Move::kPlatform);
    CHECK(job.progress.attempt == attempt);
    CHECK(job.progress.intent_open);  // the create may still land
    CHECK(job.wake_at <= deadline);
    CHECK((job.wake_at - core.now >= next_probe || job.wake_at == deadline));
    CHECK(job.wake_at - core.now <= 2 * next_probe);
    told += static_cast<int>(decision.events.size());
    core.now = job.wake_at;
    (void)core.Feed(Signal::kWoken);
  }
  CHECK(told == 1);
  CHECK(core.live.job.progress.failing_with->reason == "DEADLINE_EXCEEDED");
  CHECK(absl::StrContains(core.live.job.progress.failing_with->message,
                          "it waited for the platform to answer again"));
}

TEST_CASE("retries for one reason are told at the 1st, 2nd, 4th, 8th attempt", "[engine]") {
  Core core;
  (void)core.Feed(Signal::kClaimed);
  std::string told;
  for (int attempt = 1; attempt <= 16; ++attempt) {
    told += core.Answer(CallError::kUnavailable).events.empty() ? '.' : 'x';
    (void)core.Feed(Signal::kWoken);
  }
  CHECK(told == "xx.x...x.......x");
  CHECK(core.Answer(CallError::kDenied).events.size() == 1);  // another reason
}

TEST_CASE("a sleep never outlasts the deadline", "[engine]") {
  Core core;
  core.live.job.deadline_at = kNow + absl::Seconds(2);
  (void)core.Feed(Signal::kClaimed);

  Decision decision = core.Answer(CallError::kLimitReached);
  CHECK(decision.next.job.wake_at == kNow + absl::Seconds(2));

  core.now = decision.next.job.wake_at;
  decision = core.Feed(Signal::kWoken);
  CHECK(decision.next.job.state == JobState::kFailed);
  CHECK(decision.next.job.problem->reason == "DEADLINE_EXCEEDED");
  CHECK(decision.next.room.state == RoomState::kFailed);
}

TEST_CASE("inputs that mean nothing any more change nothing", "[engine]") {
  Core core;
  (void)core.Feed(Signal::kClaimed);

  const Decision stranger = core.Feed(Answer{.call = 99});
  CHECK_FALSE(stranger.commit);
  CHECK(stranger.send.empty());

  core.live.job.state = JobState::kSucceeded;
  for (const Input& input :
       {Input(Signal::kCancel), Input(Signal::kWoken), Input(Signal::kClaimed)}) {
    const Decision decision = core.Feed(input);
    CHECK_FALSE(decision.commit);
    CHECK(decision.send.empty());
  }
}

TEST_CASE("a cancel waits for the write in flight and abandons the reads", "[engine]") {
  Core core;
  (void)core.Feed(Signal::kClaimed);
  (void)core.Ok();  // the create is in flight

  Decision decision = core.Feed(Signal::kCancel);
  CHECK(decision.commit);
  CHECK(decision.next.job.state == JobState::kCancelling);
  CHECK(decision.next.job.progress.intent_open);
  CHECK(decision.send.empty());
  CHECK_FALSE(decision.parked);

  decision = core.Ok();
  REQUIRE(decision.send.size() == 1);
  CHECK(decision.send[0].kind == CallKind::kObserve);
}

TEST_CASE("a cancelled job whose create was in doubt waits until it can not land any more",
          "[engine]") {
  Core core;
  (void)core.Feed(Signal::kClaimed);
  (void)core.Ok();
  (void)core.Feed(Signal::kCancel);
  (void)core.Answer(CallError::kUnknownOutcome);
  Decision decision = core.Answer(CallError::kNotFound);
  while (!IsFinal(decision.next.job.state)) {
    REQUIRE(decision.parked);
    CHECK(decision.next.job.state == JobState::kCancelling);
    core.now = decision.next.job.wake_at;
    (void)core.Feed(Signal::kWoken);
    decision = core.Answer(CallError::kNotFound);
  }

  CHECK(decision.next.job.state == JobState::kCancelled);
  CHECK(core.now == kNow + core.limits.call_horizon + core.limits.second_look_after);
}

TEST_CASE("a look that set out before late calls were too old proves no end", "[engine]") {
  Core core(JobKind::kTeardown);
  core.live.job.state = JobState::kWaiting;
  core.live.job.step = Step::kAwaitGone;
  core.live.job.progress.settle_until = kNow + absl::Seconds(1);
  core.live.room.state = RoomState::kDeleting;
  (void)core.Feed(Signal::kWoken);

  core.now = kNow + absl::Seconds(2);  // a slow answer
  Decision decision = core.Answer(CallError::kNotFound);
  CHECK(decision.next.job.state == JobState::kWaiting);
  CHECK(decision.next.job.wake_at == core.now);

  (void)core.Feed(Signal::kWoken);
  (void)core.Answer(CallError::kNotFound);
  (void)core.Feed(Signal::kWoken);
  decision = core.Answer(CallError::kNotFound);
  CHECK(decision.next.job.state == JobState::kSucceeded);
}

TEST_CASE("a room that came late is not taken for gone because its first read missed it",
          "[engine]") {
  Core core(JobKind::kTeardown);
  core.live.job.state = JobState::kWaiting;
  core.live.job.step = Step::kAwaitGone;
  core.live.job.progress.settle_until = kNow - absl::Seconds(1);
  core.live.room.state = RoomState::kDeleting;
  (void)core.Feed(Signal::kWoken);

  Decision decision = core.Answer(CallError::kNotFound);
  CHECK(decision.next.job.state == JobState::kWaiting);
  CHECK(decision.next.job.wake_at == kNow + core.limits.second_look_after);
  CHECK(decision.next.job.progress.absent_since == kNow);

  core.now = decision.next.job.wake_at;
  (void)core.Feed(Signal::kWoken);
  ObservedRoom there = {.name = core.live.room.spec.room_name,
                        .status = "ACTIVE",
                        .comment = core.provenance.Comment("", core.live.room.spec, JobId("j1"))};
  decision = core.Feed(Answer{.call = core.live.in_flight.front().id, .room = there});
  REQUIRE(decision.send.size() == 1);
  CHECK(decision.send[0].kind == CallKind::kDeleteRoom);
  CHECK_FALSE(decision.next.job.progress.absent_since.has_value());
}

TEST_CASE("a job writes when no call of an earlier job of its room can land any more", "[engine]") {
  Core core;
  core.live.job.progress.settle_until = kNow + absl::Seconds(30);

  const Decision begins = core.Feed(Signal::kClaimed);
  const Decision waits = core.Ok();
  core.now = waits.next.job.wake_at;
  (void)core.Feed(Signal::kWoken);
  const Decision writes = core.Ok();

  CHECK(begins.next.job.state == JobState::kRunning);  // a QUEUED job may not be stored as WAITING
  CHECK(waits.send.empty());
  CHECK(waits.next.job.wake_at == kNow + absl::Seconds(30));
  CHECK(waits.next.job.progress.attempt == 0);
  REQUIRE(writes.send.size() == 1);
  CHECK(writes.send[0].kind == CallKind::kCreateRoom);
}

TEST_CASE("what a look shows of the room rides in the next commit, whenever that is", "[engine]") {
  Core core(JobKind::kTeardown);
  core.live.job.state = JobState::kRunning;
  core.live.job.step = Step::kDeleteRoom;
  core.live.job.progress.intent_open = true;
  core.live.room.state = RoomState::kDeleting;
  (void)core.Feed(Signal::kClaimed);

  Decision decision = core.Feed(
      Answer{.call = core.live.in_flight.front().id, .room = AsDesired(core.live.room.spec)});
  REQUIRE(decision.send.size() == 1);
  CHECK(decision.send[0].kind == CallKind::kDeleteRoom);
  CHECK_FALSE(decision.commit);

  decision = core.Ok();
  CHECK(decision.commit);
  CHECK(decision.room_changed);
  CHECK(decision.next.room.central_clean_room_id == "central-1");
}

TEST_CASE("what our request budget held back is neither the platform's time nor ours", "[engine]") {
  Core core;
  (void)core.Feed(Signal::kClaimed);
  core.now += absl::Seconds(10);
  Decision decision = core.Feed(
      Answer{.call = core.live.in_flight.front().id, .calls = 1, .waited = absl::Seconds(3)});
  CHECK(decision.next.job.progress.budget_time == absl::Seconds(3));
  CHECK(decision.next.job.progress.platform_time == absl::Seconds(7));
  CHECK(decision.next.job.progress.our_time == absl::ZeroDuration());

  core.now += absl::Seconds(1);
  decision =
      core.Feed(Answer{.call = core.live.in_flight.front().id,
                       .failure = {.error = CallError::kRateLimited, .error_code = kNotSentBudget},
                       .waited = absl::Seconds(1)});
  const absl::Duration turn = decision.next.job.wake_at - core.now;
  CHECK(decision.next.job.progress.budget_time == absl::Seconds(4) + turn);
  CHECK(decision.next.job.progress.platform_time == absl::Seconds(7));
  core.now = decision.next.job.wake_at + absl::Seconds(2);
  (void)core.Feed(Signal::kWoken);
  core.now += absl::Seconds(5);
  decision = core.Ok();  // a wait of the call before is not taken again
  CHECK(decision.next.job.progress.budget_time == absl::Seconds(4) + turn);
  CHECK(decision.next.job.progress.platform_time == absl::Seconds(12));
  CHECK(decision.next.job.progress.our_time == absl::Seconds(2));
}

TEST_CASE("a wall clock that steps back makes no negative times", "[engine]") {
  Core core;
  (void)core.Feed(Signal::kClaimed);
  core.now = kNow - absl::Hours(1);

  const Decision decision = core.Ok();

  CHECK(decision.next.job.progress.platform_time == absl::ZeroDuration());
  CHECK(decision.next.job.progress.our_time == absl::ZeroDuration());
}

TEST_CASE("a room with nothing inside goes straight to verify", "[engine]") {
  Core core;
  core.live.room.spec.assets.clear();
  core.live.room.spec.notebooks.clear();
  core.live.room.state = RoomState::kProvisioning;
  core.live.job.state = JobState::kWaiting;
  core.live.job.step = Step::kAwaitActive;
  (void)core.Feed(Signal::kWoken);
  ObservedRoom active;
  active.status = "ACTIVE";

  const Decision decision =
      core.Feed(Answer{.call = core.live.in_flight.front().id, .room = active});

  CHECK(decision.next.job.step == Step::kVerify);
  REQUIRE(decision.send.size() == 1);
  CHECK(decision.send[0].depth == Provider::Depth::kFull);
}

}  // namespace
}  // namespace roomkeeper::testing
