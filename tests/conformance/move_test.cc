#include "tests/conformance/store_fixture.h"

namespace roomkeeper::testing {
namespace {

constexpr char kSecond[] = "1.5.0";

RoomSpec SecondSpec() {
  RoomSpec spec = SpecOf("a");
  spec.package_version = kSecond;
  spec.package_digest = "sha256:bb";
  spec.notebooks.push_back({.name = "report", .runner_collaborator_aliases = {"acme"}});
  return spec;
}

// A READY room of version 1.4.0, whose one notebook is seen.
std::unique_ptr<StoreFixture> StoreWithReadyRoom() {
  auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(NewRoom("a", "j1")));
  for (const RoomState state : {RoomState::kConfiguring, RoomState::kReady}) {
    AdvanceJob op = Step(store->GetJob("j1"), JobState::kRunning);
    op.room = store->GetRoom(KeyOf("a"));
    op.room->state = state;
    op.room->notebooks = {{.name = "match", .etag = "etag-1"}};
    REQUIRE_OK(store->Apply(op));
  }
  REQUIRE_OK(store->Apply(Step(store->GetJob("j1"), JobState::kSucceeded, 30)));
  return store;
}

SubmitJob MoveJob() {
  SubmitJob op = NewRoom("a", "j2");
  op.room_rule = SubmitJob::Room::kMustExist;
  op.moves = true;
  op.room.spec = SecondSpec();
  op.room.state = RoomState::kConfiguring;
  op.job.moves_from = "1.4.0";
  op.job.created_at = At(100);
  return op;
}

std::vector<std::string> IdsWithVersion(StoreFixture& store, const std::string& version) {
  const auto page = store.NewReader()->ListRooms({.package_version = version, .limit = 10});
  REQUIRE_OK(page);
  std::vector<std::string> ids;
  for (const CleanRoom& room : page->rooms) {
    ids.push_back(room.key.id.value());
  }
  return ids;
}

TEST_CASE("a room that moves keeps the spec it leaves, and only notebooks that stay the same",
          "[store]") {
  const auto store = StoreWithReadyRoom();
  const CleanRoom before = store->GetRoom(KeyOf("a"));

  const auto result = store->Apply(MoveJob());

  REQUIRE_OK(result);
  REQUIRE(result->outcome == Outcome::kInserted);
  store->Reopen();
  const CleanRoom room = store->GetRoom(KeyOf("a"));
  CHECK(room == result->room);
  CHECK(room.state == RoomState::kConfiguring);
  CHECK(room.spec == SecondSpec());
  CHECK(room.leaving == before.spec);
  CHECK(room.notebooks == before.notebooks);
  CHECK(room.labels == before.labels);
  CHECK(store->GetJob("j2").moves_from == "1.4.0");
  CHECK(IdsWithVersion(*store, kSecond) == std::vector<std::string>{"a"});
  CHECK(IdsWithVersion(*store, "1.4.0").empty());

  SubmitJob again = MoveJob();
  again.job.id = JobId("j3");
  CHECK(store->Apply(again)->outcome == Outcome::kReplayed);
  again.request_id = "other";
  CHECK(store->Apply(again)->outcome == Outcome::kRoomBusy);
}

TEST_CASE("a notebook that changes is not known until it was looked at", "[store]") {
  const auto store = StoreWithReadyRoom();
  SubmitJob op = MoveJob();
  op.room.spec.notebooks.front().content_digest = "sha256:new";
  REQUIRE_OK(store->Apply(op));
  store->Reopen();
  CHECK(store->GetRoom(KeyOf("a")).notebooks.empty());
}

TEST_CASE("specs are written when an advance says so, and not otherwise", "[store]") {
  const auto store = StoreWithReadyRoom();
  REQUIRE_OK(store->Apply(MoveJob()));
  AdvanceJob op = Step(store->GetJob("j2"), JobState::kRunning, 110);
  op.room = store->GetRoom(KeyOf("a"));
  const CleanRoom moving = *op.room;
  op.room->spec = SpecOf("a");
  op.room->leaving = SecondSpec();

  REQUIRE_OK(store->Apply(op));
  store->Reopen();
  CHECK(store->GetRoom(KeyOf("a")).spec == moving.spec);
  CHECK(store->GetRoom(KeyOf("a")).leaving == moving.leaving);

  op.new_spec = true;
  REQUIRE_OK(store->Apply(op));
  store->Reopen();
  CHECK(store->GetRoom(KeyOf("a")).spec == SpecOf("a"));
  CHECK(store->GetRoom(KeyOf("a")).leaving == SecondSpec());
  CHECK(IdsWithVersion(*store, "1.4.0") == std::vector<std::string>{"a"});

  op.room->leaving.reset();
  op.room->state = RoomState::kDegraded;
  REQUIRE_OK(store->Apply(op));
  store->Reopen();
  CHECK_FALSE(store->GetRoom(KeyOf("a")).leaving.has_value());
  CHECK(store->GetRoom(KeyOf("a")).state == RoomState::kDegraded);
}

TEST_CASE("what was seen in one version is not noted in another", "[store]") {
  const auto store = StoreWithReadyRoom();
  REQUIRE_OK(store->Apply(MoveJob()));
  const CleanRoom moving = store->GetRoom(KeyOf("a"));
  const ObserveNotebooks seen = {.key = KeyOf("a"),
                                 .package_version = "1.4.0",
                                 .notebooks = {{.name = "match", .etag = "etag-9"}},
                                 .now = At(120)};
  CHECK_THAT(StatusOf(store->Apply(seen)), StatusIs(absl::StatusCode::kAborted, "1.4.0"));
  CHECK(store->GetRoom(KeyOf("a")) == moving);
}

TEST_CASE("an etag that stands for a second version does so from then on", "[store]") {
  const auto store = StoreWithReadyRoom();
  REQUIRE_OK(store->Apply(MoveJob()));
  AdvanceJob op = Step(store->GetJob("j2"), JobState::kRunning, 110);
  op.room = store->GetRoom(KeyOf("a"));
  const NotebookState same = {.name = "match", .etag = "etag-0"};
  REQUIRE_FALSE(NoteVersion(*op.room, same));
  REQUIRE(NoteVersion(*op.room, same, At(110)));
  REQUIRE_FALSE(NoteVersion(*op.room, same, At(111)));
  REQUIRE_OK(store->Apply(op));
  store->Reopen();
  const CleanRoom room = store->GetRoom(KeyOf("a"));
  CHECK(room.notebook_versions == op.room->notebook_versions);
  CHECK(VersionAt(room, "match", "etag-0", At(109)) == "1.3.0");
  CHECK(VersionAt(room, "match", "etag-0", At(110)) == kSecond);
  CHECK(VersionAt(room, "match", "nobody's", At(110)).empty());
}

}  // namespace
}  // namespace roomkeeper::testing
