#include <algorithm>
#include <set>

#include "tests/conformance/store_fixture.h"

namespace roomkeeper::testing {
namespace {

constexpr int kNow = 1000;

ClaimJobs Claim(const std::string& owner, int n = 100) {
  return {.owner = owner, .now = At(kNow), .n = n};
}

// A job that nobody owns, due at `wake_at`.
SubmitJob Unclaimed(const std::string& job, int wake_at = 0) {
  SubmitJob op = NewRoom("room-" + job, job);
  op.claim_for.clear();
  op.job.wake_at = At(wake_at);
  return op;
}

std::vector<std::string> Ids(const ClaimJobs::Result& result) {
  std::vector<std::string> ids;
  for (const auto& due : result.due) {
    ids.push_back(due.job.id.value());
  }
  for (const auto& parked : result.parked) {
    ids.push_back(parked.id.value());
  }
  return ids;
}

TEST_CASE("a claim gives each job once, whole, with its next epoch", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(Unclaimed("j1")));

  const auto first = store->Apply(Claim("r1"));
  const auto again = store->Apply(Claim("r1"));

  REQUIRE_OK(first);
  REQUIRE(first->due.size() == 1);
  store->Reopen();
  CHECK(first->due[0].job == store->GetJob("j1"));
  CHECK(first->due[0].job.epoch == 1);
  CHECK(first->due[0].room == store->GetRoom(KeyOf("room-j1")));
  CHECK_FALSE(first->more);
  REQUIRE_OK(again);
  CHECK(Ids(*again).empty());
}

TEST_CASE("a job is parked until its wake time", "[store]") {
  const auto wake_at = GENERATE(kNow - 1, kNow, kNow + 1);
  CAPTURE(wake_at);
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(Unclaimed("j1", wake_at)));

  const auto claim = store->Apply(Claim("r1"));

  REQUIRE_OK(claim);
  const bool due = wake_at <= kNow;
  CHECK(claim->due.size() == (due ? 1 : 0));
  REQUIRE(claim->parked.size() == (due ? 0 : 1));
  if (!due) {
    const ClaimJobs::Result::Parked& parked = claim->parked[0];
    CHECK(parked.id == JobId("j1"));
    CHECK(parked.brand == BrandId("acme"));
    CHECK(parked.shard == ShardId("main"));
    CHECK(parked.epoch == 1);
    CHECK(parked.wake_at == At(wake_at));
  }
}

TEST_CASE("only QUEUED and WAITING jobs that nobody cancelled can wait", "[store]") {
  const auto state =
      GENERATE(JobState::kQueued, JobState::kRunning, JobState::kWaiting, JobState::kCancelling);
  const bool cancel = GENERATE(false, true);
  CAPTURE(Name(state), cancel);
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(Unclaimed("j1", kNow + 1)));
  const auto go = [&](JobState to) { REQUIRE_OK(store->Apply(Step(store->GetJob("j1"), to))); };
  if (state != JobState::kQueued) {
    go(JobState::kRunning);
  }
  if (state == JobState::kWaiting || state == JobState::kCancelling) {
    go(state);
  }
  if (cancel) {
    REQUIRE_OK(store->Apply(CancelJob{.id = JobId("j1"), .now = At(1)}));
  }
  store->Reopen();

  const auto claim = store->Apply(Claim("r1"));

  REQUIRE_OK(claim);
  const bool waits = (state == JobState::kQueued || state == JobState::kWaiting) && !cancel;
  CHECK(claim->parked.size() == (waits ? 1 : 0));
  CHECK(claim->due.size() == (waits ? 0 : 1));
}

TEST_CASE("an advance moves the time that a claim goes by", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(NewRoom("a", "j1")));
  REQUIRE_OK(store->Apply(Step(store->GetJob("j1"), JobState::kRunning)));
  AdvanceJob wait = Step(store->GetJob("j1"), JobState::kWaiting);
  wait.job.wake_at = At(kNow + 5);
  wait.job.shard = ShardId("second");
  REQUIRE_OK(store->Apply(wait));

  const auto claim = store->Apply(Claim("r2"));

  REQUIRE_OK(claim);
  REQUIRE(claim->parked.size() == 1);
  CHECK(claim->parked[0].wake_at == At(kNow + 5));
  CHECK(claim->parked[0].shard == ShardId("second"));
  CHECK(claim->parked[0].epoch == 2);
}

