#include "tests/conformance/store_fixture.h"

namespace roomkeeper::testing {
namespace {

using Ids = std::vector<std::string>;

// Ids of the rooms that are due for a look, in order.
Ids Due(StoreFixture& store, int now, int limit = 10) {
  const auto rooms = store.NewReader()->ListDueRooms(DueFor::kLook, At(now), limit);
  REQUIRE_OK(rooms);
  Ids ids;
  for (const CleanRoom& room : rooms->rooms) {
    CHECK(room == store.GetRoom(room.key));
    ids.push_back(room.key.id.value());
  }
  return ids;
}

// A room that its job made READY, to be looked at then.
void MakeReady(StoreFixture& store, const std::string& room, const std::string& job, int look_at) {
  REQUIRE_OK(store.Apply(NewRoom(room, job)));
  for (const RoomState state : {RoomState::kConfiguring, RoomState::kReady}) {
    AdvanceJob op = Step(store.GetJob(job), JobState::kRunning);
    op.room = store.GetRoom(KeyOf(room));
    op.room->state = state;
    op.room->move = state == RoomState::kReady ? Move::kNobody : Move::kRoomkeeper;
    if (state == RoomState::kReady) {
      op.room->look_at = At(look_at);
    }
    REQUIRE_OK(store.Apply(op));
  }
  REQUIRE_OK(store.Apply(Step(store.GetJob(job), JobState::kSucceeded, 30)));
}

NoteLook LookAt(const CleanRoom& room, int look_at) {
  return {.key = room.key,
          .seen_revision = room.revision,
          .state = room.state,
          .problem = room.problem,
          .look_at = At(look_at),
          .now = At(100)};
}

std::int64_t RoomsIn(StoreFixture& store, RoomState state) {
  std::int64_t count = 0;
  const StoreStats stats = *store.NewReader()->GetStats();
  for (const StoreStats::ShardRooms& rooms : stats.rooms) {
    count += rooms.state == state ? rooms.count : 0;
  }
  return count;
}

const Problem kDenied = {.reason = "ASSET_PERMISSION_DENIED",
                         .message = "grant it again",
                         .move = Move::kProviderOperator,
                         .retryable = true};

TEST_CASE("rooms are looked at in the order in which they are due, across a restart", "[store]") {
  const auto store = MakeStoreFixture();
  MakeReady(*store, "late", "j1", 300);
  MakeReady(*store, "soon", "j2", 100);
  MakeReady(*store, "next", "j3", 200);
  REQUIRE_OK(store->Apply(NewRoom("new", "j4")));

  store->Reopen();

  CHECK(Due(*store, 99).empty());
  CHECK(Due(*store, 100) == Ids{"soon"});
  CHECK(Due(*store, 1000) == Ids{"soon", "next", "late"});
  CHECK(Due(*store, 1000, 2) == Ids{"soon", "next"});
  CHECK(store->NewReader()->ListDueRooms(DueFor::kSweep, At(1000), 10)->rooms.empty());
}

TEST_CASE("a look that finds nothing new puts off the next and changes nothing else", "[store]") {
  const auto store = MakeStoreFixture();
  MakeReady(*store, "a", "j1", 100);
  CleanRoom want = store->GetRoom(KeyOf("a"));
  NoteLook op = LookAt(want, 500);
  op.notebooks = want.notebooks;

  const auto noted = store->Apply(op);

  want.look_at = At(500);
  REQUIRE_OK(noted);
  CHECK(noted->room == want);
  CHECK(store->notice().jobs.empty());
  store->Reopen();
  CHECK(store->GetRoom(KeyOf("a")) == want);
  CHECK(Due(*store, 499).empty());
  CHECK(Due(*store, 500) == Ids{"a"});
}

TEST_CASE("a look degrades a room, tells the journal of its last job, and heals it", "[store]") {
  const auto store = MakeStoreFixture();
  MakeReady(*store, "a", "j1", 100);
  const CleanRoom ready = store->GetRoom(KeyOf("a"));
  const Job job = store->GetJob("j1");
  NoteLook op = LookAt(ready, 500);
  op.state = RoomState::kDegraded;
  op.problem = kDenied;

  REQUIRE_OK(store->Apply(op));

  REQUIRE(store->notice().jobs.size() == 1);
  CHECK(store->notice().jobs[0].last_seq == job.last_seq + 1);
  store->Reopen();
  const CleanRoom degraded = store->GetRoom(KeyOf("a"));
  CleanRoom want = ready;
  want.state = RoomState::kDegraded;
  want.move = Move::kProviderOperator;
  want.problem = kDenied;
  want.state_since = At(100);
  want.updated_at = At(100);
  want.look_at = At(500);
  want.revision = ready.revision + 1;
  CHECK(degraded == want);
  CHECK(RoomsIn(*store, RoomState::kDegraded) == 1);
  CHECK(RoomsIn(*store, RoomState::kReady) == 0);
  CHECK(store->Events("j1").back() == JobEvent{.job = JobId("j1"),
                                               .seq = job.last_seq + 1,
                                               .at = At(100),
                                               .type = "room.state",
                                               .job_state = JobState::kSucceeded,
                                               .step = job.step,
                                               .room_state = RoomState::kDegraded,
                                               .move = Move::kProviderOperator,
                                               .message = "ASSET_PERMISSION_DENIED: grant it again",
                                               .epoch = job.epoch});
  Job told = job;
  told.last_seq = job.last_seq + 1;
  CHECK(store->GetJob("j1") == told);

  op = LookAt(degraded, 900);
  REQUIRE_OK(store->Apply(op));  // the same again: not told twice
  CHECK(store->GetJob("j1") == told);
  op.state = RoomState::kReady;
  op.problem = std::nullopt;
  op.notebooks = std::vector<NotebookState>{{.name = "match", .etag = "e9"}};
  REQUIRE_OK(store->Apply(op));
  const CleanRoom healed = store->GetRoom(KeyOf("a"));
  CHECK(healed.state == RoomState::kReady);
  CHECK(healed.move == Move::kNobody);
  CHECK_FALSE(healed.problem.has_value());
  CHECK(healed.notebooks == *op.notebooks);
  CHECK(store->Events("j1").back().room_state == RoomState::kReady);
  CHECK(RoomsIn(*store, RoomState::kReady) == 1);
}

TEST_CASE("a look at a room that changed meanwhile, or is not to be looked at, is not written",
          "[store]") {
  const auto store = MakeStoreFixture();
  MakeReady(*store, "a", "j1", 100);
  const CleanRoom before = store->GetRoom(KeyOf("a"));
  NoteLook op = LookAt(before, 500);
  op.seen_revision = before.revision - 1;
  CHECK_THAT(StatusOf(store->Apply(op)), StatusIs(absl::StatusCode::kAborted, "has changed"));
  op.key = KeyOf("b");
  CHECK_THAT(StatusOf(store->Apply(op)), StatusIs(absl::StatusCode::kNotFound));
  op = LookAt(before, 500);
  op.state = RoomState::kQuarantined;
  CHECK_THAT(StatusOf(store->Apply(op)),
             StatusIs(absl::StatusCode::kFailedPrecondition, "QUARANTINED"));
  CHECK(store->GetRoom(KeyOf("a")) == before);

  REQUIRE_OK(store->Apply(Teardown("a", "j2")));
  op = LookAt(store->GetRoom(KeyOf("a")), 500);
  CHECK_THAT(StatusOf(store->Apply(op)),
             StatusIs(absl::StatusCode::kFailedPrecondition, "DELETING"));
}

TEST_CASE("a room is not looked at while it has a job, and the job keeps its number", "[store]") {
  const auto store = MakeStoreFixture();
  MakeReady(*store, "a", "j1", 100);
  SubmitJob repair = Teardown("a", "j2");
  repair.room.state = RoomState::kDegraded;
  repair.job.kind = JobKind::kProvision;
  repair.job.repair = 2;

  const auto submitted = store->Apply(repair);

  REQUIRE_OK(submitted);
  CHECK(submitted->outcome == Outcome::kInserted);
  CHECK_FALSE(submitted->room.look_at.has_value());
  CHECK(Due(*store, 1000).empty());
  AdvanceJob op = Step(store->GetJob("j2"), JobState::kRunning);
  op.job.repair = 0;  // as its kind, it never changes
  op.room = store->GetRoom(KeyOf("a"));
  op.room->state = RoomState::kReady;
  op.room->look_at = At(700);
  REQUIRE_OK(store->Apply(op));
  store->Reopen();
  CHECK(store->GetJob("j2").repair == 2);
  CHECK(Due(*store, 699).empty());
  CHECK(Due(*store, 700) == Ids{"a"});
}

}  // namespace
}  // namespace roomkeeper::testing
