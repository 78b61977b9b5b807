#include "tests/conformance/store_fixture.h"

namespace roomkeeper::testing {
namespace {

const std::vector<NotebookState> kSeen = {{.name = "match", .etag = "e2", .content_digest = "d"}};

// Room a in `state`, reached through job j1, which stays RUNNING.
std::unique_ptr<StoreFixture> StoreWithRoomIn(std::vector<RoomState> way) {
  auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(NewRoom("a", "j1")));
  for (const RoomState state : way) {
    AdvanceJob op = Step(store->GetJob("j1"), JobState::kRunning);
    op.room = store->GetRoom(KeyOf("a"));
    op.room->state = state;
    op.room->problem = Problem{.reason = "WAIT", .message = "the brand must delete"};
    REQUIRE_OK(store->Apply(op));
  }
  return store;
}

TEST_CASE("a cancel is marked once, with one event", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(NewRoom("a", "j1")));
  const CancelJob op = {.id = JobId("j1"), .now = At(7), .message = "by the operator"};

  const auto first = store->Apply(op);

  REQUIRE_OK(first);
  CHECK_FALSE(first->already_final);
  CHECK(first->job.cancel_requested);
  REQUIRE(store->notice().jobs.size() == 1);
  CHECK(store->notice().jobs[0].cancel_requested);
  CHECK(store->notice().jobs[0].last_seq == 2);

  const auto second = store->Apply(op);

  REQUIRE_OK(second);
  CHECK(second->job == first->job);
  CHECK(store->notice().jobs.empty());
  store->Reopen();
  CHECK(store->GetJob("j1") == first->job);
  const std::vector<JobEvent> events = store->Events("j1");
  REQUIRE(events.size() == 2);
  CHECK(events[1] == JobEvent{.job = JobId("j1"),
                              .seq = 2,
                              .at = At(7),
                              .type = "job.cancel_requested",
                              .message = "by the operator",
                              .epoch = 1});
}

TEST_CASE("a cancel leaves the rest of the job as it was", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(NewRoom("a", "j1")));
  REQUIRE_OK(store->Apply(Step(store->GetJob("j1"), JobState::kRunning)));
  const Job before = store->GetJob("j1");

  REQUIRE_OK(store->Apply(CancelJob{.id = JobId("j1"), .now = At(7)}));

  Job want = before;
  want.cancel_requested = true;
  want.updated_at = At(7);
  want.last_seq = before.last_seq + 1;
  CHECK(store->GetJob("j1") == want);
}

TEST_CASE("a final job cannot be cancelled, and an absent one is not found", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(NewRoom("a", "j1")));
  REQUIRE_OK(store->Apply(Step(store->GetJob("j1"), JobState::kRunning)));
  REQUIRE_OK(store->Apply(Step(store->GetJob("j1"), JobState::kSucceeded)));
  const Job before = store->GetJob("j1");

  const auto final = store->Apply(CancelJob{.id = JobId("j1"), .now = At(50)});

  REQUIRE_OK(final);
  CHECK(final->already_final);
  CHECK(store->GetJob("j1") == before);
  CHECK(store->Events("j1").size() == 3);
  CHECK_THAT(StatusOf(store->Apply(CancelJob{.id = JobId("j2")})),
             StatusIs(absl::StatusCode::kNotFound, "no job j2"));
}

TEST_CASE("a room is moved from the state that the caller saw", "[store]") {
  const auto store = StoreWithRoomIn({RoomState::kDeleting, RoomState::kAwaitingBrandDelete});
  const CleanRoom before = store->GetRoom(KeyOf("a"));
  const MoveRoom op = {.key = KeyOf("a"), .now = At(70)};

  const auto moved = store->Apply(op);
  const auto again = store->Apply(op);

  REQUIRE_OK(moved);
  CleanRoom want = before;
  want.state = RoomState::kDeleted;
  want.move = Move::kNobody;
  want.problem = std::nullopt;
  want.state_since = At(70);
  want.updated_at = At(70);
  want.revision = before.revision + 1;
  CHECK(moved->room == want);
  CHECK_THAT(StatusOf(again),
             StatusIs(absl::StatusCode::kFailedPrecondition, "DELETED, not AWAITING_BRAND_DELETE"));
  store->Reopen();
  CHECK(store->GetRoom(KeyOf("a")) == want);
}

TEST_CASE("a room that is not there, or may not move so, is not moved", "[store]") {
  const auto store = StoreWithRoomIn({});

  CHECK_THAT(StatusOf(store->Apply(MoveRoom{.key = KeyOf("b")})),
             StatusIs(absl::StatusCode::kNotFound));
  CHECK_THAT(StatusOf(store->Apply(MoveRoom{
                 .key = KeyOf("a"), .from = RoomState::kPending, .to = RoomState::kReady})),
             StatusIs(absl::StatusCode::kDataLoss, "cannot go from PENDING to READY"));
  CHECK(store->GetRoom(KeyOf("a")).revision == 1);
}

TEST_CASE("observed notebooks are kept, and a new revision made only if they differ", "[store]") {
  const auto store = StoreWithRoomIn({});
  const ObserveNotebooks op = {.key = KeyOf("a"), .notebooks = kSeen, .now = At(20)};

  const auto first = store->Apply(op);
  const auto second =
      store->Apply(ObserveNotebooks{.key = KeyOf("a"), .notebooks = kSeen, .now = At(21)});

  REQUIRE_OK(first);
  CHECK(first->room.notebooks == kSeen);
  CHECK(first->room.revision == 2);
  CHECK(first->room.updated_at == At(20));
  REQUIRE_OK(second);
  CHECK(second->room == first->room);
  store->Reopen();
  CHECK(store->GetRoom(KeyOf("a")) == first->room);
  CHECK_THAT(StatusOf(store->Apply(ObserveNotebooks{.key = KeyOf("b")})),
             StatusIs(absl::StatusCode::kNotFound));
}

TEST_CASE("the package version of an etag is remembered when another is seen", "[store]") {
  const auto store = StoreWithRoomIn({RoomState::kConfiguring, RoomState::kReady});
  const auto observe = [&](const std::string& etag, const std::string& digest) {
    REQUIRE_OK(store->Apply(
        ObserveNotebooks{.key = KeyOf("a"),
                         .notebooks = {{.name = "match", .etag = etag, .content_digest = digest}},
                         .now = At(80)}));
    store->Reopen();
    std::vector<std::string> etags;
    for (const NotebookVersion& version : store->GetRoom(KeyOf("a")).notebook_versions) {
      etags.push_back(version.etag + " " + version.package_version);
    }
    return etags;
  };

  CHECK(observe("etag-1", "") == std::vector<std::string>{"etag-0 1.3.0", "etag-1 1.4.0"});
  CHECK(observe("etag-2", "") ==
        std::vector<std::string>{"etag-0 1.3.0", "etag-1 1.4.0", "etag-2 1.4.0"});
  CHECK(observe("alien", "sha256:not ours").size() == 3);
  CHECK(observe("etag-1", "").size() == 3);
  std::vector<std::string> last;
  for (std::size_t i = 0; i < kNotebookVersionsMax; ++i) {
    last = observe("more-" + std::to_string(i), "");
  }
  REQUIRE(last.size() == kNotebookVersionsMax);
  CHECK(last.front() == "more-0 1.4.0");
}

}  // namespace
}  // namespace roomkeeper::testing
