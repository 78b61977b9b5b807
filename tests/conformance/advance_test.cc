#include <set>

#include "tests/conformance/store_fixture.h"

namespace roomkeeper::testing {
namespace {

std::unique_ptr<StoreFixture> StoreWithJob() {
  auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(NewRoom("a", "j1")));
  return store;
}

JobProgress FullProgress() {
  return {.attempt = 3,
          .room_attempts = 2,
          .intent_open = true,
          .assets_done = {"provider.spine.emails"},
          .notebooks_done = {{.name = "match", .etag = "e", .content_digest = "d"}},
          .provisioning_since = At(5),
          .failing_with = Problem{.reason = "X", .message = "y", .move = Move::kPlatform},
          .platform_time = absl::Milliseconds(1500),
          .budget_time = absl::Nanoseconds(5),
          .our_time = absl::Nanoseconds(7),
          .platform_calls = 9};
}

// Moves job j1 to `state` by legal steps. RUNNING comes first on every way but the shortest.
void Drive(StoreFixture& store, JobState state) {
  const auto go = [&](JobState to) { REQUIRE_OK(store.Apply(Step(store.GetJob("j1"), to))); };
  if (state == JobState::kQueued) {
    return;
  }
  go(JobState::kRunning);
  if (state == JobState::kCancelled) {
    go(JobState::kCancelling);
  }
  if (state != JobState::kRunning) {
    go(state);
  }
}

TEST_CASE("an advance writes the whole mutable part of the job and of its room", "[store]") {
  const auto store = StoreWithJob();
  const Job old_job = store->GetJob("j1");
  const CleanRoom old_room = store->GetRoom(KeyOf("a"));
  AdvanceJob op = Step(old_job, JobState::kRunning);
  op.job.step = Step::kAwaitActive;
  op.job.move = Move::kPlatform;
  op.job.waiting_for = "the platform";
  op.job.shard = ShardId("second");
  op.job.progress = FullProgress();
  op.job.problem = Problem{.reason = "SLOW", .message = "\"late\"", .retryable = true};
  op.job.wake_at = At(60);
  op.job.deadline_at = absl::InfiniteFuture();
  op.room = old_room;
  op.room->shard = ShardId("second");
  op.room->state = RoomState::kProvisioning;
  op.room->move = Move::kPlatform;
  op.room->state_since = At(10);
  op.room->central_clean_room_id = "central";
  op.room->notebooks = FullProgress().notebooks_done;
  op.room->problem = op.job.problem;
  op.room->updated_at = At(10);
  op.room->ready_at = At(9);

  const auto result = store->Apply(op);

  REQUIRE_OK(result);
  CHECK(result->last_seq == 2);
  CHECK_FALSE(result->cancel_requested);
  store->Reopen();
  Job job = op.job;
  job.last_seq = 2;
  CHECK(store->GetJob("j1") == job);
  CleanRoom room = *op.room;
  room.revision = 2;
  CHECK(store->GetRoom(KeyOf("a")) == room);
}

TEST_CASE("an advance does not touch what is fixed at submit", "[store]") {
  const auto store = StoreWithJob();
  const Job old_job = store->GetJob("j1");
  const CleanRoom old_room = store->GetRoom(KeyOf("a"));
  AdvanceJob op = Step(old_job, JobState::kRunning);
  op.job.room = KeyOf("elsewhere");
  op.job.kind = JobKind::kTeardown;
  op.job.request_id = "other";
  op.job.cancel_requested = true;
  op.job.created_at = At(99);
  op.job.last_seq = 77;
  op.job.retry_of = JobId("other");
  op.room = old_room;
  op.room->key = KeyOf("elsewhere");
  op.room->labels = {{"new", "label"}};
  op.room->job = JobId("other");
  op.room->created_at = At(99);
  op.room->revision = 77;
  op.room->spec = SpecOf("other");  // its generation is the same

  REQUIRE_OK(store->Apply(op));

  store->Reopen();
  const Job job = store->GetJob("j1");
  CHECK(job.room == old_job.room);
  CHECK(job.kind == old_job.kind);
  CHECK(job.request_id == old_job.request_id);
  CHECK_FALSE(job.cancel_requested);
  CHECK(job.created_at == old_job.created_at);
  CHECK(job.last_seq == 2);
  CHECK(job.retry_of == old_job.retry_of);
  CleanRoom want = old_room;
  want.revision = 2;
  CHECK(store->GetRoom(KeyOf("a")) == want);
}

TEST_CASE("a new generation brings its spec, and an older one is refused", "[store]") {
  const auto store = StoreWithJob();
  AdvanceJob op = Step(store->GetJob("j1"), JobState::kRunning);
  op.room = store->GetRoom(KeyOf("a"));
  op.room->generation = 2;
  op.room->spec = SpecOf("a", 2);
  op.room->spec.package_version = "2.0.0";

  REQUIRE_OK(store->Apply(op));

  store->Reopen();
  CHECK(store->GetRoom(KeyOf("a")).spec == op.room->spec);
  const auto listed = store->NewReader()->ListRooms({.package_version = "2.0.0"});
  REQUIRE_OK(listed);
  CHECK(listed->rooms.size() == 1);
  AdvanceJob back = Step(store->GetJob("j1"), JobState::kRunning);
  back.room = store->GetRoom(KeyOf("a"));
  back.room->generation = 1;
  CHECK_THAT(StatusOf(store->Apply(back)),
             StatusIs(absl::StatusCode::kDataLoss, "generation 2 back to 1"));
}

TEST_CASE("R5: events are numbered without a gap, over advances and inside one", "[store]") {
  const auto store = StoreWithJob();
  AdvanceJob two = Step(store->GetJob("j1"), JobState::kRunning);
  two.events.push_back({.at = At(11), .type = "step.finished", .room_state = RoomState::kReady});
  AdvanceJob none = Step(store->GetJob("j1"), JobState::kWaiting, 12);
  none.events.clear();

  // In one group, so that the second sees the first before it is committed.
  for (const auto& result : store->Apply({two, none})) {
    REQUIRE_OK(result);
  }
  REQUIRE_OK(store->Apply(Step(store->GetJob("j1"), JobState::kRunning, 13)));

  store->Reopen();
  const std::vector<JobEvent> events = store->Events("j1");
  REQUIRE(events.size() == 4);
  std::vector<std::string> types;
  for (std::size_t i = 0; i < events.size(); ++i) {
    CHECK(events[i].seq == static_cast<std::int64_t>(i) + 1);
    CHECK(events[i].job == JobId("j1"));
    CHECK(events[i].epoch == 1);
    types.push_back(events[i].type);
  }
  CHECK(types ==
        std::vector<std::string>{"job.queued", "step.started", "step.finished", "step.started"});
  CHECK(events[2].room_state == RoomState::kReady);
  CHECK(store->GetJob("j1").last_seq == 4);
}

TEST_CASE("the last event of a job shows the state of its row", "[store]") {
  const auto store = StoreWithJob();
  for (const JobState state : {JobState::kRunning, JobState::kWaiting, JobState::kRunning,
                               JobState::kCancelling, JobState::kCancelled}) {
    REQUIRE_OK(store->Apply(Step(store->GetJob("j1"), state)));

    const Job job = store->GetJob("j1");
    const JobEvent last = store->Events("j1").back();
    CHECK(last.seq == job.last_seq);
    CHECK(last.job_state == job.state);
    CHECK(last.step == job.step);
    CHECK(last.move == job.move);
  }
}

TEST_CASE("exactly the legal job transitions are written", "[store]") {
  const auto from = GENERATE(from_range(kAllJobStates));
  if (IsFinal(from)) {
    return;  // the next test
  }
  for (const JobState to : kAllJobStates) {
    CAPTURE(Name(from), Name(to));
    const auto store = StoreWithJob();
    Drive(*store, from);
    const Job before = store->GetJob("j1");

    const absl::Status status = store->Apply(Step(before, to)).status();

    CHECK(status.ok() == IsLegal(from, to));
    CHECK(store->GetJob("j1").state == (IsLegal(from, to) ? to : from));
    if (!status.ok()) {
      CHECK_THAT(status, StatusIs(absl::StatusCode::kDataLoss, "cannot go from"));
      CHECK(store->GetJob("j1") == before);
      CHECK(store->Events("j1").size() == static_cast<std::size_t>(before.last_seq));
    }
  }
}

TEST_CASE("R6: a final job never changes", "[store]") {
  const auto state = GENERATE(JobState::kSucceeded, JobState::kFailed, JobState::kCancelled);
  CAPTURE(Name(state));
  const auto store = StoreWithJob();
  Drive(*store, state);
  const Job before = store->GetJob("j1");
  store->Reopen();

  CHECK_THAT(StatusOf(store->Apply(Step(before, state))),
             StatusIs(absl::StatusCode::kAborted, "is final"));
  CHECK(store->GetJob("j1") == before);
  CHECK(store->OpenJobs() == 0);
}

TEST_CASE("exactly the legal room transitions are written", "[store]") {
  const auto way = GENERATE(
      std::vector<RoomState>{}, std::vector{RoomState::kProvisioning},
      std::vector{RoomState::kConfiguring}, std::vector{RoomState::kConfiguring, RoomState::kReady},
      std::vector{RoomState::kConfiguring, RoomState::kReady, RoomState::kDegraded},
      std::vector{RoomState::kQuarantined}, std::vector{RoomState::kFailed},
      std::vector{RoomState::kDeleting},
      std::vector{RoomState::kDeleting, RoomState::kAwaitingBrandDelete},
      std::vector{RoomState::kDeleted});
  const auto store = StoreWithJob();
  REQUIRE_OK(store->Apply(Step(store->GetJob("j1"), JobState::kRunning)));
  const auto move_to = [&](RoomState state) {
    AdvanceJob op = Step(store->GetJob("j1"), JobState::kRunning);
    op.room = store->GetRoom(KeyOf("a"));
    op.room->state = state;
    return store->Apply(op).status();
  };
  for (const RoomState state : way) {
    REQUIRE_OK(move_to(state));
  }
  const RoomState from = way.empty() ? RoomState::kPending : way.back();

  for (const RoomState to : kAllRoomStates) {
    if (!IsLegal(from, to)) {
      CAPTURE(Name(from), Name(to));
      CHECK_THAT(move_to(to), StatusIs(absl::StatusCode::kDataLoss, "cannot go from"));
      CHECK(store->GetRoom(KeyOf("a")).state == from);
    }
  }
}

TEST_CASE("R9: only the present epoch writes", "[store]") {
  const auto off = GENERATE(-1, 0, 1);
  CAPTURE(off);
  const auto store = StoreWithJob();
  REQUIRE_OK(store->Apply(ClaimJobs{.owner = "r2", .now = At(1), .n = 10}));
  AdvanceJob op = Step(store->GetJob("j1"), JobState::kRunning);
  REQUIRE(op.job.epoch == 2);
  op.job.epoch += off;
  store->Reopen();

  const absl::Status status = store->Apply(op).status();

  CHECK(status.ok() == (off == 0));
  CHECK(store->GetJob("j1").state == (off == 0 ? JobState::kRunning : JobState::kQueued));
  CHECK(store->Events("j1").size() == (off == 0 ? 2 : 1));
  if (off != 0) {
    CHECK_THAT(status, StatusIs(absl::StatusCode::kAborted, "is stale: it is at 2"));
  }
}

TEST_CASE("an advance of a job that is not stored is aborted", "[store]") {
  const auto store = StoreWithJob();
  AdvanceJob op = Step(store->GetJob("j1"), JobState::kRunning);
  op.job.id = JobId("nobody");

  CHECK_THAT(StatusOf(store->Apply(op)), StatusIs(absl::StatusCode::kAborted, "not stored"));
}

TEST_CASE("finished_at belongs to final states, and to all of them", "[store]") {
  const auto store = StoreWithJob();
  REQUIRE_OK(store->Apply(Step(store->GetJob("j1"), JobState::kRunning)));
  AdvanceJob early = Step(store->GetJob("j1"), JobState::kWaiting);
  early.job.finished_at = At(1);
  AdvanceJob missing = Step(store->GetJob("j1"), JobState::kFailed);
  missing.job.finished_at = std::nullopt;

  CHECK_THAT(StatusOf(store->Apply(early)), StatusIs(absl::StatusCode::kDataLoss, "finished_at"));
  CHECK_THAT(StatusOf(store->Apply(missing)), StatusIs(absl::StatusCode::kDataLoss, "finished_at"));
}

TEST_CASE("a refused op does not disturb the others of its group", "[store]") {
  const auto store = StoreWithJob();
  const Job job = store->GetJob("j1");
  AdvanceJob stale = Step(job, JobState::kRunning);
  stale.job.epoch = 7;

  const auto results =
      store->Apply({NewRoom("b", "j2"), stale, Step(job, JobState::kSucceeded),
                    CancelJob{.id = JobId("nobody")}, Step(job, JobState::kRunning)});

  REQUIRE(results.size() == 5);
  CHECK_OK(results[0]);
  CHECK_THAT(StatusOf(results[1]), StatusIs(absl::StatusCode::kAborted));
  CHECK_THAT(StatusOf(results[2]), StatusIs(absl::StatusCode::kDataLoss));
  CHECK_THAT(StatusOf(results[3]), StatusIs(absl::StatusCode::kNotFound));
  CHECK_OK(results[4]);
  CHECK(store->notice().jobs.size() == 2);
  store->Reopen();
  CHECK(store->GetJob("j1").state == JobState::kRunning);
  CHECK(store->GetJob("j2").state == JobState::kQueued);
}

TEST_CASE("an advance tells of a cancel that it did not know of", "[store]") {
  const auto store = StoreWithJob();
  const Job before = store->GetJob("j1");
  REQUIRE_OK(store->Apply(CancelJob{.id = JobId("j1"), .now = At(5), .message = "stop"}));

  const auto result = store->Apply(Step(before, JobState::kRunning));

  REQUIRE_OK(result);
  CHECK(result->cancel_requested);
  CHECK(result->last_seq == 3);
  CHECK(store->GetJob("j1").cancel_requested);
}

}  // namespace
}  // namespace roomkeeper::testing
