#include <map>
#include <tuple>

#include "tests/conformance/store_fixture.h"

namespace roomkeeper::testing {
namespace {

// Rooms a1, a2, a3 of acme and b1 of bolt, each with its job; a2's job runs and its room is
// CONFIGURING, a3 is DELETED.
std::unique_ptr<StoreFixture> StoreWithRooms() {
  auto store = MakeStoreFixture();
  for (const char* id : {"a1", "a2", "a3", "b1"}) {
    const std::string room = id;
    SubmitJob op = NewRoom(room, "job-" + room);
    op.room.key = KeyOf(room, room[0] == 'a' ? "acme" : "bolt");
    op.room.key.install = InstallId(room == "a2" ? "app" : "web");
    op.room.labels = {{"n", room}, {"team", room == "a1" ? "ads" : "data"}};
    op.room.spec.package = PackageName(room == "b1" ? "rollup" : "identity-match");
    op.room.spec.package_version = room == "a2" ? "2.0.0" : "1.4.0";
    op.job.created_at = At(room == "b1" ? 40 : 20);
    REQUIRE_OK(store->Apply(op));
    if (room == "a2" || room == "a3") {
      AdvanceJob run = Step(store->GetJob("job-" + room), JobState::kRunning);
      run.room = store->GetRoom(op.room.key);
      run.room->state = room == "a2" ? RoomState::kConfiguring : RoomState::kDeleted;
      REQUIRE_OK(store->Apply(run));
    }
  }
  REQUIRE_OK(store->Apply(Step(store->GetJob("job-a3"), JobState::kFailed)));
  store->Reopen();
  return store;
}

std::vector<std::string> RoomsOf(StoreFixture& store, const RoomQuery& query) {
  const auto page = store.NewReader()->ListRooms(query);
  REQUIRE_OK(page);
  std::vector<std::string> ids;
  for (const CleanRoom& room : page->rooms) {
    ids.push_back(room.key.id.value());
  }
  return ids;
}

std::vector<std::string> JobsOf(StoreFixture& store, const JobQuery& query) {
  const auto page = store.NewReader()->ListJobs(query);
  REQUIRE_OK(page);
  std::vector<std::string> ids;
  for (const Job& job : page->jobs) {
    ids.push_back(job.id.value());
  }
  return ids;
}

using Ids = std::vector<std::string>;

TEST_CASE("rooms are found by each filter and by all together", "[store]") {
  const auto store = StoreWithRooms();
  const BrandId acme("acme");

  CHECK(RoomsOf(*store, {}) == Ids{"a1", "a2", "b1"});
  CHECK(RoomsOf(*store, {.brand = acme}) == Ids{"a1", "a2"});
  CHECK(RoomsOf(*store, {.brand = BrandId("nobody")}).empty());
  CHECK(RoomsOf(*store, {.install = InstallId("web")}) == Ids{"a1", "b1"});
  CHECK(RoomsOf(*store, {.package = PackageName("rollup")}) == Ids{"b1"});
  CHECK(RoomsOf(*store, {.package_version = "2.0.0"}) == Ids{"a2"});
  CHECK(RoomsOf(*store, {.state = RoomState::kPending}) == Ids{"a1", "b1"});
  CHECK(RoomsOf(*store, {.labels = {{"team", "data"}}}) == Ids{"a2", "b1"});
  CHECK(RoomsOf(*store, {.labels = {{"team", "data"}, {"n", "b1"}}}) == Ids{"b1"});
  CHECK(RoomsOf(*store, {.labels = {{"absent", ""}}}).empty());
  CHECK(RoomsOf(*store, {.brand = acme,
                         .install = InstallId("app"),
                         .package = PackageName("identity-match"),
                         .package_version = "2.0.0",
                         .state = RoomState::kConfiguring,
                         .labels = {{"team", "data"}}}) == Ids{"a2"});
}

TEST_CASE("DELETED rooms show when asked for", "[store]") {
  const auto store = StoreWithRooms();

  CHECK(RoomsOf(*store, {.show_deleted = true}) == Ids{"a1", "a2", "a3", "b1"});
  CHECK(RoomsOf(*store, {.state = RoomState::kDeleted}) == Ids{"a3"});
  CHECK(RoomsOf(*store, {.brand = BrandId("acme"), .show_deleted = true}) == Ids{"a1", "a2", "a3"});
}

TEST_CASE("jobs are found by each filter and by all together", "[store]") {
  const auto store = StoreWithRooms();
  const BrandId acme("acme");

  CHECK(JobsOf(*store, {}) == Ids{"job-a1", "job-a2", "job-a3", "job-b1"});
  CHECK(JobsOf(*store, {.brand = acme}) == Ids{"job-a1", "job-a2", "job-a3"});
  CHECK(JobsOf(*store, {.brand = BrandId("nobody")}).empty());
  CHECK(JobsOf(*store, {.install = InstallId("app")}) == Ids{"job-a2"});
  CHECK(JobsOf(*store, {.clean_room = CleanRoomId("b1")}) == Ids{"job-b1"});
  CHECK(JobsOf(*store, {.state = JobState::kQueued}) == Ids{"job-a1", "job-b1"});
  CHECK(JobsOf(*store, {.room_labels = {{"team", "data"}}}) == Ids{"job-a2", "job-a3", "job-b1"});
  CHECK(JobsOf(*store, {.brand = acme, .room_labels = {{"team", "data"}, {"n", "a3"}}}) ==
        Ids{"job-a3"});
  CHECK(JobsOf(*store, {.room_labels = {{"absent", ""}}}).empty());
  CHECK(JobsOf(*store, {.brand = acme,
                        .install = InstallId("web"),
                        .clean_room = CleanRoomId("a3"),
                        .state = JobState::kFailed}) == Ids{"job-a3"});
}

TEST_CASE("jobs under a label come in full pages", "[store]") {
  const auto store = StoreWithRooms();
  JobQuery query = {.room_labels = {{"team", "data"}}, .limit = 2};

  const auto first = store->NewReader()->ListJobs(query);
  REQUIRE_OK(first);
  CHECK(first->jobs.size() == 2);
  REQUIRE(first->next != 0);

  query.after = first->next;
  const auto last = store->NewReader()->ListJobs(query);
  REQUIRE_OK(last);
  REQUIRE(last->jobs.size() == 1);
  CHECK(last->jobs[0].id == JobId("job-b1"));
  CHECK(last->next == 0);
}

TEST_CASE("pages have the asked size, end with no token, and meet every row once", "[store]") {
  const auto limit = GENERATE(1, 2, 3, 4, 5);
  const bool of_brand = GENERATE(false, true);
  CAPTURE(limit, of_brand);
  const auto store = StoreWithRooms();
  const std::optional<BrandId> brand = of_brand ? std::optional(BrandId("acme")) : std::nullopt;
  const std::size_t total = of_brand ? 3 : 4;
  std::size_t rooms = 0;
  std::size_t jobs = 0;

  for (std::int64_t after = -1; after != 0;) {
    const auto page = store->NewReader()->ListRooms(
        {.brand = brand, .show_deleted = true, .after = after == -1 ? 0 : after, .limit = limit});
    REQUIRE_OK(page);
    rooms += page->rooms.size();
    CHECK((page->next == 0) == (rooms == total));
    CHECK((page->next == 0 || page->rooms.size() == static_cast<std::size_t>(limit)));
    after = page->next;
  }
  for (std::int64_t after = -1; after != 0;) {
    const auto page = store->NewReader()->ListJobs(
        {.brand = brand, .after = after == -1 ? 0 : after, .limit = limit});
    REQUIRE_OK(page);
    jobs += page->jobs.size();
    CHECK((page->next == 0) == (jobs == total));
    after = page->next;
  }

  CHECK(rooms == total);
  CHECK(jobs == total);
}

TEST_CASE("events are read after a number, the oldest first, up to a limit", "[store]") {
  const auto store = MakeStoreFixture();
  REQUIRE_OK(store->Apply(NewRoom("a", "j1")));
  REQUIRE_OK(store->Apply(NewRoom("b", "other")));
  for (int i = 0; i < 4; ++i) {
    REQUIRE_OK(store->Apply(Step(store->GetJob("j1"), JobState::kRunning)));
    REQUIRE_OK(store->Apply(Step(store->GetJob("other"), JobState::kRunning)));
  }
  for (std::int64_t after = 0; after <= 6; ++after) {
    for (std::int32_t limit = 1; limit <= 6; ++limit) {
      CAPTURE(after, limit);

      const auto events = store->NewReader()->ReadEvents(JobId("j1"), after, limit);

      REQUIRE_OK(events);
      const std::int64_t want = std::min<std::int64_t>(limit, std::max<std::int64_t>(5 - after, 0));
      REQUIRE(static_cast<std::int64_t>(events->size()) == want);
      for (std::int64_t i = 0; i < want; ++i) {
        CHECK((*events)[static_cast<std::size_t>(i)].seq == after + 1 + i);
      }
    }
  }
}

TEST_CASE("the statistics count what is stored", "[store]") {
  const auto store = StoreWithRooms();

  const auto stats = store->NewReader()->GetStats();

  REQUIRE_OK(stats);
  std::map<JobState, std::int64_t> jobs;
  for (const auto& [state, count] : stats->jobs) {
    jobs[state] += count;
  }
  jobs.erase(JobState::kFailed);  // final ones may be left out
  CHECK(jobs == std::map<JobState, std::int64_t>{{JobState::kQueued, 2}, {JobState::kRunning, 1}});
  std::map<RoomState, std::int64_t> rooms;
  for (const auto& count : stats->rooms) {
    CHECK(count.shard == ShardId("main"));
    rooms[count.state] += count.count;
  }
  CHECK(rooms == std::map<RoomState, std::int64_t>{{RoomState::kPending, 2},
                                                   {RoomState::kConfiguring, 1},
                                                   {RoomState::kDeleted, 1}});
  CHECK(stats->oldest_queued_at == At(20));
}

TEST_CASE("the statistics know the oldest room of each shard that awaits its brand", "[store]") {
  const auto store = MakeStoreFixture();
  CHECK(store->NewReader()->GetStats()->awaiting_brand_delete.empty());
  const std::vector<std::tuple<std::string, std::string, int>> rooms = {
      {"a", "main", 70}, {"b", "main", 50}, {"c", "second", 60}};
  for (const auto& [room, shard, since] : rooms) {
    SubmitJob op = NewRoom(room, "job-" + room);
    op.room.shard = ShardId(shard);
    REQUIRE_OK(store->Apply(op));
    for (const RoomState state : {RoomState::kDeleting, RoomState::kAwaitingBrandDelete}) {
      AdvanceJob step = Step(store->GetJob("job-" + room), JobState::kRunning);
      step.room = store->GetRoom(op.room.key);
      step.room->state = state;
      step.room->state_since = At(since);
      REQUIRE_OK(store->Apply(step));
    }
  }
  using Oldest = std::vector<std::pair<ShardId, absl::Time>>;

  store->Reopen();

  CHECK(store->NewReader()->GetStats()->awaiting_brand_delete ==
        Oldest{{ShardId("main"), At(50)}, {ShardId("second"), At(60)}});
  REQUIRE_OK(store->Apply(MoveRoom{.key = KeyOf("b"), .now = At(90)}));
  REQUIRE_OK(store->Apply(MoveRoom{.key = KeyOf("c"), .now = At(90)}));
  CHECK(store->NewReader()->GetStats()->awaiting_brand_delete == Oldest{{ShardId("main"), At(70)}});
}

TEST_CASE("statistics follow every change, without a restart", "[store]") {
  const auto store = MakeStoreFixture();
  const auto reader = store->NewReader();
  REQUIRE_OK(store->Apply(NewRoom("a", "j1")));
  CHECK(reader->GetStats()->oldest_queued_at == At(0));

  AdvanceJob op = Step(store->GetJob("j1"), JobState::kRunning);
  op.room = store->GetRoom(KeyOf("a"));
  op.room->shard = ShardId("second");
  REQUIRE_OK(store->Apply(op));

  const auto stats = reader->GetStats();
  REQUIRE_OK(stats);
  CHECK(stats->oldest_queued_at == std::nullopt);
  REQUIRE(stats->rooms.size() == 1);
  CHECK(stats->rooms[0].shard == ShardId("second"));
  REQUIRE(stats->jobs.size() == 1);
  CHECK(stats->jobs[0].first == JobState::kRunning);
}

}  // namespace
}  // namespace roomkeeper::testing
