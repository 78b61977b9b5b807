// What a submit by a CI key is held to.
#include "tests/conformance/store_fixture.h"

namespace roomkeeper::testing {
namespace {

const CiScope kScope = {
    .label_key = "made-by", .label_value = "ci", .rooms_max = 2, .ttl_max = absl::Hours(2)};

// By a CI key; the request_id is the job's.
SubmitJob CiRoom(const std::string& room, const std::string& job) {
  SubmitJob op = NewRoom(room, job);
  op.room.labels = {{"made-by", "ci"}, {"run", job}};
  op.ci = kScope;
  return op;
}

Outcome Submit(StoreFixture& store, const SubmitJob& op) {
  const auto result = store.Apply(op);
  REQUIRE_OK(result);
  return result->outcome;
}

// Ends the job, with the room brought along these states.
void End(StoreFixture& store, const std::string& job, const RoomKey& key,
         const std::vector<RoomState>& states = {RoomState::kDeleted}) {
  for (const RoomState state : states) {
    AdvanceJob run = Step(store.GetJob(job), JobState::kRunning);
    run.room = store.GetRoom(key);
    run.room->state = state;
    REQUIRE_OK(store.Apply(run));
  }
  REQUIRE_OK(store.Apply(Step(store.GetJob(job), JobState::kFailed)));
}

TEST_CASE("a CI key makes so many rooms and no more, also in one commit", "[store]") {
  const auto store = MakeStoreFixture();

  auto results = store->Apply(std::vector<WriteOp>{CiRoom("a", "j1"), CiRoom("b", "j2"),
                                                   CiRoom("c", "j3"), CiRoom("d", "j4")});

  std::vector<Outcome> outcomes;
  for (const auto& result : results) {
    REQUIRE_OK(result);
    outcomes.push_back(std::get<SubmitJob::Result>(*result).outcome);
  }
  CHECK(outcomes == std::vector{Outcome::kInserted, Outcome::kInserted, Outcome::kCiRoomsFull,
                                Outcome::kCiRoomsFull});
  CHECK(std::get<SubmitJob::Result>(*results[2]).rooms == 2);
  CHECK_FALSE(store->NewReader()->GetJob(JobId("j3")).ok());
  store->Reopen();
  CHECK(Submit(*store, CiRoom("c", "j5")) == Outcome::kCiRoomsFull);
}

TEST_CASE("what counts for a CI key is under its label, in its install, and the provider's still",
          "[store]") {
  const auto store = MakeStoreFixture();
  SubmitJob unlabelled = NewRoom("a", "j1");
  unlabelled.room.labels = {{"made-by", "hand"}};
  REQUIRE(Submit(*store, unlabelled) == Outcome::kInserted);
  SubmitJob elsewhere = CiRoom("b", "j2");
  elsewhere.room.key.install = InstallId("elsewhere");
  REQUIRE(Submit(*store, elsewhere) == Outcome::kInserted);
  SubmitJob by_hand = CiRoom("c", "j3");  // under the label, by the app itself
  by_hand.ci.reset();
  REQUIRE(Submit(*store, by_hand) == Outcome::kInserted);
  REQUIRE(Submit(*store, CiRoom("d", "j4")) == Outcome::kInserted);

  CHECK(Submit(*store, CiRoom("e", "j5")) == Outcome::kCiRoomsFull);

  End(*store, "j4", KeyOf("d"));
  store->Reopen();
  REQUIRE(Submit(*store, CiRoom("e", "j6")) == Outcome::kInserted);
  REQUIRE(Submit(*store, CiRoom("f", "j7")) == Outcome::kCiRoomsFull);
  End(*store, "j6", KeyOf("e"), {RoomState::kDeleting, RoomState::kAwaitingBrandDelete});
  CHECK(Submit(*store, CiRoom("f", "j8")) == Outcome::kInserted);
}

TEST_CASE("a repeated create of a CI key answers the first, though the label is full", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE(Submit(*store, CiRoom("a", "j1")) == Outcome::kInserted);
  REQUIRE(Submit(*store, CiRoom("b", "j2")) == Outcome::kInserted);
  SubmitJob again = CiRoom("a", "j3");
  again.request_id = "request-j1";

  CHECK(Submit(*store, again) == Outcome::kReplayed);
}

TEST_CASE("a CI key takes no name that a room outside its label had", "[store]") {
  const auto store = MakeStoreFixture();
  SubmitJob unlabelled = NewRoom("a", "j1");
  unlabelled.room.labels = {{"made-by", "hand"}};
  REQUIRE(Submit(*store, unlabelled) == Outcome::kInserted);
  REQUIRE(Submit(*store, CiRoom("b", "j2")) == Outcome::kInserted);
  End(*store, "j1", KeyOf("a"));
  End(*store, "j2", KeyOf("b"));
  SubmitJob over_others = CiRoom("a", "j3");
  SubmitJob over_its_own = CiRoom("b", "j4");
  for (SubmitJob* op : {&over_others, &over_its_own}) {
    op->room.generation = 2;
    op->room.spec = SpecOf(op->room.key.id.value(), 2);
  }

  CHECK(Submit(*store, over_others) == Outcome::kRoomExists);
  CHECK(Submit(*store, over_its_own) == Outcome::kInserted);
}

}  // namespace
}  // namespace roomkeeper::testing
