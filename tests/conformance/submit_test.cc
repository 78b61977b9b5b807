#include "tests/conformance/store_fixture.h"

namespace roomkeeper::testing {
namespace {

// A store with room a, made by job j1, and that job ended with `job_state` and `room_state`.
std::unique_ptr<StoreFixture> StoreWithRoom(JobState job_state, RoomState room_state) {
  auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(NewRoom("a", "j1")));
  AdvanceJob run = Step(store->GetJob("j1"), JobState::kRunning);
  REQUIRE_OK(store->Apply(run));
  const std::vector<RoomState> way = room_state == RoomState::kReady
                                         ? std::vector{RoomState::kConfiguring, RoomState::kReady}
                                         : std::vector{room_state};
  for (const RoomState state : way) {
    AdvanceJob step = Step(store->GetJob("j1"), JobState::kRunning);
    step.room = store->GetRoom(KeyOf("a"));
    step.room->state = state;
    REQUIRE_OK(store->Apply(step));
  }
  if (job_state != JobState::kRunning) {
    REQUIRE_OK(store->Apply(Step(store->GetJob("j1"), job_state)));
  }
  return store;
}

TEST_CASE("a submit stores the room, the job and its first event", "[store]") {
  const auto store = MakeStoreFixture();
  const SubmitJob op = NewRoom("a", "j1");

  const auto result = store->Apply(op);

  REQUIRE_OK(result);
  CHECK(result->outcome == Outcome::kInserted);
  store->Reopen();
  Job job = op.job;
  job.room = op.room.key;
  job.request_id = "request-j1";
  job.epoch = 1;
  job.last_seq = 1;
  CHECK(store->GetJob("j1") == job);
  CHECK(result->job == job);
  CleanRoom room = op.room;
  room.job = JobId("j1");
  room.revision = 1;
  CHECK(store->GetRoom(KeyOf("a")) == room);
  CHECK(result->room == room);
  CHECK(store->Events("j1") == std::vector<JobEvent>{{.job = JobId("j1"),
                                                      .seq = 1,
                                                      .at = At(0),
                                                      .type = "job.queued",
                                                      .message = "queued",
                                                      .epoch = 1}});
}

TEST_CASE("who hears of a submit depends on whether a replica takes it at once", "[store]") {
  const auto store = MakeStoreFixture();

  REQUIRE_OK(store->Apply(NewRoom("a", "j1")));

  REQUIRE(store->notice().submitted.size() == 1);
  CHECK(store->notice().submitted[0].job == store->GetJob("j1"));
  CHECK(store->notice().submitted[0].room == store->GetRoom(KeyOf("a")));
  CHECK_FALSE(store->notice().unclaimed_submitted);

  SubmitJob unclaimed = NewRoom("b", "j2");
  unclaimed.claim_for.clear();
  REQUIRE_OK(store->Apply(unclaimed));

  CHECK(store->notice().submitted.empty());
  CHECK(store->notice().unclaimed_submitted);
  REQUIRE(store->notice().jobs.size() == 1);
  CHECK(store->notice().jobs[0].id == JobId("j2"));
  CHECK(store->notice().jobs[0].last_seq == 1);
  CHECK(store->GetJob("j2").epoch == 0);
}

TEST_CASE("a repeated request answers with the first job, whatever happened since", "[store]") {
  const auto store = StoreWithRoom(JobState::kSucceeded, RoomState::kReady);
  store->Reopen();
  SubmitJob again = NewRoom("a", "j2");
  again.request_id = "request-j1";

  const auto result = store->Apply(again);

  REQUIRE_OK(result);
  CHECK(result->outcome == Outcome::kReplayed);
  CHECK(result->job == store->GetJob("j1"));
  CHECK(result->room.state == RoomState::kReady);
  CHECK(store->notice().jobs.empty());
  CHECK_FALSE(store->NewReader()->GetJob(JobId("j2")).ok());
}

TEST_CASE("a request_id with another body is refused, and is free in another scope", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(NewRoom("a", "j1")));
  SubmitJob other = NewRoom("b", "j2");
  other.request_id = "request-j1";

  const auto reused = store->Apply(other);
  other.caller_scope = "operators";
  const auto elsewhere = store->Apply(other);

  REQUIRE_OK(reused);
  CHECK(reused->outcome == Outcome::kRequestIdReused);
  CHECK(reused->job.id == JobId("j1"));
  REQUIRE_OK(elsewhere);
  CHECK(elsewhere->outcome == Outcome::kInserted);
}

TEST_CASE("without a request_id nothing is remembered", "[store]") {
  const auto store = MakeStoreFixture();
  SubmitJob first = NewRoom("a", "j1");
  SubmitJob second = NewRoom("b", "j2");
  first.request_id.clear();
  second.request_id.clear();

  REQUIRE_OK(store->Apply(first));
  const auto result = store->Apply(second);

  REQUIRE_OK(result);
  CHECK(result->outcome == Outcome::kInserted);
}