TEST_CASE("batches take all live jobs once, the oldest first", "[store]") {
  const auto n = GENERATE(1, 2, 3, 4, 5, 6);
  CAPTURE(n);
  const auto store = MakeStoreFixture();
  for (int i = 0; i < 5; ++i) {
    REQUIRE_OK(store->Apply(Unclaimed("j" + std::to_string(i))));
  }
  std::vector<std::string> claimed;

  for (bool more = true; more;) {
    const auto claim = store->Apply(Claim("r1", n));
    REQUIRE_OK(claim);
    const std::vector<std::string> ids = Ids(*claim);
    CHECK(ids.size() == std::min<std::size_t>(static_cast<std::size_t>(n), 5 - claimed.size()));
    claimed.insert(claimed.end(), ids.begin(), ids.end());
    more = claim->more;
  }

  CHECK(claimed == std::vector<std::string>{"j0", "j1", "j2", "j3", "j4"});
}

TEST_CASE("due jobs beyond rows_max come without their rows", "[store]") {
  const auto store = MakeStoreFixture();
  for (int i = 0; i < 3; ++i) {
    REQUIRE_OK(store->Apply(Unclaimed("j" + std::to_string(i), i)));
  }
  REQUIRE_OK(store->Apply(Unclaimed("later", kNow + 1)));
  ClaimJobs op = Claim("r1");
  op.rows_max = 1;

  const auto claim = store->Apply(op);

  REQUIRE_OK(claim);
  CHECK(Ids(*claim) == std::vector<std::string>{"j0", "j1", "j2", "later"});
  REQUIRE(claim->parked.size() == 3);
  CHECK(claim->parked[0].wake_at == At(1));
  CHECK(claim->parked[0].epoch == 1);
  CHECK(store->GetJob("j1").epoch == 1);
  CHECK_FALSE(claim->more);
}

TEST_CASE("a final job is nobody's", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(NewRoom("a", "j1")));
  REQUIRE_OK(store->Apply(Step(store->GetJob("j1"), JobState::kRunning)));
  REQUIRE_OK(store->Apply(Step(store->GetJob("j1"), JobState::kFailed)));

  const auto claim = store->Apply(Claim("r2"));

  REQUIRE_OK(claim);
  CHECK(Ids(*claim).empty());
  CHECK(store->GetJob("j1").epoch == 1);
}

TEST_CASE("two owners take jobs from each other, and each write of the loser is refused",
          "[store]") {
  const auto store = MakeStoreFixture();
  for (const char* id : {"j1", "j2", "j3"}) {
    REQUIRE_OK(store->Apply(Unclaimed(id)));
  }
  std::int64_t epoch = 0;
  for (const char* owner : {"r1", "r2", "r1", "r2"}) {
    const std::vector<Job> before = {store->GetJob("j1"), store->GetJob("j2"), store->GetJob("j3")};
    const auto claim = store->Apply(Claim(owner));
    REQUIRE_OK(claim);
    ++epoch;

    REQUIRE(claim->due.size() == 3);
    for (const auto& due : claim->due) {
      CHECK(due.job.epoch == epoch);
    }
    for (const Job& stale : before) {
      CHECK_THAT(StatusOf(store->Apply(Step(stale, stale.state))),
                 StatusIs(absl::StatusCode::kAborted));
    }
  }
}

TEST_CASE("a job submitted for an owner is not claimed by it, but by another", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(NewRoom("a", "j1")));  // for r1

  const auto own = store->Apply(Claim("r1"));
  const auto other = store->Apply(Claim("r2"));

  REQUIRE_OK(own);
  CHECK(Ids(*own).empty());
  REQUIRE_OK(other);
  CHECK(Ids(*other) == std::vector<std::string>{"j1"});
}

TEST_CASE("what arrives after a claim is found by the next one", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(Unclaimed("j1")));
  REQUIRE_OK(store->Apply(Claim("r1")));
  REQUIRE_OK(store->Apply(NewRoom("a", "j2")));  // for r1
  REQUIRE_OK(store->Apply(Unclaimed("j3")));

  const auto claim = store->Apply(Claim("r1"));

  REQUIRE_OK(claim);
  CHECK(Ids(*claim) == std::vector<std::string>{"j3"});
}

TEST_CASE("a claim after a restart takes the jobs of the process before", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(Unclaimed("j1")));
  REQUIRE_OK(store->Apply(Claim("r1")));
  store->Reopen();

  const auto claim = store->Apply(Claim("r2"));

  REQUIRE_OK(claim);
  REQUIRE(claim->due.size() == 1);
  CHECK(claim->due[0].job.epoch == 2);
}

TEST_CASE("a claim names its owner and how many", "[store]") {
  const auto store = MakeStoreFixture();

  CHECK_THAT(StatusOf(store->Apply(Claim("", 1))), StatusIs(absl::StatusCode::kInvalidArgument));
  CHECK_THAT(StatusOf(store->Apply(Claim("r1", 0))), StatusIs(absl::StatusCode::kInvalidArgument));
  CHECK_OK(store->Apply(Claim("r1", 1)));
}

}  // namespace
}  // namespace roomkeeper::testing
