#include "tests/conformance/store_fixture.h"

namespace roomkeeper::testing {
namespace {

SubmitJob Expiring(const std::string& room, const std::string& job, int sweep_at, int expires_at) {
  SubmitJob op = NewRoom(room, job);
  op.room.expires_at = At(expires_at);
  op.room.sweep_at = At(sweep_at);
  return op;
}

// Ids of the rooms that are due, in order.
std::vector<std::string> Due(StoreFixture& store, int now, int limit = 10) {
  const auto rooms = store.NewReader()->ListDueRooms(DueFor::kSweep, At(now), limit);
  REQUIRE_OK(rooms);
  std::vector<std::string> ids;
  for (const CleanRoom& room : rooms->rooms) {
    CHECK(room == store.GetRoom(room.key));
    ids.push_back(room.key.id.value());
  }
  return ids;
}

// The last job of room a: ended, the room READY.
void EndJob(StoreFixture& store) {
  for (const RoomState state : {RoomState::kConfiguring, RoomState::kReady}) {
    AdvanceJob op = Step(store.GetJob("j1"), JobState::kRunning);
    op.room = store.GetRoom(KeyOf("a"));
    op.room->state = state;
    REQUIRE_OK(store.Apply(op));
  }
  REQUIRE_OK(store.Apply(Step(store.GetJob("j1"), JobState::kSucceeded, 30)));
}

using Ids = std::vector<std::string>;

TEST_CASE("rooms are due from their time on, the longest due first, across a restart", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(Expiring("late", "j1", 300, 400)));
  REQUIRE_OK(store->Apply(Expiring("soon", "j2", 100, 400)));
  REQUIRE_OK(store->Apply(Expiring("next", "j3", 200, 400)));
  REQUIRE_OK(store->Apply(NewRoom("stays", "j4")));

  store->Reopen();

  CHECK(Due(*store, 99).empty());
  CHECK(Due(*store, 100) == Ids{"soon"});
  CHECK(Due(*store, 1000) == Ids{"soon", "next", "late"});
  CHECK(Due(*store, 1000, 2) == Ids{"soon", "next"});
}

TEST_CASE("what the engine writes of a room leaves its expiry alone", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(Expiring("a", "j1", 100, 200)));
  AdvanceJob op = Step(store->GetJob("j1"), JobState::kRunning);
  op.room = store->GetRoom(KeyOf("a"));
  op.room->expires_at = std::nullopt;
  op.room->sweep_at = At(1);

  REQUIRE_OK(store->Apply(op));

  CHECK(store->GetRoom(KeyOf("a")).expires_at == At(200));
  CHECK(Due(*store, 99).empty());
  CHECK(Due(*store, 100) == Ids{"a"});
}

TEST_CASE("an expiry is put off, and nothing else of the room changes", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(Expiring("a", "j1", 100, 200)));
  const CleanRoom before = store->GetRoom(KeyOf("a"));

  const auto put_off = store->Apply(SetExpiry{.key = KeyOf("a"),
                                              .seen_expires_at = At(200),
                                              .expires_at = At(900),
                                              .sweep_at = At(800),
                                              .now = At(50)});

  CleanRoom want = before;
  want.expires_at = At(900);
  want.sweep_at = At(800);
  want.updated_at = At(50);
  want.revision = before.revision + 1;
  REQUIRE_OK(put_off);
  CHECK(put_off->room == want);
  store->Reopen();
  CHECK(store->GetRoom(KeyOf("a")) == want);
  CHECK(Due(*store, 799).empty());
  CHECK(Due(*store, 800) == Ids{"a"});
  CHECK(store->Events("j1").size() == 1);
}

TEST_CASE("a warning is the next event of the room's last job, though that has ended", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(Expiring("a", "j1", 100, 200)));
  EndJob(*store);
  const Job before = store->GetJob("j1");

  REQUIRE_OK(store->Apply(SetExpiry{.key = KeyOf("a"),
                                    .seen_expires_at = At(200),
                                    .expires_at = At(200),
                                    .sweep_at = At(200),
                                    .event_type = "room.expiring",
                                    .event_message = "soon",
                                    .now = At(100)}));

  REQUIRE(store->notice().jobs.size() == 1);
  CHECK(store->notice().jobs[0].last_seq == before.last_seq + 1);
  store->Reopen();
  Job want = before;
  want.last_seq = before.last_seq + 1;
  CHECK(store->GetJob("j1") == want);
  const auto events = store->Events("j1");
  REQUIRE(static_cast<std::int64_t>(events.size()) == want.last_seq);
  CHECK(events.back() == JobEvent{.job = JobId("j1"),
                                  .seq = want.last_seq,
                                  .at = At(100),
                                  .type = "room.expiring",
                                  .job_state = JobState::kSucceeded,
                                  .step = want.step,
                                  .room_state = RoomState::kReady,
                                  .move = want.move,
                                  .message = "soon",
                                  .epoch = want.epoch});
}

TEST_CASE("an expiry that changed meanwhile, or of a room that goes, is not written", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(Expiring("a", "j1", 100, 200)));
  const SetExpiry stale = {.key = KeyOf("a"),
                           .seen_expires_at = At(199),
                           .expires_at = At(900),
                           .sweep_at = At(900),
                           .event_type = "room.expiring"};
  CHECK_THAT(StatusOf(store->Apply(stale)),
             StatusIs(absl::StatusCode::kAborted, "expiry of clean room a has changed"));
  CHECK_THAT(StatusOf(store->Apply(SetExpiry{.key = KeyOf("b")})),
             StatusIs(absl::StatusCode::kNotFound));
  EndJob(*store);
  REQUIRE_OK(store->Apply(Teardown("a", "j2")));
  const CleanRoom going = store->GetRoom(KeyOf("a"));
  CHECK(going.expires_at == At(200));

  SetExpiry late = stale;
  late.seen_expires_at = At(200);
  CHECK_THAT(StatusOf(store->Apply(late)),
             StatusIs(absl::StatusCode::kFailedPrecondition, "DELETING"));

  CHECK(store->GetRoom(KeyOf("a")) == going);
  CHECK(Due(*store, 1000).empty());
}

TEST_CASE("a room made anew under the same name has an expiry of its own", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(Expiring("a", "j1", 100, 200)));
  AdvanceJob end = Step(store->GetJob("j1"), JobState::kRunning);
  REQUIRE_OK(store->Apply(end));
  end = Step(store->GetJob("j1"), JobState::kFailed);
  end.room = store->GetRoom(KeyOf("a"));
  end.room->state = RoomState::kDeleted;
  REQUIRE_OK(store->Apply(end));
  CHECK(Due(*store, 1000) == Ids{"a"});  // until the sweep has seen that it is gone
  SubmitJob again = Expiring("a", "j2", 500, 600);
  again.request_id = "again";
  again.room.generation = 2;
  again.room.spec = SpecOf("a", 2);

  REQUIRE_OK(store->Apply(again));

  CHECK(Due(*store, 499).empty());
  CHECK(Due(*store, 500) == Ids{"a"});
}

}  // namespace
}  // namespace roomkeeper::testing
