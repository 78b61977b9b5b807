#include "tests/conformance/store_fixture.h"

namespace roomkeeper::testing {
namespace {

// Room a, READY; its job j1 has ended.
std::unique_ptr<StoreFixture> StoreWithReadyRoom() {
  auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(NewRoom("a", "j1")));
  for (const RoomState state : {RoomState::kConfiguring, RoomState::kReady}) {
    AdvanceJob op = Step(store->GetJob("j1"), JobState::kRunning);
    op.room = store->GetRoom(KeyOf("a"));
    op.room->state = state;
    REQUIRE_OK(store->Apply(op));
  }
  REQUIRE_OK(store->Apply(Step(store->GetJob("j1"), JobState::kSucceeded, 30)));
  return store;
}

// A removal asked for at 100 s that begins at 500 s.
SubmitJob LaterTeardown() {
  SubmitJob op = Teardown("a", "j2");
  op.after_grace = true;
  op.room.purge_at = At(500);
  op.job.since = At(100);
  op.job.wake_at = At(500);
  return op;
}

CancelJob TakeBack() {
  return {.id = JobId("j2"), .now = At(200), .message = "oops", .only_in_grace = true};
}

// The engine's first write once the time has come.
AdvanceJob Begin(StoreFixture& store) {
  AdvanceJob op = Step(store.GetJob("j2"), JobState::kRunning, 500);
  op.room = store.GetRoom(KeyOf("a"));
  op.room->state = RoomState::kDeleting;
  op.room->purge_at = std::nullopt;
  return op;
}

TEST_CASE("a removal with a grace leaves the room as it is, but for the time", "[store]") {
  const auto store = StoreWithReadyRoom();
  const CleanRoom before = store->GetRoom(KeyOf("a"));

  REQUIRE_OK(store->Apply(LaterTeardown()));

  CleanRoom want = before;
  want.purge_at = At(500);
  want.job = JobId("j2");
  want.updated_at = At(100);
  want.revision = before.revision + 1;
  CHECK(store->GetRoom(KeyOf("a")) == want);
  store->Reopen();
  CHECK(store->GetRoom(KeyOf("a")) == want);
  CHECK(store->Events("j2").front().room_state == RoomState::kReady);
  const auto stats = store->NewReader()->GetStats();
  REQUIRE_OK(stats);
  CHECK(stats->oldest_queued_at == std::nullopt);  // it does not wait for its turn
  const auto claimed = store->Apply(ClaimJobs{.owner = "r2", .now = At(499), .n = 10});
  REQUIRE_OK(claimed);
  CHECK(claimed->due.empty());
  REQUIRE(claimed->parked.size() == 1);
  CHECK(claimed->parked[0].wake_at == At(500));
}

TEST_CASE("a removal that is taken back ends, and the room is as before", "[store]") {
  const auto store = StoreWithReadyRoom();
  const CleanRoom before = store->GetRoom(KeyOf("a"));
  REQUIRE_OK(store->Apply(LaterTeardown()));
  const AdvanceJob late = Begin(*store);

  const auto taken = store->Apply(TakeBack());

  REQUIRE_OK(taken);
  CHECK(taken->job.state == JobState::kCancelled);
  CHECK(taken->job.finished_at == At(200));
  REQUIRE(store->notice().jobs.size() == 1);
  CHECK(store->notice().jobs[0].last_seq == 2);
  store->Reopen();
  CHECK(store->GetJob("j2") == taken->job);
  CleanRoom want = before;
  want.job = JobId("j2");
  want.updated_at = At(200);
  want.revision = before.revision + 2;
  want.look_at = At(200);  // nobody looked at it meanwhile
  CHECK(store->GetRoom(KeyOf("a")) == want);
  CHECK(store->Events("j2").back().type == "job.cancelled");
  CHECK(store->OpenJobs() == 0);
  CHECK(absl::IsAborted(store->Apply(late).status()));  // the engine comes second
  const auto again = store->Apply(TakeBack());
  REQUIRE_OK(again);
  CHECK(again->already_final);
}

TEST_CASE("a removal that has begun is not taken back, and no other job is", "[store]") {
  const auto store = StoreWithReadyRoom();
  REQUIRE_OK(store->Apply(NewRoom("b", "other")));
  CancelJob provision = TakeBack();
  provision.id = JobId("other");
  CHECK(absl::IsFailedPrecondition(store->Apply(provision).status()));
  REQUIRE_OK(store->Apply(LaterTeardown()));
  REQUIRE_OK(store->Apply(Begin(*store)));
  CHECK_FALSE(store->GetRoom(KeyOf("a")).purge_at.has_value());

  CHECK(absl::IsFailedPrecondition(store->Apply(TakeBack()).status()));

  CHECK(store->GetJob("j2").state == JobState::kRunning);
  CHECK(store->GetRoom(KeyOf("a")).state == RoomState::kDeleting);
}

TEST_CASE("a removal in its grace is not one of its brand's open jobs until it begins", "[store]") {
  const auto store = StoreWithReadyRoom();
  REQUIRE_OK(store->Apply(LaterTeardown()));
  const bool reopened = GENERATE(false, true);
  if (reopened) {
    store->Reopen();
  }
  const auto submit = [&](const std::string& room) {
    SubmitJob op = NewRoom(room, "job-" + room);
    op.brand_jobs_in_flight_max = 1;
    const auto result = store->Apply(op);
    REQUIRE_OK(result);
    return result->outcome;
  };

  CHECK(submit("b") == Outcome::kInserted);
  CHECK(submit("c") == Outcome::kBrandQueueFull);
  REQUIRE_OK(store->Apply(Step(store->GetJob("job-b"), JobState::kRunning)));
  REQUIRE_OK(store->Apply(Step(store->GetJob("job-b"), JobState::kSucceeded)));
  REQUIRE_OK(store->Apply(Begin(*store)));
  CHECK(submit("d") == Outcome::kBrandQueueFull);
  REQUIRE_OK(store->Apply(Step(store->GetJob("j2"), JobState::kSucceeded)));
  CHECK(submit("e") == Outcome::kInserted);
}

}  // namespace
}  // namespace roomkeeper::testing