TEST_CASE("a room that exists keeps its key until it is DELETED", "[store]") {
  const auto state =
      GENERATE(RoomState::kPending, RoomState::kReady, RoomState::kFailed, RoomState::kDeleted);
  CAPTURE(Name(state));
  const auto store =
      StoreWithRoom(state == RoomState::kReady ? JobState::kSucceeded : JobState::kFailed, state);
  SubmitJob again = NewRoom("a", "j2");
  again.room.generation = 2;

  const auto result = store->Apply(again);

  REQUIRE_OK(result);
  const bool free = state == RoomState::kDeleted;
  CHECK(result->outcome == (free ? Outcome::kInserted : Outcome::kRoomExists));
  CHECK(result->job.id == JobId(free ? "j2" : "j1"));
  CHECK(result->room.state == (free ? RoomState::kPending : state));
}

TEST_CASE("the room that replaces a DELETED one is the next generation and revision", "[store]") {
  const auto store = StoreWithRoom(JobState::kFailed, RoomState::kDeleted);
  const std::int64_t revision = store->GetRoom(KeyOf("a")).revision;
  SubmitJob again = NewRoom("a", "j2");
  again.room.generation = 2;
  again.room.spec = SpecOf("a", 2);
  again.room.labels = {};

  REQUIRE_OK(store->Apply(again));

  store->Reopen();
  const CleanRoom room = store->GetRoom(KeyOf("a"));
  CHECK(room.generation == 2);
  CHECK(room.revision == revision + 1);
  CHECK(room.spec == SpecOf("a", 2));
  CHECK(room.labels.empty());
  CHECK(room.job == JobId("j2"));
}

TEST_CASE("a generation that is not the next one is refused", "[store]") {
  const auto generation = GENERATE(1, 2, 3);
  CAPTURE(generation);
  const auto store = StoreWithRoom(JobState::kFailed, RoomState::kDeleted);
  SubmitJob again = NewRoom("a", "j2");
  again.room.generation = generation;

  const auto result = store->Apply(again);

  REQUIRE_OK(result);
  CHECK(result->outcome == (generation == 2 ? Outcome::kInserted : Outcome::kGenerationTaken));
  CHECK(result->room.generation == (generation == 2 ? 2 : 1));
}

TEST_CASE("a job for an existing room changes its state and keeps what it is", "[store]") {
  const auto store = StoreWithRoom(JobState::kSucceeded, RoomState::kReady);
  const CleanRoom before = store->GetRoom(KeyOf("a"));

  const auto result = store->Apply(Teardown("a", "j2"));

  REQUIRE_OK(result);
  CHECK(result->outcome == Outcome::kInserted);
  store->Reopen();
  CleanRoom want = before;
  want.state = RoomState::kDeleting;
  want.move = Move::kPlatform;
  want.state_since = At(100);
  want.updated_at = At(100);
  want.job = JobId("j2");
  want.revision = before.revision + 1;
  CHECK(store->GetRoom(KeyOf("a")) == want);
  CHECK(result->room == want);
  CHECK(store->Events("j2")[0].room_state == RoomState::kDeleting);
}

TEST_CASE("a job waits for what may still land of the room's last job", "[store]") {
  struct Case {
    const char* name;
    absl::Time until;
    std::optional<absl::Time> handed_on;
  };
  const auto c =
      GENERATE(Case{"before it", At(99), std::nullopt},
               Case{"when it comes", At(100), std::nullopt}, Case{"after it", At(101), At(101)});
  CAPTURE(c.name);
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(NewRoom("a", "j1")));
  REQUIRE_OK(store->Apply(Step(store->GetJob("j1"), JobState::kRunning)));
  AdvanceJob last = Step(store->GetJob("j1"), JobState::kFailed);
  last.job.progress.settle_until = c.until;
  last.room = store->GetRoom(KeyOf("a"));
  last.room->state = RoomState::kFailed;
  REQUIRE_OK(store->Apply(last));

  const auto result = store->Apply(Teardown("a", "j2"));  // created at 100

  REQUIRE_OK(result);
  CHECK(result->job.progress.settle_until == c.handed_on);
  store->Reopen();
  CHECK(store->GetJob("j2").progress.settle_until == c.handed_on);
}

TEST_CASE("a job for a room that is not there is refused", "[store]") {
  const auto store = MakeStoreFixture();

  const auto result = store->Apply(Teardown("a", "j1"));

  REQUIRE_OK(result);
  CHECK(result->outcome == Outcome::kRoomNotFound);
  CHECK(store->OpenJobs() == 0);
}

TEST_CASE("a room that another job works on is busy until that job is final", "[store]") {
  const auto state = GENERATE(JobState::kRunning, JobState::kWaiting, JobState::kFailed);
  CAPTURE(Name(state));
  const auto store = StoreWithRoom(state, RoomState::kProvisioning);

  const auto result = store->Apply(Teardown("a", "j2"));

  REQUIRE_OK(result);
  CHECK(result->outcome == (IsFinal(state) ? Outcome::kInserted : Outcome::kRoomBusy));
  CHECK(result->job.id == JobId(IsFinal(state) ? "j2" : "j1"));
}

TEST_CASE("a state that does not lead to the wanted one forbids the job", "[store]") {
  const auto store = StoreWithRoom(JobState::kFailed, RoomState::kDeleted);

  const auto result = store->Apply(Teardown("a", "j2"));

  REQUIRE_OK(result);
  CHECK(result->outcome == Outcome::kRoomStateForbids);
  CHECK(result->room.state == RoomState::kDeleted);
}

TEST_CASE("an expected revision must be the stored one", "[store]") {
  const auto off = GENERATE(-1, 0, 1);
  CAPTURE(off);
  const auto store = StoreWithRoom(JobState::kSucceeded, RoomState::kReady);
  SubmitJob op = Teardown("a", "j2");
  op.expected_room_revision = store->GetRoom(KeyOf("a")).revision + off;

  const auto result = store->Apply(op);

  REQUIRE_OK(result);
  CHECK(result->outcome == (off == 0 ? Outcome::kInserted : Outcome::kRevisionMismatch));
}

TEST_CASE("a brand and the store hold so many open jobs and no more", "[store]") {
  struct Case {
    const char* name;
    std::int32_t brand_max;
    std::int32_t max;
    Outcome outcome;
  };
  const auto c = GENERATE(
      Case{"no limits", 0, 0, Outcome::kInserted}, Case{"brand below", 3, 0, Outcome::kInserted},
      Case{"brand at", 2, 0, Outcome::kBrandQueueFull},
      Case{"brand above", 1, 0, Outcome::kBrandQueueFull},
      Case{"store below", 0, 4, Outcome::kInserted}, Case{"store at", 0, 3, Outcome::kQueueFull},
      Case{"store above", 0, 2, Outcome::kQueueFull});
  CAPTURE(c.name);
  const auto store = MakeStoreFixture();
  SubmitJob other_brand = NewRoom("x", "jx");
  other_brand.room.key = KeyOf("x", "bolt");
  // In one group with the last: what is not yet committed counts.
  SubmitJob last = NewRoom("c", "j3");
  last.brand_jobs_in_flight_max = c.brand_max;
  last.open_jobs_max = c.max;

  const auto results = store->Apply({NewRoom("a", "j1"), NewRoom("b", "j2"), other_brand, last});

  REQUIRE_OK(results.back());
  CHECK(std::get<SubmitJob::Result>(*results.back()).outcome == c.outcome);
  store->Reopen();
  CHECK(store->OpenJobs() == (c.outcome == Outcome::kInserted ? 4 : 3));
}

TEST_CASE("a job that ended makes room in the queue", "[store]") {
  const auto store = StoreWithRoom(JobState::kSucceeded, RoomState::kReady);
  store->Reopen();
  SubmitJob op = Teardown("a", "j2");
  op.brand_jobs_in_flight_max = 1;

  const auto result = store->Apply(op);

  REQUIRE_OK(result);
  CHECK(result->outcome == Outcome::kInserted);
}

TEST_CASE("a taken job id is refused and nothing of the submit stays", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(NewRoom("a", "j1")));
  SubmitJob twin = NewRoom("b", "j1");
  twin.request_id = "another";

  const auto result = store->Apply(twin);

  CHECK_THAT(StatusOf(result), StatusIs(absl::StatusCode::kAlreadyExists, "job j1"));
  CHECK_FALSE(store->NewReader()->GetRoom(KeyOf("b")).ok());
  CHECK(store->OpenJobs() == 1);
  CHECK(store->Events("j1").size() == 1);
}

TEST_CASE("a job is born QUEUED and a room PENDING", "[store]") {
  const auto store = MakeStoreFixture();
  SubmitJob running = NewRoom("a", "j1");
  running.job.state = JobState::kRunning;
  SubmitJob ready = NewRoom("a", "j1");
  ready.room.state = RoomState::kReady;

  CHECK_THAT(StatusOf(store->Apply(running)),
             StatusIs(absl::StatusCode::kDataLoss, "must be QUEUED, got RUNNING"));
  CHECK_THAT(StatusOf(store->Apply(ready)),
             StatusIs(absl::StatusCode::kDataLoss, "must be PENDING, got READY"));
}

}  // namespace
}  // namespace roomkeeper::testing
